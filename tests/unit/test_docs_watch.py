"""The pages about metrics and health say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from brokkr_agent.health import PATHS
from brokkr_agent.http.line import HEAD_SECONDS
from brokkr_agent.http.request import MOST_HEAD_BYTES
from brokkr_agent.http.server import MOST_CONNECTIONS
from brokkr_agent.lines import OPERATIONS
from brokkr_agent.logs.fields import ADDED, HEAD, MARKS
from brokkr_agent.logs.levels import COMPONENTS, FOREIGN, LEVELS, LONGEST_SECONDS, QUIET
from brokkr_agent.logs.redaction import MOST_CHARACTERS
from brokkr_agent.logs.routes import USUAL_SECONDS
from brokkr_agent.metrics.phases import Phase
from brokkr_agent.watch import PORT_SECONDS
from brokkr_core.broker.traffic import Traffic
from metrics_support import declared

WORDS = r"`([a-z0-9-]+)`"

DOCS = Path(__file__).resolve().parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / "reference" / f"{name}.md").read_text()


def test_every_metric_is_described_in_the_words_of_its_help() -> None:
    rows = [line for line in page("metrics").splitlines() if line.startswith("| `brokkr_agent_")]

    assert rows == [f"| `{name}` | {kind} | {labels or 'none'} | {told} |" for name, kind, labels, told in declared()]


def test_no_metric_is_named_in_the_guide_that_does_not_exist() -> None:
    names = {name for name, _, _, _ in declared()}
    guide = (DOCS / "how-to" / "watch-the-agent.md").read_text()

    assert set(re.findall(r"brokkr_agent_\w+", guide)) <= names


def test_every_word_of_the_labels_is_named() -> None:
    text = page("metrics")
    words = [*OPERATIONS, *(str(one) for one in Phase), *(one.value for one in Traffic)]

    assert [word for word in words if f"`{word}`" not in text] == []


def test_every_path_is_described() -> None:
    assert re.findall(r"^\| `(/\w+)` \|", page("health"), re.MULTILINE) == list(PATHS)


def test_every_number_of_the_server_is_the_one_in_the_code() -> None:
    text = page("health")

    assert f"after {HEAD_SECONDS:g} seconds" in text
    assert f"than {MOST_HEAD_BYTES} bytes" in text
    assert f"At most {MOST_CONNECTIONS} connections" in text
    assert f"every {PORT_SECONDS:g} seconds" in text


def test_every_field_of_the_log_is_described_in_the_words_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", page("logs"), re.MULTILINE)

    assert dict(rows) == HEAD | MARKS | ADDED
    assert [name for name, _ in rows] == [*HEAD, *MARKS, *ADDED]


def test_every_component_of_the_log_is_named() -> None:
    section = page("logs").partition("## Components\n")[2].partition("\n## ")[0]
    (ours,) = re.findall(r"^Of the agent: (.*)$", section, re.MULTILINE)
    (foreign,) = re.findall(r"^Libraries, .*: (.*)$", section, re.MULTILINE)
    (quiet,) = re.findall(r"^(.*) cannot be set below warning", section, re.MULTILINE)

    assert re.findall(WORDS, ours) == [*COMPONENTS]
    assert re.findall(WORDS, foreign) == [*FOREIGN]
    assert {*re.findall(WORDS, quiet)} == QUIET


def test_every_number_of_the_log_is_the_one_in_the_code() -> None:
    assert f"cut after {MOST_CHARACTERS} characters" in page("logs")
    assert f"one of {', '.join(LEVELS)}" in page("control-api")
    assert (LONGEST_SECONDS, USUAL_SECONDS) == (24 * 3600, 10 * 60)
    assert "10 minutes by default and a day at most" in page("control-api")
