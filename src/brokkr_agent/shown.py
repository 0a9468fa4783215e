"""The settings as they may be shown to people and to programs: with who gave them, and without secrets."""

from __future__ import annotations

from attrs import frozen

from brokkr_agent.config import SETTINGS, Settings
from brokkr_agent.load import DEFAULT
from brokkr_agent.settings import Applies
from brokkr_core.model.json import Json, JsonObject


@frozen(kw_only=True)
class Shown:
    """One setting as it may be shown."""

    key: str
    value: Json  #: in the place of a secret only that there is one
    source: str  #: a file, an environment variable, the command line, or ``default``
    applies: Applies

    def document(self) -> JsonObject:
        """Return it as JSON."""
        return {"key": self.key, "value": self.value, "source": self.source, "applies": str(self.applies)}

    def cells(self) -> tuple[str, str, str, str]:
        """Return it as a row of a table."""
        return self.key, told(self.value), self.source, str(self.applies)


def told(value: Json) -> str:
    """Write a value for people."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) if value != "" else '""'


def shown(settings: Settings) -> tuple[Shown, ...]:
    """Return every setting as it may be shown, in the order of their definition."""
    return tuple(
        Shown(
            key=key,
            value=shown_value(key, settings),
            source=settings.origins.get(key, DEFAULT),
            applies=one.applies,
        )
        for key, one in SETTINGS.items()
    )


def shown_value(key: str, settings: Settings) -> Json:
    """Return the value of a setting as it may be shown."""
    value = SETTINGS[key].shown(settings.value(key))
    assert isinstance(value, str | bool | int | float), "a setting is a text, a number, or true or false"
    return value
