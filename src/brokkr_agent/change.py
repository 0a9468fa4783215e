"""What a reload changes: a difference of two states of the settings, and what of it has to wait for a restart."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from brokkr_agent.config import SECTIONS, SETTINGS, Settings
from brokkr_agent.settings import Applies
from brokkr_agent.shown import shown_value
from brokkr_core.model.json import Json, JsonObject


@frozen(kw_only=True)
class Change:
    """One setting that has, or would get, another value. The values are as they may be shown."""

    key: str
    old: Json
    new: Json
    applies: Applies

    def document(self) -> JsonObject:
        """Return it as JSON."""
        return {"key": self.key, "old": self.old, "new": self.new, "applies": str(self.applies)}


def difference(old: Settings, new: Settings) -> tuple[Change, ...]:
    """Return every setting that differs, in the order of their definition."""
    return tuple(
        Change(key=key, old=shown_value(key, old), new=shown_value(key, new), applies=one.applies)
        for key, one in SETTINGS.items()
        if old.value(key) != new.value(key)
    )


def held_back(old: Settings, new: Settings) -> Settings:
    """Return the new settings as an agent that runs can take them on.

    Args:
        old: the settings in force.
        new: the settings that are wanted.

    Returns:
        The new ones, but with the old values of what only takes effect after a restart.
    """
    kept: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key, one in SETTINGS.items():
        if one.applies is Applies.RESTART:
            section, _, name = key.partition(".")
            kept[section][name] = old.value(key)
    origins = {key: who for key, who in new.origins.items() if SETTINGS[key].applies is not Applies.RESTART}
    origins |= {key: who for key, who in old.origins.items() if SETTINGS[key].applies is Applies.RESTART}
    return evolve(new, agent=evolve(new.agent, **kept["agent"]), log=evolve(new.log, **kept["log"]), origins=origins)


@frozen(kw_only=True)
class Reload:
    """How a reload ended, or how it would end.

    Args:
        generation: of the settings that are in force after it.
        changes: what it changed; what applies only after a restart has not taken effect.
        faults: why nothing was changed; empty when all is well.
        dry_run: whether nothing was to be changed.
    """

    generation: int
    changes: tuple[Change, ...] = ()
    faults: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def ok(self) -> bool:
        """Whether the settings are good."""
        return not self.faults

    @property
    def restart_required(self) -> tuple[str, ...]:
        """The settings whose new value waits for a restart."""
        return tuple(one.key for one in self.changes if one.applies is Applies.RESTART)

    def document(self) -> JsonObject:
        """Return it as JSON."""
        changes: list[Json] = [one.document() for one in self.changes]
        return {
            "ok": self.ok,
            "dry_run": self.dry_run,
            "generation": self.generation,
            "changes": changes,
            "restart_required": list(self.restart_required),
            "faults": list(self.faults),
        }
