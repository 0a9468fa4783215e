"""Progress for people: as lines, and as a table that lives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from brokkr_agent.remote.follow import Away, Back, Listed, News, Removed, Update
from brokkr_agent.remote.seen import Seen
from brokkr_core.model.json import JsonObject, as_int, as_object, as_text, dig

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

#: A line is written at the latest when so many percent are added.
STEP = 10
#: So many objects are shown below the table.
MOST_OBJECTS = 20
_STYLES = {"succeeded": "green", "failed": "red", "rolled-back": "yellow", "interrupted": "yellow"}


def word(attempt: JsonObject) -> str:
    """Return how an attempt ended, or what it is at."""
    return as_text(attempt.get("result")) or as_text(attempt.get("phase"))


def line(attempt: JsonObject) -> str:
    """Write down how far an attempt is."""
    done, total = as_int(dig(attempt, "counts", "succeeded")), as_int(dig(attempt, "counts", "total"))
    parts = [
        as_text(attempt.get("stack_id"))[:8],
        revision(attempt),
        f"{as_int(attempt.get('percent')):3d}%",
        word(attempt),
        f"{done}/{total} objects",
        as_text(attempt.get("verdict")),
        as_text(attempt.get("message")).partition("\n")[0],
    ]
    return "  ".join(part for part in parts if part)


def revision(attempt: JsonObject) -> str:
    """Name what is attempted, and for the how manieth time."""
    number = attempt.get("sequence_id")
    name = "removal" if number is None else f"revision {number}"
    again = as_int(attempt.get("attempt"), 1)
    return name if again == 1 else f"{name} (attempt {again})"


def object_line(one: JsonObject) -> str:
    """Write down what an object is at."""
    name = "/".join(filter(None, (as_text(one.get(key)) for key in ("kind", "namespace", "name"))))
    state = as_text(one.get("action")) or as_text(one.get("state"))
    return "  ".join(filter(None, (name, state, as_text(one.get("message")))))


class Lines:
    """Writes a line when a phase changes, an object comes to its end with a change or a failure, or much was done."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, int]] = {}
        self._trouble = ""

    def of(self, update: Update, seen: Seen) -> list[str]:
        """Return the lines to write after an update.

        Args:
            update: what was told.
            seen: what is known with it.
        """
        if isinstance(update, Away):
            new, self._trouble = update.error != self._trouble, update.error
            return [f"{update.error}; trying again"] if new else []
        self._trouble = ""
        if isinstance(update, Back):
            return ["the agent answers again"]
        if isinstance(update, Removed):
            gone = f"{update.stack_id[:8]}  is known here no more"
            return [gone] if seen.counts(update.stack_id) else []
        told = seen.attempts.values() if isinstance(update, Listed) else [update.attempt]
        mine = [one for one in told if as_text(one["stack_id"]) in seen.attempts]
        objects = [as_object(one.get("object")) for one in mine] if isinstance(update, News) else []
        return [f"  {object_line(one)}" for one in objects if _worth(one)] + [line(one) for one in self._new(mine)]

    def _new(self, attempts: Iterable[JsonObject]) -> list[JsonObject]:
        found = []
        for one in attempts:
            stack_id, key = as_text(one["stack_id"]), f"{one['started_at']} {word(one)}"
            step = as_int(one.get("percent")) // STEP
            if (key, step) != self._last.get(stack_id):
                self._last[stack_id] = (key, step)
                found.append(one)
        return found


def _worth(one: JsonObject) -> bool:
    return one.get("state") == "failed" or (one.get("state") == "succeeded" and one.get("action") != "unchanged")


def screen(seen: Seen) -> Group:
    """Draw what is known: a line a stack, and the objects of a chosen one that are at work."""
    from rich.console import Group  # noqa: PLC0415 - only for a terminal
    from rich.text import Text  # noqa: PLC0415 - only for a terminal

    parts: list[Table | Text] = [_stacks(seen)]
    if seen.chosen and seen.attempts:
        parts.append(_objects(seen))
    if seen.trouble:
        parts.append(Text(f"{seen.trouble}; trying again", style="red"))
    return Group(*parts)


def _stacks(seen: Seen) -> Table:
    from rich.progress_bar import ProgressBar  # noqa: PLC0415 - only for a terminal
    from rich.table import Table  # noqa: PLC0415 - only for a terminal
    from rich.text import Text  # noqa: PLC0415 - only for a terminal

    table = Table("stack", "revision", "", "%", "state", "objects", "message", box=None, pad_edge=False)
    for stack_id, one in sorted(seen.attempts.items()):
        percent, state = as_int(one.get("percent")), word(one)
        failed = as_int(dig(one, "counts", "failed"))
        done = f"{as_int(dig(one, 'counts', 'succeeded'))}/{as_int(dig(one, 'counts', 'total'))}"
        table.add_row(
            stack_id[:8],
            revision(one),
            ProgressBar(total=100, completed=percent, width=20),
            str(percent),
            Text(state, style=_STYLES.get(state, "cyan")),
            f"{done}, {failed} failed" if failed else done,
            Text(as_text(one.get("message")).partition("\n")[0], overflow="ellipsis", no_wrap=True),
        )
    return table


def _objects(seen: Seen) -> Table:
    from rich.table import Table  # noqa: PLC0415 - only for a terminal
    from rich.text import Text  # noqa: PLC0415 - only for a terminal

    order = {state: place for place, state in enumerate(("failed", "waiting", "progressing", "pending", "succeeded"))}
    found = [one for objects in seen.objects.values() for one in objects.values()]
    found.sort(key=lambda one: order.get(as_text(one.get("state")), len(order)))  # a later agent may know more
    table = Table(box=None, pad_edge=False, show_header=False)
    for one in found[:MOST_OBJECTS]:
        table.add_row(Text(object_line(one), style=_STYLES.get(as_text(one.get("state")), ""), overflow="ellipsis"))
    if len(found) > MOST_OBJECTS:
        table.add_row(f"and {len(found) - MOST_OBJECTS} more")
    return table
