"""Load the settings: defaults, then a TOML file, then ``BROKKR__SECTION__KEY``, then flags; checked all at once."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from attrs import field, frozen

from brokkr_agent.checks import without_paks
from brokkr_agent.config import SECTIONS, SETTINGS, AgentSettings, LogSettings, Settings
from brokkr_agent.consistency import RULES
from brokkr_agent.hiding import HIDDEN
from brokkr_agent.settings import TYPE_WORDS, Setting
from brokkr_core.errors import ConfigError

#: Sections that upstream's shared settings file has and an agent never reads (contract section 14).
FOREIGN_SECTIONS = frozenset({"database", "broker", "pak", "cors", "telemetry"})
ENVIRONMENT_PREFIX = "BROKKR__"

#: Who gave a value that nobody gave.
DEFAULT = "default"


@frozen(kw_only=True)
class Content:
    """What a settings file held when it was read.

    Args:
        path: the file; None when there is none.
        data: its bytes; None when it could not be read.
        fault: why it could not be read.
    """

    path: Path | None
    data: bytes | None = field(default=None, repr=False)
    fault: str = ""

    @property
    def fingerprint(self) -> str:
        """Tells whether two contents are the same, those that could not be read included."""
        return hashlib.sha256(self.data).hexdigest() if self.data is not None else self.fault


@frozen(kw_only=True)
class _Given:
    """A value somebody gave, and where; the value of a secret is never shown."""

    value: object = field(repr=False)
    source: str


@frozen(kw_only=True)
class Source:
    """Where the settings of an agent come from, each time they are loaded.

    Args:
        file: a TOML file with sections ``[agent]`` and ``[log]``, if there is one.
        environment: environment variables.
        flags: ``section.key`` to value, from the command line; None values were not given.
    """

    file: Path | None = None
    environment: Mapping[str, str] = field(factory=dict, repr=False)
    flags: Mapping[str, object] = field(factory=dict, repr=False)

    def read(self) -> Content:
        """Read the file, and check nothing."""
        return read_file(self.file)

    @property
    def lasting(self) -> bool:
        """Whether the file can be read again: what came through a pipe is gone."""
        return self.file is None or not self.file.exists() or self.file.is_file()

    def read_again(self) -> Content:
        """Read the file once more; what came through a pipe must not be taken for an empty file now."""
        if not self.lasting:
            return Content(path=self.file, fault=f"{self.file}: is no regular file, and cannot be read again")
        return self.read()

    def settings(self, content: Content) -> Settings:
        """Merge and check what was read with the rest.

        Raises:
            ConfigError: everything that is wrong with it, at once.
        """
        return settings_of(content, environment=self.environment, flags=self.flags)


def read_file(path: Path | None) -> Content:
    """Read a settings file; the path is followed anew, so that a mount may exchange what is behind its links."""
    if path is None:
        return Content(path=None)
    try:
        return Content(path=path, data=path.read_bytes())
    except (OSError, ValueError) as error:
        return Content(path=path, fault=f"{path}: cannot be read: {error}")


def load_settings(
    *, file: Path | None = None, environment: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Settings:
    """Read, merge and check the settings.

    Args:
        file: a TOML file with sections ``[agent]`` and ``[log]``.
        environment: environment variables; ``BROKKR__AGENT__POLLING_INTERVAL`` and so on, whatever their case.
        flags: ``section.key`` to value, from the command line; None values were not given.

    Returns:
        The settings.

    Raises:
        ConfigError: everything that is wrong with them, at once.
    """
    return settings_of(read_file(file), environment=environment, flags=flags)


def settings_of(
    content: Content, *, environment: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Settings:
    """Merge and check the settings of a file that was read; for the rest see :func:`load_settings`."""
    faults: list[str] = []
    given = _from_file(content, faults) | _from_environment(environment)
    given |= {
        key: _Given(value=value, source="command line") for key, value in (flags or {}).items() if value is not None
    }
    strangers = given.keys() - SETTINGS.keys()
    faults.extend(f"{key} ({given[key].source}): there is no such setting{_suggest(key)}" for key in strangers)
    values: dict[str, dict[str, object]] = {section: {} for section in SECTIONS}
    wrong = set()
    for key in given.keys() & SETTINGS.keys():
        fault, value = _checked(key, given[key])
        if fault:
            faults.append(fault)
            wrong.add(key)
        else:
            section, _, name = key.partition(".")
            values[section][name] = value
    settings = Settings(
        agent=AgentSettings(**values["agent"]),  # type: ignore[arg-type] # checked one by one above
        log=LogSettings(**values["log"]),  # type: ignore[arg-type] # as above
        origins={key: one.source for key, one in given.items() if key in SETTINGS},
    )
    faults.extend(_contradictions(settings, wrong))
    if faults:
        raise ConfigError(sorted(faults))
    return settings


def _contradictions(settings: Settings, wrong: AbstractSet[str]) -> list[str]:
    """Say which settings contradict each other; of those that are wrong by themselves nothing more is said."""
    return [
        f"{' and '.join(_told(key, settings.value(key), settings.origins.get(key, DEFAULT)) for key in rule.keys)}: "
        f"{rule.fault}"
        for rule in RULES
        if not wrong & {*rule.keys} and rule.broken(settings.agent)
    ]


def _told(key: str, value: object, source: str) -> str:
    """Name a setting with its value and who gave it; what may be a secret is not shown."""
    hidden = SETTINGS[key].secret or "@" in str(value)  # a URL may hold a password
    shown = without_paks(value) if isinstance(value, str) else value
    return f"{key} = {HIDDEN if hidden else repr(shown)} ({source})"


def _from_file(content: Content, faults: list[str]) -> dict[str, _Given]:
    if content.path is None:
        return {}
    if content.data is None:
        faults.append(content.fault)
        return {}
    try:
        document = tomllib.loads(content.data.decode())
    except (ValueError, RecursionError) as error:
        faults.append(f"{content.path}: cannot be read: {error}")
        return {}
    given = {}
    for section, values in document.items():
        if section in FOREIGN_SECTIONS:
            continue
        if not isinstance(values, dict):
            faults.append(f"{section} ({content.path}): must stand in a section such as [agent]")
        elif not values and section not in SECTIONS:
            faults.append(f"{section} ({content.path}): there is no such section; there are {', '.join(SECTIONS)}")
        else:
            source = str(content.path)
            given.update({f"{section}.{key}": _Given(value=value, source=source) for key, value in values.items()})
    return given


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    given = {}
    for name, value in environment.items():
        if not name.upper().startswith(ENVIRONMENT_PREFIX):
            continue
        section, _, key = name[len(ENVIRONMENT_PREFIX) :].lower().partition("__")
        if section not in FOREIGN_SECTIONS:
            given[f"{section}.{key}"] = _Given(value=value, source=name)
    return given


def _checked(key: str, given: _Given) -> tuple[str, object]:
    """Return what is wrong with a value, or the empty text and the value as its setting's type."""
    one: Setting = SETTINGS[key]
    kind = type(one.default)
    value = _convert(given.value, kind)
    problem = f"must be {TYPE_WORDS[kind]}" if value is None else one.check(value) if one.check else ""
    return f"{_told(key, given.value, given.source)}: {problem}" if problem else "", value


def _convert(value: object, wanted: type[object]) -> object | None:
    """Read a value as the type of its default; text is read as a number where a number is wanted."""
    try:
        if wanted is bool:
            return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
        if wanted is int and isinstance(value, str | int) and not isinstance(value, bool):
            return int(value)
        if wanted is float and isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        return None
    return value if wanted is str and isinstance(value, str) else None


def _suggest(key: str) -> str:
    section, _, name = key.partition(".")
    siblings = {one.partition(".")[2]: one for one in SETTINGS if one.startswith(f"{section}.")}
    close = [siblings[one] for one in difflib.get_close_matches(name, list(siblings), n=1)]
    close += difflib.get_close_matches(key, list(SETTINGS), n=1, cutoff=0.8)
    return f"; did you mean {close[0]}?" if close else ""
