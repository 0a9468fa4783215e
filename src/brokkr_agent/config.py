"""The agent's settings as values; each is defined once, in its group below ``brokkr_agent.settings``."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from brokkr_agent.checks import between, one_of, parts, read_by
from brokkr_agent.logs.levels import parse_levels
from brokkr_agent.settings import (
    Applies,
    Auditing,
    Deployment,
    Identity,
    Pace,
    Setting,
    Telemetry,
    Watching,
    defined_in,
    setting,
)


@frozen(kw_only=True, slots=False)
class AgentSettings(Identity, Pace, Deployment, Telemetry, Watching, Auditing):
    """Section ``[agent]``. Times are in seconds; upstream's key names are kept where it has one."""

    @property
    def generators(self) -> tuple[str, ...]:
        """The generator ids, as upstream writes them: one text, separated by commas."""
        return tuple(parts(self.generator_ids))


@frozen(kw_only=True)
class LogSettings:
    """Log.

    The log goes to standard error.
    """

    level: str = setting("info", Applies.LIVE, "What is logged.", one_of("debug", "info", "warning", "error"))
    format: str = setting("console", Applies.LIVE, "For people or for machines.", one_of("console", "json"))
    levels: str = setting(
        "",
        Applies.LIVE,
        "Other levels for single components and libraries, as `broker=debug, urllib3=info`.",
        read_by(parse_levels, "component=level, separated by commas"),
    )
    recorder_entries: int = setting(
        200,
        Applies.NEXT,
        "So many last lines below the level are kept of an attempt, and printed only when it fails; 0 keeps none.",
        between(0, 100_000),
    )
    repeat_seconds: float = setting(
        60.0,
        Applies.LIVE,
        "The same warning is printed again after this many seconds, with how often it came meanwhile; 0 prints all.",
        between(0, 86400),
    )


@frozen(kw_only=True)
class Settings:
    """Everything the agent can be told."""

    agent: AgentSettings = field(factory=AgentSettings)
    log: LogSettings = field(factory=LogSettings)
    origins: Mapping[str, str] = field(factory=dict, eq=False, repr=False)  #: who gave what was given, by key

    def value(self, key: str) -> object:
        """Return the value of ``section.name``."""
        section, _, name = key.partition(".")
        found: object = getattr(getattr(self, section), name)
        return found


#: The sections of a settings file, by name.
SECTIONS: dict[str, type] = {"agent": AgentSettings, "log": LogSettings}

#: The settings in groups as people look for them: the section, and the class that holds them.
GROUPS: tuple[tuple[str, type], ...] = (
    *(("agent", group) for group in (Identity, Pace, Deployment, Telemetry, Watching, Auditing)),
    ("log", LogSettings),
)

#: Every setting by ``section.name``.
SETTINGS: dict[str, Setting] = {
    f"{section}.{name}": one for section, group in GROUPS for name, one in defined_in(group).items()
}
