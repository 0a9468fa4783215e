"""The pages about the control API and the progress of deployments say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from brokkr_agent.commands.control import DEFAULT_URL
from brokkr_agent.config import AgentSettings
from brokkr_agent.control.api import MOST_BODY_BYTES
from brokkr_agent.control.token import FEWEST_CHARACTERS
from brokkr_agent.deployments import Phase, Result, State, board, correlate, frames, herald, kube_events, percent, ring
from brokkr_agent.deployments.reasons import Reason
from brokkr_agent.deployments.told import whole_json
from brokkr_agent.deployments.tracker import MOST_OBJECTS
from brokkr_agent.http.line import HEAD_SECONDS, IDLE_SECONDS, SEND_SECONDS
from brokkr_agent.http.request import MOST_HEAD_BYTES
from brokkr_agent.http.server import MOST_CONNECTIONS, MOST_STREAMS
from brokkr_agent.watch import PORT_SECONDS
from progress_support import ONE, Troupe, finished, planned

ROOT = Path(__file__).resolve().parents[2]
API, EVENTS = ((ROOT / "docs" / "reference" / f"{name}.md").read_text() for name in ("control-api", "progress-events"))


def first_cells(text: str, header: str) -> list[str]:
    """Return what stands in backquotes in the first cells of the table below a header."""
    table = text.partition(f"| {header} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def test_every_route_is_described_and_no_other() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "src" / "brokkr_agent").rglob("*.py"))
    routes = re.findall(r'\bRoute\(\s*method="(\w+)",\s*path="([^"]+)"', sources)

    assert len(routes) >= 3
    assert sorted(first_cells(API, "Method and path")) == sorted(f"{method} {path}" for method, path in routes)


def test_every_phase_result_state_and_kind_of_event_is_described() -> None:
    assert first_cells(API, "Phase") == [str(one) for one in Phase]
    assert first_cells(API, "Result") == [str(one) for one in Result]
    assert first_cells(API, "State") == [str(one) for one in State]
    told = re.findall(r'ring\.tell\(\s*"(\w+)"', (Path(board.__file__)).read_text())
    assert set(first_cells(API, "Event")) == {*told, "gap"}


def test_an_attempt_has_the_members_that_are_shown() -> None:
    troupe = Troupe()
    troupe.play(planned(ONE), finished(ONE))
    (example,) = re.findall(r"^## An attempt\n\n```json\n(.*?)```", API, re.MULTILINE | re.DOTALL)
    shown, told = json.loads(example), whole_json(troupe.board.of("s1")[0])

    assert list(shown) == list(told)
    assert list(shown["counts"]) == list(told["counts"])  # type: ignore[arg-type] # an object, as the page shows
    assert list(shown["objects"][0]) == list(told["objects"][0])  # type: ignore[index, arg-type] # the same


def test_every_reason_is_described_with_its_type() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", EVENTS, re.MULTILINE)

    assert rows == [(str(one), one.event_type) for one in Reason]


def test_every_number_is_the_one_in_the_code() -> None:
    for words in (
        f"after {HEAD_SECONDS:g} seconds",
        f"more than {MOST_BODY_BYTES} bytes",
        f"than {MOST_HEAD_BYTES} bytes",
        f"{MOST_STREAMS} streams",
        f"At most {MOST_CONNECTIONS} connections",
        f"every {PORT_SECONDS:g} seconds",
        f"{MOST_OBJECTS} objects at most",
        f"The last {board.KEPT_OF_A_STACK} attempts",
        f"{board.KEPT_IN_ALL} in all",
        f"the last {ring.KEPT} events",
        f"After {IDLE_SECONDS:g} seconds without",
        f"within {SEND_SECONDS:g} seconds is cut",
        f"{percent.WRITTEN_SHARE} for all of them written, and {percent.READY_SHARE} for all of them ready",
        f"its {percent.PRUNED_SHARE} go to",
        f"| `validating` | {percent.PLANNED} |",
        f"| from {percent.VALIDATED} |",
    ):
        assert words in API, words
    for words in (
        f"after {kube_events.REFUSED_SECONDS:g} seconds",
        f"within {correlate.SAME_SECONDS:g} seconds",
        f"has {correlate.BURST} Events at once, and one more every {correlate.REFILL_SECONDS:g} seconds",
        f"{herald.MOST_OBJECTS} objects of an attempt",
        f"{kube_events.MOST_WAITING} Events wait",
        f"once in {frames.SPACING_SECONDS:g} second",
    ):
        assert words in EVENTS, words


def test_the_commands_ask_where_the_agent_listens_by_default() -> None:
    settings = AgentSettings()

    assert f"http://{settings.control_address}:{settings.control_port}" == DEFAULT_URL
    assert (
        f"of {FEWEST_CHARACTERS} printable ASCII characters"
        in (ROOT / "docs" / "reference" / "settings.md").read_text()
    )
