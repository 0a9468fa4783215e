"""Which stacks need work now: a pure memory of what was tried, and when a missing stack is really gone."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, field, frozen

from brokkr_core.model.broker import DeploymentObject
from brokkr_core.retry import doubled


@frozen(kw_only=True)
class Pace:
    """How often stacks are looked at again. All times in seconds."""

    resync_seconds: float = 600.0  #: a stack in order is compared with the cluster again after this
    retry_first_seconds: float = 10.0
    retry_longest_seconds: float = 900.0
    removal_polls: int = 3  #: a stack is gone only when so many full answers in a row lack it
    removal_grace_seconds: float = 300.0  #: and this much time lies between the first and the last of them

    def retry_wait(self, failures: int) -> float:
        """Return how long a revision rests after so many failures in a row."""
        return doubled(self.retry_first_seconds, times=failures - 1, most=self.retry_longest_seconds)


@frozen(kw_only=True)
class Tried:
    """The last attempt at a stack."""

    revision: str  #: id of the deployment object
    failures: int = 0  #: in a row
    at: float = 0.0  #: when it ended


@frozen(kw_only=True)
class Missing:
    """A stack of ours that the broker no longer names."""

    since: float
    polls: int = 1
    failures: int = 0  #: removals in a row that did not succeed
    tried: float = 0.0  #: when the last of them ended


@frozen(kw_only=True)
class StackMemory:
    """What is known about every stack. Times are seconds of a clock that never goes back."""

    pace: Pace = field(factory=Pace)
    tried: dict[str, Tried] = field(factory=dict)
    missing: dict[str, Missing] = field(factory=dict)

    def paced(self, pace: Pace) -> StackMemory:
        """Go on at another pace: what was tried is looked at again as if it had been in force all the time."""
        return evolve(self, pace=pace)

    def due(self, target: Iterable[DeploymentObject], now: float) -> tuple[DeploymentObject, ...]:
        """Choose what to work on, oldest revision first.

        Args:
            target: the full target state, at most one object per stack.
            now: the time.

        Returns:
            New revisions, failed ones whose rest is over, and good ones that are due for another comparison.
        """
        found = (one for one in target if self._is_due(one, now))
        return tuple(sorted(found, key=lambda one: one.sequence_id))

    def _is_due(self, one: DeploymentObject, now: float) -> bool:
        last = self.tried.get(one.stack_id)
        return last is None or last.revision != one.id or now >= self.next_at(last)

    def next_at(self, last: Tried) -> float:
        """Return when a stack is looked at again that nothing new comes for, by the pace of this moment."""
        return last.at + (self.pace.retry_wait(last.failures) if last.failures else self.pace.resync_seconds)

    def number(self, one: DeploymentObject) -> int:
        """Return which attempt at this revision the next one is, from 1; after a good one it is 1 again."""
        last = self.tried.get(one.stack_id)
        return last.failures + 1 if last is not None and last.revision == one.id else 1

    def after(self, one: DeploymentObject, *, ok: bool, now: float) -> StackMemory:
        """Remember an attempt.

        Args:
            one: the revision.
            ok: whether it succeeded.
            now: the time.

        Returns:
            The memory with the attempt in it.
        """
        last = self.tried.get(one.stack_id)
        same = last is not None and last.revision == one.id
        failures = 0 if ok else (last.failures if last is not None and same else 0) + 1
        tried = Tried(revision=one.id, failures=failures, at=now)
        return evolve(self, tried={**self.tried, one.stack_id: tried})

    def seen(self, target: Iterable[str], owned: Iterable[str], now: float) -> StackMemory:
        """Take in one full answer of the broker.

        Only a poll that was answered counts; silence says nothing about any stack.

        Args:
            target: ids of the stacks the broker named.
            owned: ids of the stacks we have an inventory of.
            now: the time.

        Returns:
            The memory with the absences counted on, and forgotten for whatever is back.
        """
        named = frozenset(target)
        missing = {}
        for stack_id in frozenset(owned) - named:
            known = self.missing.get(stack_id)
            missing[stack_id] = evolve(known, polls=known.polls + 1) if known else Missing(since=now)
        tried = {stack_id: one for stack_id, one in self.tried.items() if stack_id in named}
        return evolve(self, missing=missing, tried=tried)

    def not_removed(self, stack_id: str, now: float) -> StackMemory:
        """Remember that the removal of a stack did not succeed, so that it rests as a failed revision does."""
        known = self.missing.get(stack_id)
        if known is None:
            return self
        failed = evolve(known, failures=known.failures + 1, tried=now)
        return evolve(self, missing={**self.missing, stack_id: failed})

    def gone(self, now: float) -> tuple[str, ...]:
        """Return the stacks to remove: missing often and long enough, and not resting after a removal that failed."""
        return tuple(
            sorted(
                stack_id
                for stack_id, one in self.missing.items()
                if one.polls >= self.pace.removal_polls
                and now - one.since >= self.pace.removal_grace_seconds
                and (not one.failures or now - one.tried >= self.pace.retry_wait(one.failures))
            )
        )
