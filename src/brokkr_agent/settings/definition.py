"""What is known of one setting: its default, when a change takes effect, what it means, and what is allowed."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from attrs import field, fields, frozen

from brokkr_agent.checks import Check, without_paks
from brokkr_agent.hiding import HIDDEN

T = TypeVar("T")

#: Under this key the metadata of a field holds its :class:`Setting`.
_METADATA = "setting"


class Applies(StrEnum):
    """When a change of a setting takes effect in an agent that runs."""

    LIVE = "live"  #: at once
    NEXT = "next"  #: with the next attempt at a stack or the next round of a loop; what is under way goes on unchanged
    RESTART = "restart"  #: when the agent is started again


@frozen(kw_only=True)
class Setting:
    """One setting. Its type is that of its default.

    Args:
        default: its value when nobody gives one.
        applies: when a change takes effect.
        meaning: one sentence, with the unit in it.
        check: what its value has to be besides its type.
        secret: whether its value is never shown.
    """

    default: object
    applies: Applies
    meaning: str
    check: Check | None = None
    secret: bool = False

    @property
    def allowed(self) -> str:
        """What its value may be, in words."""
        if self.check is not None:
            return self.check.allowed
        return TYPE_WORDS[type(self.default)]

    def shown(self, value: object) -> object:
        """Return a value as it may be shown: a secret is only told to be there, and a PAK in the wrong place hidden."""
        if self.secret and value:
            return HIDDEN
        return without_paks(value) if isinstance(value, str) else value


#: What a value of a type has to be, in words.
TYPE_WORDS: dict[type[object], str] = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def setting(default: T, applies: Applies, meaning: str, check: Check | None = None, *, secret: bool = False) -> T:
    """Define a setting as a field of a section.

    Args:
        default: its value when nobody gives one; it says the type, too.
        applies: when a change takes effect.
        meaning: one sentence, with the unit in it.
        check: what its value has to be besides its type.
        secret: whether its value is never shown.

    Returns:
        The field of an ``attrs`` class.
    """
    one = Setting(default=default, applies=applies, meaning=meaning, check=check, secret=secret)
    made: T = field(default=default, repr=not secret, metadata={_METADATA: one})
    return made


def defined_in(section: type) -> dict[str, Setting]:
    """Return the settings of a section or of a group of settings, by their names there."""
    return {one.name: one.metadata[_METADATA] for one in fields(section)}
