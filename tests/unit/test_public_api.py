"""The door of the library: what stands in it, and what walking through it costs."""

from __future__ import annotations

import importlib.metadata

import pytest

import brokkr_core
from process_support import in_a_fresh_process

DOOR = """
    Action ApiError ApplyPolicy BrokerClient BrokerError BrokkrError Certificate Conflict ConflictRule Conflicts
    Contested CycleError Edge EdgeKind GroupKind InputError InputErrors KubeClient Limits Manifest ManifestError
    Memory MemoryJournal NetworkError ObjectRef Origin Outcome Plan Report Reversibility RunFacts StoppedError
    UndoPolicy Undone UsageError Verdict __version__ apply_atomically apply_plan certify connect order parse
    parse_all preview_plan recover resolve undo verify
"""

#: What costs time and memory, and what not everybody has installed.
DEAR = "('httpx', 'kubernetes', 'urllib3', 'websockets', 'aiohttp', 'click', 'rich', 'structlog')"

#: What the parser does without until something unusual comes along.
MUCH = "[name for name in ('attr', 'decimal', 'inspect', 'json', 'pathlib', 'yaml') if name in sys.modules]"


def test_the_door_holds_these_names_and_no_others() -> None:
    assert brokkr_core.__all__ == DOOR.split()


def test_every_name_in_the_door_is_there() -> None:
    assert [name for name in brokkr_core.__all__ if not hasattr(brokkr_core, name)] == []


def test_everything_public_in_the_door_can_be_imported_with_a_star() -> None:
    assert in_a_fresh_process("from brokkr_core import *; print(BrokerClient.__name__)") == "BrokerClient"


def test_importing_the_library_loads_no_client_and_nothing_of_the_agent() -> None:
    loaded = f"print([name for name in {DEAR} if name in sys.modules])"

    assert in_a_fresh_process(f"import sys, brokkr_core; {loaded}") == "[]"


def test_only_asking_for_the_broker_loads_httpx() -> None:
    ask = (
        "import sys, brokkr_core; brokkr_core.BrokerClient; print('kubernetes' in sys.modules, 'httpx' in sys.modules)"
    )

    assert in_a_fresh_process(ask).startswith("False")


def test_only_asking_for_the_channel_loads_websockets() -> None:
    ask = (
        "import sys, brokkr_core.broker; print('websockets' in sys.modules, end=' '); import brokkr_core.broker.channel"
    )

    assert in_a_fresh_process(f"{ask}; print('websockets' in sys.modules)") == "False True"


def test_reading_a_usual_stream_loads_nothing_that_takes_longer_than_reading_it() -> None:
    stream = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: a\ndata:\n  x: '1'\nmore: *m\n"
    code = f"import sys, brokkr_core; (one,) = brokkr_core.parse({stream!r}); print(one.ref, {MUCH})"

    assert in_a_fresh_process(code) == "ConfigMap/a []"


def test_the_version_is_the_one_of_the_package() -> None:
    assert brokkr_core.__version__ == importlib.metadata.version("brokkr")


def test_a_name_that_is_not_there_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="'brokkr_core' has no attribute 'aply_plan'"):
        _ = brokkr_core.aply_plan  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["apply_plan", "connect", "order", "parse", "parse_all", "resolve", "undo", "verify"])
def test_every_function_of_the_door_says_what_it_takes_and_gives(name: str) -> None:
    words = getattr(brokkr_core, name).__doc__

    assert "Args:" in words
    assert "Returns:" in words
