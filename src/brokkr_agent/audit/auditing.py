"""What a process has to do to be audited: lend its two lines and its witness. Without a trail nothing changes."""

from __future__ import annotations

import math

from brokkr_agent.audit.attempts import AttemptRecords
from brokkr_agent.audit.broker_line import AuditedBrokerLine
from brokkr_agent.audit.cluster_line import AuditedClusterLine
from brokkr_agent.audit.record import Action
from brokkr_agent.audit.trail import Tally, Trail
from brokkr_agent.change import Reload
from brokkr_agent.config import AgentSettings
from brokkr_agent.logs.levels import Level
from brokkr_agent.witnesses import Witness, Witnesses
from brokkr_core.broker import BrokerTransport
from brokkr_core.kube.transport import Transport
from brokkr_core.model.json import JsonObject


class Auditing:
    """Puts a trail to work.

    Args:
        trail: where it is written; None writes nothing.
        settings: the section ``[agent]``, for where the PAK comes from.
    """

    def __init__(self, trail: Trail | None, settings: AgentSettings) -> None:
        self._trail = trail
        self._records = AttemptRecords(trail) if trail else None
        self._source = "agent.pak_file" if settings.pak_file else "agent.pak"

    def broker_line(self, line: BrokerTransport) -> BrokerTransport:
        """Write down which credentials go over a line to the broker."""
        return AuditedBrokerLine(line, self._trail, self._source) if self._trail else line

    def cluster_line(self, line: Transport) -> Transport:
        """Write down what is changed over a line to the cluster; the outermost, for it may refuse what others count."""
        if self._trail is None or self._records is None:
            return line
        return AuditedClusterLine(line, self._trail, self._records.begins)

    def witness(self, other: Witness) -> Witness:
        """Write down what becomes of the stacks, beside another witness."""
        return Witnesses(self._records, other) if self._records else other

    def event(self, action: str, facts: JsonObject | None = None, *, result: JsonObject | None = None) -> None:
        """Write down what an operator or the broker made the agent do.

        Args:
            action: ``noun.verb``.
            facts: particulars; names, numbers and words of ours, never a value or a text of somebody else's.
            result: how it ended.
        """
        if self._trail:
            self._trail.event(action, facts, result=result)

    def config_reloaded(self, done: Reload, cause: str) -> None:
        """Write down that the settings were read again: the names of those that changed, never their values.

        Args:
            done: how it ended.
            cause: who asked.
        """
        later = list(done.restart_required)
        changed = [one.key for one in done.changes if one.key not in later]
        facts: JsonObject = {"cause": cause, "changed": [*changed], "later": [*later]}
        self.event(Action.CONFIG_RELOAD, facts, result={"ok": done.ok})

    def level_set(self, level: Level) -> None:
        """Write down that the level of a component of the log was changed for a time."""
        seconds = math.ceil(level.seconds_left or 0)
        facts: JsonObject = {"component": level.component, "level": level.level, "seconds": seconds}
        self.event(Action.LOGLEVEL_SET, facts)

    def tally(self) -> Tally:
        """Return what was counted."""
        return self._trail.tally() if self._trail else Tally()
