"""The settings that are in force, and how others take their place while the agent runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import structlog
from attrs import evolve, field, frozen

from brokkr_agent.change import Reload, difference, held_back
from brokkr_agent.config import Settings
from brokkr_agent.errors import own_failure
from brokkr_agent.load import Source
from brokkr_core.errors import ConfigError

_log = structlog.get_logger("config")

#: Called with the settings that were in force and those that are now. Must be quick; when one raises, the old ones
#: come back, and everybody who had heard of the new ones is called again the other way round.
Listener = Callable[[Settings, Settings], None]

#: Called after a reload with how it ended and who asked; must not raise.
Hearer = Callable[[Reload, str], None]


@frozen(kw_only=True)
class Standing:
    """How the reloads stand at one moment."""

    generation: int = 1  #: how many states of the settings have been in force
    successful: bool = True  #: whether the last load was good
    success_at: float = 0.0  #: when a load last was, in seconds since 1970
    reloads: Mapping[str, int] = field(factory=lambda: {"success": 0, "failure": 0})
    restart_required: tuple[str, ...] = ()  #: settings whose new value waits for a restart


class Configuration:
    """Holds the settings of an agent; safe to use from several threads.

    Whoever works by more than one of them takes :attr:`now` once and goes on with it to the end: it never changes,
    another one takes its place.

    Args:
        source: where they come from; they are loaded at once.
        clock: seconds since 1970.

    Raises:
        ConfigError: everything that is wrong with them, at once.
    """

    def __init__(self, source: Source, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._hearers: list[Hearer] = [_tell]
        content = source.read()
        self._now = source.settings(content)
        self._tried = content.fingerprint
        self._standing = Standing(success_at=clock())

    @property
    def now(self) -> Settings:
        """The settings in force."""
        return self._now

    @property
    def standing(self) -> Standing:
        """How the reloads stand."""
        return self._standing

    def stale(self) -> str:
        """Return the fingerprint of the file when it is not what was last loaded or tried; else the empty text."""
        if not self._source.lasting:
            return ""
        found = self._source.read().fingerprint
        return found if found != self._tried else ""

    def subscribe(self, listener: Listener) -> None:
        """Let somebody hear of every change of the settings in force, in the thread that reloads."""
        with self._lock:
            self._listeners.append(listener)

    def hear_reloads(self, hearer: Hearer) -> None:
        """Let somebody hear how every reload ended, in the thread that reloads; dry runs are none."""
        self._hearers.append(hearer)

    def reload(self, *, cause: str, dry_run: bool = False) -> Reload:
        """Load the settings again and put them in force: all of them, or none when anything is wrong.

        Two reloads never run at once. What only takes effect after a restart keeps its old value until then.

        Args:
            cause: who asked, for the log.
            dry_run: only tell what would change.

        Returns:
            How it ended.
        """
        with self._lock:
            done = self._reload(dry_run=dry_run)
        for hear in self._hearers if not dry_run else ():
            hear(done, cause)
        return done

    def _reload(self, *, dry_run: bool) -> Reload:
        content = self._source.read_again()
        try:
            wanted = self._source.settings(content)
        except ConfigError as error:
            return self._failed(content.fingerprint, error.faults, dry_run=dry_run)
        settings = held_back(self._now, wanted)
        changes = difference(self._now, wanted)
        standing = self._standing
        done = Reload(generation=standing.generation + (settings != self._now), changes=changes, dry_run=dry_run)
        if dry_run:
            return evolve(done, generation=standing.generation)
        fault = self._put_in_force(settings)
        if fault:
            return self._failed(content.fingerprint, (fault,), dry_run=False)
        self._tried = content.fingerprint
        self._standing = Standing(
            generation=done.generation,
            success_at=self._clock(),
            reloads=_counted(standing.reloads, "success"),
            restart_required=done.restart_required,
        )
        return done

    def _failed(self, fingerprint: str, faults: tuple[str, ...], *, dry_run: bool) -> Reload:
        standing = self._standing
        if not dry_run:
            self._tried = fingerprint
            self._standing = evolve(standing, successful=False, reloads=_counted(standing.reloads, "failure"))
        return Reload(generation=standing.generation, faults=faults, dry_run=dry_run)

    def _put_in_force(self, new: Settings) -> str:
        """Tell everybody who listens; return what went wrong, with everything as before."""
        old, self._now = self._now, new
        if old == new:
            return ""
        told: list[Listener] = []
        for listener in self._listeners:
            told.append(listener)
            try:
                listener(old, new)
            except Exception as error:
                _log.exception("somebody could not take the settings on; the old ones come back")
                self._now = old
                _take_back(told, old, new)
                return own_failure(error)
        return ""


def _take_back(told: list[Listener], old: Settings, new: Settings) -> None:
    for listener in reversed(told):
        try:
            listener(new, old)
        except Exception:
            _log.exception("somebody could not take the old settings back")


def _counted(reloads: Mapping[str, int], result: str) -> Mapping[str, int]:
    return {**reloads, result: reloads[result] + 1}


def _tell(done: Reload, cause: str) -> None:
    if not done.ok:
        _log.error("settings not reloaded; the last good ones stay in force", cause=cause, faults=list(done.faults))
        return
    changed = [one.key for one in done.changes if one.key not in done.restart_required]
    _log.info("settings reloaded", cause=cause, generation=done.generation, changed=changed)
    if done.restart_required:
        _log.warning("settings wait for a restart of the agent", settings=list(done.restart_required))
