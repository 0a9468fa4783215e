"""What is known of an agent from what it told, when a wait is over, and which lines are written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_agent.commands.wait import exit_code_of_attempt
from brokkr_agent.commands.watch import documents
from brokkr_agent.deployments.told import attempt_json, object_json, whole_json
from brokkr_agent.remote import (
    Away,
    Back,
    ControlClient,
    Follower,
    Listed,
    News,
    Removed,
    Seen,
    ServerSentEvent,
    Update,
)
from brokkr_agent.remote.seen import decides
from brokkr_agent.remote.shown import Lines, screen
from brokkr_agent.remote.sse import OPEN
from brokkr_core.errors import NetworkError, UsageError
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Action
from brokkr_core.rollback import Verdict
from progress_support import ONE, TWO, Troupe, finished, planned, revision, started, waiting


def told_by(troupe: Troupe) -> list[Update]:
    """Turn everything a troupe has told into what a listener gets."""
    return [
        News(attempt=attempt_json(one.progress) | ({} if one.object is None else {"object": object_json(one.object)}))
        for one in troupe.news
    ]


def good(stack_id: str = "s1") -> Troupe:
    troupe = Troupe()
    events = (planned(ONE, TWO), started(ONE), waiting(ONE), finished(TWO, Action.UNCHANGED), finished(ONE))
    troupe.play(*events, of=revision(stack_id))
    return troupe


def after(*updates: Update, chosen: str = "") -> Seen:
    seen = Seen(chosen=chosen)
    for update in updates:
        seen = seen.after(update)
    return seen


def test_what_was_told_last_counts_and_a_new_attempt_begins_anew() -> None:
    troupe = good()
    seen = after(*told_by(troupe))
    assert (seen.attempts["s1"]["percent"], len(seen.objects["s1"])) == (100, 2)

    troupe.news.clear()
    troupe.clock.seconds += 1
    troupe.play(ok=None)
    seen = seen.after(told_by(troupe)[0])
    assert (seen.attempts["s1"]["percent"], seen.objects["s1"]) == (0, {})
    assert seen.after(Away(error="gone")).trouble == "gone"
    assert seen.after(Away(error="gone")).after(Back()) == seen
    assert seen.after(Away(error="gone")).after(Removed(stack_id="s1")) == Seen(), "nothing is kept of it"


def test_a_stack_is_chosen_by_the_beginning_of_its_id() -> None:
    first, second = told_by(good("abc"))[-1], told_by(good("abd"))[-1]

    assert list(after(first, second, chosen="abd").attempts) == ["abd"]
    assert list(after(first, second, chosen="").attempts) == ["abc", "abd"]
    seen = after(first, second, Removed(stack_id="abc"), chosen="abd")
    for stack_id, told in (("abc", 0), ("abd", 1)):
        gone = Removed(stack_id=stack_id)
        assert (len(Lines().of(gone, seen)), len(documents(gone, seen))) == (told, told), stack_id
    with pytest.raises(UsageError, match="several stacks begin with 'ab': abc, abd"):
        after(first, second, chosen="ab")


def test_a_listing_is_newest_first_and_takes_the_place_of_all_before() -> None:
    old, new = (attempt_json(good().news[index].progress) for index in (0, -1))

    seen = after(*told_by(good("s2")), Listed(attempts=(new, old)))
    assert list(seen.attempts) == ["s1"]
    assert seen.attempts["s1"]["result"] == "succeeded"


@pytest.mark.parametrize(
    ("result", "sequence", "until", "over"),
    [
        ("succeeded", None, "ended", True),
        ("failed", None, "ended", True),
        ("rolled-back", 7, "ended", True),
        ("succeeded", 6, "ended", True),
        ("succeeded", 8, "ended", False),
        (None, None, "ended", False),
        ("interrupted", None, "ended", False),
        ("failed", None, "succeeded", False),
        ("rolled-back", None, "succeeded", False),
        ("succeeded", 7, "succeeded", True),
    ],
)
def test_a_wait_is_over_when_what_was_waited_for_has_come(
    result: str | None, sequence: int | None, until: str, over: bool
) -> None:
    attempt = attempt_json(good().news[-1].progress) | {"result": result}

    assert decides(attempt, sequence=sequence, until=until) is over
    assert not decides(attempt | {"sequence_id": None}, sequence=1, until=until)


def test_the_exit_code_is_the_outcome() -> None:
    def code(result: str, verdict: str | None = None) -> int:
        return exit_code_of_attempt({"result": result, "verdict": verdict})

    assert (code("succeeded"), code("failed"), code("failed", "NOT_NEEDED")) == (0, 1, 1)
    assert [code("rolled-back", str(one)) for one in Verdict][1:] == [one.exit_code for one in Verdict][1:]


def test_lines_tell_phases_changes_and_failures_and_not_each_event() -> None:
    lines, seen, written = Lines(), Seen(), []
    troupe = good()
    troupe.play(planned(ONE), finished(ONE, Action.FAILED, "no"), ok=False, verdict="PARTIAL", message="1 of 1\nmore")
    for update in [*told_by(troupe), Away(error="gone"), Away(error="gone"), Back(), Removed(stack_id="s1")]:
        seen = seen.after(update)
        written += lines.of(update, seen)

    assert written == [
        "s1  revision 7    0%  planning  0/0 objects",
        "s1  revision 7    5%  validating  0/2 objects",
        "s1  revision 7   15%  applying  0/2 objects",
        "s1  revision 7   32%  applying  0/2 objects",
        "s1  revision 7   74%  waiting  1/2 objects",
        "  ConfigMap/default/one  created",
        "s1  revision 7   99%  waiting  2/2 objects",
        "s1  revision 7  100%  succeeded  2/2 objects",
        "s1  revision 7    0%  planning  0/0 objects",
        "s1  revision 7    5%  validating  0/1 objects",
        "  ConfigMap/default/one  failed  no",
        "s1  revision 7   15%  waiting  0/1 objects",
        "s1  revision 7   15%  failed  0/1 objects  PARTIAL  1 of 1",
        "gone; trying again",
        "the agent answers again",
        "s1  is known here no more",
    ]


def test_a_screen_shows_the_stacks_and_the_objects_of_a_chosen_one() -> None:
    from rich.console import Console  # noqa: PLC0415 - only here

    def shown(seen: Seen) -> str:
        console = Console(width=120, record=True, file=None, quiet=False)
        with console.capture() as caught:
            console.print(screen(seen))
        return caught.get()

    seen = after(*told_by(good("s1")), *told_by(good("t1")))
    assert "ConfigMap" not in shown(seen)
    chosen = shown(after(*told_by(good()), Away(error="[b]gone[/b]"), chosen="s1"))
    assert "revision 7" in chosen
    assert "ConfigMap/default/one  created" in chosen
    assert "[b]gone[/b]; trying again" in chosen


class Scripted(ControlClient):
    """An agent that goes away, comes back as another process, and tells of a gap."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self.asked: list[str] = []

    def get(self, path: str) -> JsonObject:
        return {"items": [whole_json(good().news[-1].progress)], "last_event_id": f"x-{len(self.asked)}"}

    def events(self, path: str, *, last_id: str) -> Iterator[ServerSentEvent]:
        self.asked.append(last_id)
        yield ServerSentEvent(kind=OPEN)
        if len(self.asked) == 1:
            yield ServerSentEvent(kind="removed", identity="x-7", data='{"stack_id": "s9"}')
            raise NetworkError("cut off")
        if len(self.asked) == 2:
            yield ServerSentEvent(kind="gap", identity="y-1", data="{}")
        elif len(self.asked) == 3:
            yield ServerSentEvent(kind="later", identity="x-9", data="{}")
            yield ServerSentEvent(kind="removed", identity="x-10", data="no JSON")
        else:
            yield ServerSentEvent(kind="removed", identity="x-11", data='{"stack_id": "end"}')


def test_whoever_follows_comes_back_where_it_was_cut_off_and_lists_anew_after_a_gap() -> None:
    client = Scripted()
    follower = Follower(client)
    follower.start()
    updates: list[Update | None] = []
    while Removed(stack_id="end") not in updates:
        updates.append(follower.next(20.0))
    follower.stop()

    kinds = [type(one).__name__ for one in updates]
    assert kinds == ["Listed", "Removed", "Away", "Back", "Listed", "Away", "Back", "Removed"]
    assert client.asked[:4] == ["x-0", "x-7", "x-2", "x-9"]


class Broken(ControlClient):
    """A client with a fault of ours in it."""

    def get(self, path: str) -> JsonObject:
        raise LookupError(path)


def test_a_fault_of_ours_ends_the_wait_for_news() -> None:
    follower = Follower(Broken("http://127.0.0.1:1"))
    follower.start()

    with pytest.raises(LookupError, match="/v1/deployments"):
        follower.next(20.0)


def test_an_agent_that_was_never_reached_is_an_error() -> None:
    follower = Follower(ControlClient("http://127.0.0.1:1"))
    follower.start()

    with pytest.raises(NetworkError, match=r"the agent at http://127\.0\.0\.1:1 cannot be reached: .*refused"):
        follower.next(20.0)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8081", "ftp://x", "http://", "http://user:pass@x", "http://x:y"])
def test_a_url_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="must be the root of an agent's control API"):
        ControlClient(url)


@pytest.mark.parametrize(
    ("url", "host", "port"), [("http://[::1]", "::1", 80), ("https://x", "x", 443), ("http://[::1]:8081", "::1", 8081)]
)
def test_a_url_without_a_port_leads_to_the_one_of_its_scheme(url: str, host: str, port: int) -> None:
    line = ControlClient(url)._connect(1.0)

    assert (line.host, line.port) == (host, port)
