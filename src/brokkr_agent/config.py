"""The agent's settings: defaults, then a TOML file, then ``BROKKR__SECTION__KEY``, then flags; checked all at once."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from attrs import Attribute, field, fields, frozen

from brokkr_agent.checks import (
    TAKEN_ALONG,
    UNPROTECTABLE,
    address,
    between,
    http_url,
    one_of,
    parts,
    read_by,
    some_of,
    ws_url,
)
from brokkr_core.apply import ClassTimeout, ConflictRule, parse_allowed
from brokkr_core.errors import ConfigError

#: Sections that upstream's shared settings file has and an agent never reads (contract section 14).
FOREIGN_SECTIONS = frozenset({"database", "broker", "pak", "cors", "telemetry"})
#: Upstream's settings for what this agent does not do yet; accepted so that its configuration starts ours.
UNUSED = frozenset(
    {
        "agent.kube_event_uid_cache_cap",
    }
)
ENVIRONMENT_PREFIX = "BROKKR__"

T = TypeVar("T")


def _setting(default: T, check: Callable[[object], str] | None = None, *, secret: bool = False) -> T:
    made: T = field(default=default, repr=not secret, metadata={"check": check, "secret": secret})
    return made


_classes = read_by(parse_allowed, "exact, value-only, identity-loss or irreversible, separated by commas")
_timeouts = read_by(ClassTimeout.parse_several, "class=seconds, separated by semicolons")


@frozen(kw_only=True)
class AgentSettings:
    """Section ``[agent]``. Times are in seconds; upstream's key names are kept where it has one."""

    broker_url: str = _setting("http://localhost:3000", http_url)
    pak: str = _setting("", secret=True)
    pak_file: str = _setting("")
    broker_ca_file: str = _setting("")
    broker_certificate_file: str = _setting("")
    broker_key_file: str = _setting("")
    agent_name: str = _setting("")
    cluster_name: str = _setting("")
    generator_ids: str = _setting("")
    kubeconfig_path: str = _setting("")
    kubeconfig_context: str = _setting("")
    namespace: str = _setting("")
    outbox_path: str = _setting("")
    polling_interval: float = _setting(10.0, between(0.1, 3600))
    resync_interval: float = _setting(600.0, between(1, 86400))
    max_retries: int = _setting(60, between(1, 100_000))
    workers: int = _setting(32, between(1, 64))
    concurrent_stacks: int = _setting(4, between(1, 64))
    concurrent_mebibytes: int = _setting(64, between(1, 100_000))
    conflicts: str = _setting("take", one_of("take", "fail", "yield"))
    conflict_rules: str = _setting("", read_by(ConflictRule.parse_several, "path=decision, separated by semicolons"))
    recreate: str = _setting("never", one_of("never", "immutable"))
    rollback: str = _setting("bundle", one_of("off", "report", "bundle"))
    rollback_allow: str = _setting("exact,value-only,identity-loss,irreversible", _classes)
    after_crash: str = _setting("resume", one_of("resume", "rollback"))
    journal_path: str = _setting("")
    lease_seconds: int = _setting(15, between(0, 3600))
    journals_kept: int = _setting(3, between(0, 1000))
    run_timeout_seconds: float = _setting(3600.0, between(1, 604_800))
    ready_timeout_seconds: float = _setting(300.0, between(0.1, 86400))
    ready_poll_seconds: float = _setting(1.0, between(0.05, 60))
    ready_ingress: str = _setting("exists", one_of("exists", "address"))
    ready_load_balancer_timeouts: str = _setting("", _timeouts)
    ready_pod_start_seconds: float = _setting(30.0, between(1, 86400))
    ready_pod_crash_restarts: int = _setting(3, between(0, 1000))
    ready_pod_unschedulable_seconds: float = _setting(120.0, between(1, 86400))
    stability_seconds: float = _setting(10.0, between(0, 3600))
    removal_polls: int = _setting(3, between(2, 1000))
    removal_grace_seconds: float = _setting(300.0, between(0, 604_800))
    prune_max_objects: int = _setting(100, between(0, 100_000))
    prune_max_percent: float = _setting(50.0, between(0, 100))
    prune_unprotected: str = _setting("", some_of(*UNPROTECTABLE))
    prune_take_along: str = _setting("", some_of(*TAKEN_ALONG))
    prune_workers: int = _setting(8, between(1, 64))
    drain_timeout_seconds: float = _setting(25.0, between(0.1, 3600))
    health_address: str = _setting("", address)
    health_port: int = _setting(8080, between(0, 65535))
    stuck_seconds: float = _setting(300.0, between(30, 86400))
    metrics_stacks: int = _setting(200, between(0, 100_000))
    deployment_health_enabled: bool = _setting(True)
    deployment_health_interval: float = _setting(60.0, between(0.1, 86400))
    audit_path: str = _setting("")
    audit_fsync: str = _setting("batch", one_of("always", "batch", "off"))
    audit_on_failure: str = _setting("block", one_of("block", "continue"))
    audit_segment_bytes: int = _setting(16_777_216, between(4096, 1_073_741_824))
    audit_segments_kept: int = _setting(64, between(0, 100_000))
    ws_force_rest: bool = _setting(False)
    ws_url: str = _setting("", ws_url)

    @property
    def generators(self) -> tuple[str, ...]:
        """The generator ids, as upstream writes them: one text, separated by commas."""
        return tuple(parts(self.generator_ids))


@frozen(kw_only=True)
class LogSettings:
    """Section ``[log]``."""

    level: str = _setting("info", one_of("debug", "info", "warning", "error"))
    format: str = _setting("console", one_of("console", "json"))


@frozen(kw_only=True)
class Settings:
    """Everything the agent can be told."""

    agent: AgentSettings = field(factory=AgentSettings)
    log: LogSettings = field(factory=LogSettings)
    unused: tuple[str, ...] = ()  #: settings of upstream's that were given and have no effect here


@frozen(kw_only=True)
class _Given:
    """A value somebody gave, and where; the value of a secret is never shown."""

    value: object = field(repr=False)
    source: str


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
    faults: list[str] = []
    given = _from_file(file, faults) | _from_environment(environment)
    given |= {
        key: _Given(value=value, source="command line") for key, value in (flags or {}).items() if value is not None
    }
    known = {f"{section}.{one.name}": one for section, one in _declared()}
    unused = given.keys() & UNUSED
    strangers = given.keys() - known.keys() - unused
    faults.extend(f"{key} ({given[key].source}): there is no such setting{_suggest(key, known)}" for key in strangers)
    values: dict[str, dict[str, object]] = {"agent": {}, "log": {}}
    for key, one in known.items():
        if key in given:
            section, _, name = key.partition(".")
            values[section][name] = _checked(key, one, given[key], faults)
    if values["agent"].get("pak") and values["agent"].get("pak_file"):
        faults.append("agent.pak and agent.pak_file: give one of them, not both")
    if faults:
        raise ConfigError(sorted(faults))
    return Settings(
        agent=AgentSettings(**values["agent"]),  # type: ignore[arg-type]
        log=LogSettings(**values["log"]),  # type: ignore[arg-type]
        unused=tuple(sorted(unused)),
    )


def _declared() -> list[tuple[str, Attribute[object]]]:
    sections = (("agent", AgentSettings), ("log", LogSettings))
    return [(section, one) for section, kind in sections for one in fields(kind)]


def _from_file(file: Path | None, faults: list[str]) -> dict[str, _Given]:
    if file is None:
        return {}
    try:
        document = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        faults.append(f"{file}: cannot be read: {error}")
        return {}
    given = {}
    for section, values in document.items():
        if section in FOREIGN_SECTIONS:
            continue
        if not isinstance(values, dict):
            faults.append(f"{section} ({file}): must stand in a section such as [agent]")
            continue
        given.update({f"{section}.{key}": _Given(value=value, source=str(file)) for key, value in values.items()})
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


def _checked(key: str, one: Attribute[object], given: _Given, faults: list[str]) -> object:
    with_password = "@" in str(given.value)  # as a URL may hold one
    shown = "(hidden)" if one.metadata["secret"] or with_password else repr(given.value)
    value = _convert(given.value, type(one.default))
    if value is None:
        faults.append(f"{key} = {shown} ({given.source}): must be {_TYPE_WORDS[type(one.default)]}")
        return given.value
    problem = one.metadata["check"](value) if one.metadata["check"] else ""
    if problem:
        faults.append(f"{key} = {shown} ({given.source}): {problem}")
    return value


_TYPE_WORDS: dict[type[object], str] = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


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


def _suggest(key: str, known: Mapping[str, object]) -> str:
    section, _, name = key.partition(".")
    siblings = {one.partition(".")[2]: one for one in known if one.startswith(f"{section}.")}
    close = [siblings[one] for one in difflib.get_close_matches(name, list(siblings), n=1)]
    close += difflib.get_close_matches(key, list(known), n=1, cutoff=0.8)
    return f"; did you mean {close[0]}?" if close else ""
