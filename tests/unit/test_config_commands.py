"""``brokkr-agent config``: what is checked, shown and described, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # has no types

from brokkr_agent.cli import cli
from brokkr_agent.config import SETTINGS
from brokkr_agent.errors import BAD_INPUT, exit_code
from brokkr_core.errors import ConfigError

PAK = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"


def config(*arguments: str, **environment: str) -> Result:
    env = {f"BROKKR__{key}": value for key, value in environment.items()}
    return CliRunner().invoke(cli, ["config", *arguments], env={"BROKKR_CONFIG_FILE": None, **env})


def test_good_settings_are_good_and_that_a_pak_is_missing_is_said() -> None:
    done = config("check", AGENT__PAK=PAK)

    assert (done.exit_code, done.stdout, done.stderr) == (0, "the settings are good\n", "")
    assert "none is given, and the agent needs one" in config("check").stderr


def test_bad_settings_end_with_every_fault_and_the_exit_code_of_bad_input(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[agent]\nworkers = 0\nwokers = 1\n[log]\nlevel = 'loud'\n")
    for command in ("check", "show"):
        done = config(command, "--config", str(file))

        assert isinstance(done.exception, ConfigError)
        assert [fault.split(" ")[0] for fault in done.exception.faults] == [
            "agent.wokers",
            "agent.workers",
            "log.level",
        ]
        assert exit_code(done.exception) == BAD_INPUT
        assert done.stdout == ""


def test_every_setting_is_shown_with_who_gave_it_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(f"[agent]\npak = '{PAK}'\nworkers = 3\n")
    done = config("show", "--config", str(file), "-o", "json", LOG__LEVEL="debug")
    rows = {one["key"]: one for one in json.loads(done.stdout)}

    assert rows.keys() == SETTINGS.keys()
    assert PAK not in done.output
    assert rows["agent.pak"] == {"key": "agent.pak", "value": "(hidden)", "source": str(file), "applies": "restart"}
    assert rows["agent.workers"]["value"] == 3
    assert (rows["log.level"]["source"], rows["log.format"]["source"]) == ("BROKKR__LOG__LEVEL", "default")


def test_the_table_has_the_same_rows_and_no_trailing_blanks() -> None:
    lines = config("show", AGENT__PAK=PAK).stdout.splitlines()
    cells = {line.split()[0]: line.split()[1:] for line in lines[1:]}

    assert lines[0].split() == ["SETTING", "VALUE", "FROM", "APPLIES"]
    assert list(cells) == list(SETTINGS)
    assert cells["agent.pak"] == ["(hidden)", "BROKKR__AGENT__PAK", "restart"]
    assert cells["agent.ws_force_rest"] == ["false", "default", "restart"]
    assert cells["agent.namespace"] == ['""', "default", "restart"]
    assert cells["agent.polling_interval"] == ["10", "default", "live"]
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize(("text", "good"), [('{"agent": {"workers": 3}}', True), ('{"agent": {"wokers": 3}}', False)])
def test_the_schema_is_written(text: str, good: bool) -> None:
    schema = json.loads(config("schema").stdout)

    assert Draft202012Validator(schema).is_valid(json.loads(text)) is good
