"""The control API shows the settings in force and loads them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from brokkr_agent.config import SETTINGS
from brokkr_agent.control import find
from brokkr_agent.control.settings import config_routes
from brokkr_agent.http import Answer, Request
from reload_support import configured

PAK = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"


class Api:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "agent.toml"
        self.configuration = configured(self.file, f"[agent]\nworkers = 1\npak = '{PAK}'\n")

    def ask(self, path: str, method: str, **query: str) -> tuple[int, dict[str, Any]]:
        request = Request(method=method, path=path, query={key: (value,) for key, value in query.items()})
        found = find(config_routes(self.configuration), request)
        assert isinstance(found, tuple)
        answer = found[0].answer(found[1])
        assert isinstance(answer, Answer)
        assert PAK not in answer.body.decode()
        return answer.status, json.loads(answer.body)

    def reload(self, **query: str) -> tuple[int, dict[str, Any]]:
        return self.ask("/v1/config/reload", "POST", **query)


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return Api(tmp_path)


def test_a_reload_is_answered_with_what_it_changed(api: Api) -> None:
    api.file.write_text("[agent]\nworkers = 2\n")
    status, told = api.reload()

    assert (status, told) == (
        200,
        {
            "ok": True,
            "dry_run": False,
            "generation": 2,
            "changes": [
                {"key": "agent.pak", "old": "(hidden)", "new": "", "applies": "restart"},
                {"key": "agent.workers", "old": 1, "new": 2, "applies": "next"},
            ],
            "restart_required": ["agent.pak"],
            "faults": [],
        },
    )
    assert api.configuration.now.agent.workers == 2


@pytest.mark.parametrize(("word", "dry"), [("1", True), ("true", True), ("", True), ("0", False), ("False", False)])
def test_a_dry_run_changes_nothing(api: Api, word: str, dry: bool) -> None:
    api.file.write_text("[agent]\nworkers = 2\n")
    status, told = api.reload(dry_run=word)

    assert (status, told["dry_run"], len(told["changes"])) == (200, dry, 2)
    assert api.configuration.now.agent.workers == (1 if dry else 2)


def test_a_word_that_says_neither_is_refused(api: Api) -> None:
    assert api.reload(dry_run="maybe")[0] == 400
    assert api.configuration.standing.reloads == {"success": 0, "failure": 0}


@pytest.mark.parametrize("query", [{}, {"dry_run": "1"}])
def test_everything_that_is_wrong_is_told_at_once(api: Api, query: dict[str, str]) -> None:
    api.file.write_text(f"[agent]\nworkers = 0\nwokers = 1\npak = ['{PAK}']\n")
    status, told = api.reload(**query)

    assert (status, told["status"], told["ok"], told["generation"]) == (422, 422, False, 1)
    assert [fault.split(" ")[0] for fault in told["faults"]] == ["agent.pak", "agent.wokers", "agent.workers"]
    assert api.configuration.now.agent.workers == 1


def test_what_is_in_force_is_shown(api: Api) -> None:
    api.file.write_text("[agent]\nnamespace = 'x'\nworkers = 1\n")
    api.reload()
    status, told = api.ask("/v1/config", "GET")

    assert (status, told["generation"], told["last_reload_successful"]) == (200, 1, True)
    assert told["restart_required"] == ["agent.pak", "agent.namespace"]
    shown = {one["key"]: one for one in told["settings"]}
    assert shown.keys() == SETTINGS.keys()
    assert shown["agent.namespace"]["value"] == "", "it waits for a restart"
    assert shown["agent.pak"]["value"] == "(hidden)"
    assert shown["agent.workers"] == {"key": "agent.workers", "value": 1, "source": str(api.file), "applies": "next"}
