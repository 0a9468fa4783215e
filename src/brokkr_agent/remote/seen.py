"""What is known of an agent's deployments, from what it told: pure, for whoever shows it or waits for something."""

from __future__ import annotations

from typing import TypeAlias

from attrs import evolve, field, frozen

from brokkr_agent.remote.follow import Away, Back, Listed, News, Removed, Update
from brokkr_core.errors import UsageError
from brokkr_core.model.json import JsonObject, as_int, as_object, as_text

#: An object by kind, namespace and name.
Place: TypeAlias = "tuple[str, str, str]"


@frozen(kw_only=True)
class Seen:
    """What is known.

    Args:
        chosen: the stack that counts, by its id or the beginning of it; empty for all.
        attempts: the newest attempt at each stack, by the id of the stack.
        objects: what was told of the objects of these attempts, by the id of the stack.
        trouble: why the agent cannot be reached; empty while it can.
    """

    chosen: str = ""
    attempts: dict[str, JsonObject] = field(factory=dict)
    objects: dict[str, dict[Place, JsonObject]] = field(factory=dict)
    trouble: str = ""

    def after(self, update: Update) -> Seen:
        """Take in an update.

        Raises:
            UsageError: more than one stack begins like the chosen one.
        """
        match update:
            case Away(error=error):
                return evolve(self, trouble=error)
            case Back():
                return evolve(self, trouble="")
            case Removed(stack_id=stack_id):
                attempts = {one: told for one, told in self.attempts.items() if one != stack_id}
                objects = {one: told for one, told in self.objects.items() if one != stack_id}
                return evolve(self, attempts=attempts, objects=objects, trouble="")
            case Listed(attempts=attempts):
                mine = (one for one in reversed(attempts) if self.counts(as_text(one["stack_id"])))
                newest = {as_text(one["stack_id"]): one for one in mine}
                return self._checked(evolve(self, attempts=newest, objects={}, trouble=""))
            case News(attempt=attempt):
                wanted = self.counts(as_text(attempt["stack_id"]))
                return self._checked(self._told(attempt)) if wanted else evolve(self, trouble="")

    def counts(self, stack_id: str) -> bool:
        """Tell whether somebody wants to know of this stack."""
        return stack_id.startswith(self.chosen)

    def _told(self, attempt: JsonObject) -> Seen:
        stack_id = as_text(attempt["stack_id"])
        known = self.objects.get(stack_id, {}) if same(self.attempts.get(stack_id), attempt) else {}
        one = as_object(attempt.get("object"))
        objects = {**known, place_of(one): one} if one else known
        told = {key: value for key, value in attempt.items() if key != "object"}
        return evolve(
            self,
            attempts={**self.attempts, stack_id: told},
            objects={**self.objects, stack_id: objects},
            trouble="",
        )

    def _checked(self, seen: Seen) -> Seen:
        if self.chosen and len(seen.attempts) > 1 and self.chosen not in seen.attempts:
            raise UsageError(f"several stacks begin with {self.chosen!r}: {', '.join(sorted(seen.attempts))}")
        return seen


def same(one: JsonObject | None, other: JsonObject) -> bool:
    """Tell whether two tellings are about the same attempt."""
    return one is not None and all(one[key] == other[key] for key in ("deployment_object_id", "started_at"))


def place_of(one: JsonObject) -> Place:
    """Return which object a telling is about."""
    return as_text(one["kind"]), as_text(one["namespace"]), as_text(one["name"])


def decides(attempt: JsonObject, *, sequence: int | None, until: str) -> bool:
    """Tell whether an attempt is what somebody has waited for.

    Args:
        attempt: the newest attempt at the stack.
        sequence: the number of the revision, or of any later one; None for whichever is the newest.
        until: ``ended``, or ``succeeded`` to wait through failures for a success.
    """
    result = attempt.get("result")
    late_enough = sequence is None or as_int(attempt.get("sequence_id"), -1) >= sequence
    good = result == "succeeded" if until == "succeeded" else result not in (None, "interrupted")
    return late_enough and good
