"""What is defined of every setting, and which settings must not stand together."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # has no types

from brokkr_agent import config
from brokkr_agent.config import GROUPS, SETTINGS
from brokkr_agent.consistency import RULES
from brokkr_agent.door import source_of
from brokkr_agent.load import load_settings
from brokkr_agent.public_pak import is_public, on_loopback
from brokkr_agent.schema import settings_schema
from brokkr_agent.settings import Applies, Setting, defined_in
from brokkr_agent.shown import shown
from brokkr_core.broker import HttpxTransport
from brokkr_core.errors import ConfigError
from brokkr_core.testing.broker import DEFAULT_PAK

PRIVATE = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"


def faults(**given: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(environment={f"BROKKR__AGENT__{key.upper()}": str(value) for key, value in given.items()})
    return list(caught.value.faults)


@pytest.mark.parametrize("one", SETTINGS.values(), ids=SETTINGS)
def test_a_setting_says_what_it_means_and_its_default_is_allowed(one: Setting) -> None:
    assert one.meaning.endswith(".")
    assert "|" not in one.meaning + one.allowed, "it stands in a table"
    assert one.check is None or one.check(one.default) == ""


def test_every_setting_is_in_one_group() -> None:
    grouped = [f"{section}.{name}" for section, group in GROUPS for name in defined_in(group)]

    assert sorted(grouped) == sorted(SETTINGS)


def test_only_the_pak_is_secret_and_it_is_not_shown() -> None:
    assert [key for key, one in SETTINGS.items() if one.secret] == ["agent.pak"]
    assert SETTINGS["agent.pak"].shown("x") == "(hidden)"
    assert SETTINGS["agent.pak"].shown("") == ""
    assert SETTINGS["agent.workers"].shown(3) == 3


def test_the_schema_is_one_and_takes_the_defaults() -> None:
    schema = settings_schema()
    Draft202012Validator.check_schema(schema)
    document: dict[str, dict[str, object]] = {"agent": {}, "log": {}}
    for key, one in SETTINGS.items():
        section, _, name = key.partition(".")
        document[section][name] = one.default

    assert list(Draft202012Validator(schema).iter_errors(document)) == []


@pytest.mark.parametrize(
    "document",
    [
        {"agent": {"wokers": 1}},
        {"agent": {"workers": 0}},
        {"agent": {"workers": 1.5}},
        {"agent": {"workers": [1]}},
        {"agent": {"ws_force_rest": "off"}},
        {"agent": {"pak": 1}},
        {"log": {"level": "loud"}},
        {"log": []},
        {"other": {}},
    ],
)
def test_the_schema_finds_what_is_wrong(document: object) -> None:
    assert not Draft202012Validator(settings_schema()).is_valid(document)


@pytest.mark.parametrize(
    ("given", "first", "second"),
    [
        ({"pak": PRIVATE, "pak_file": "/pak"}, "pak", "pak_file"),
        ({"broker_key_file": "/key"}, "broker_key_file", "broker_certificate_file"),
        ({"broker_ca_file": "/ca"}, "broker_ca_file", "broker_url"),
        ({"broker_certificate_file": "/certificate"}, "broker_certificate_file", "broker_url"),
        ({"run_timeout_seconds": 299}, "ready_timeout_seconds", "run_timeout_seconds"),
        ({"ready_poll_seconds": 2, "ready_timeout_seconds": 1}, "ready_poll_seconds", "ready_timeout_seconds"),
        ({"after_crash": "rollback", "rollback": "off"}, "after_crash", "rollback"),
        ({"pak": DEFAULT_PAK, "broker_url": "https://broker.example.org"}, "pak", "broker_url"),
    ],
)
def test_settings_that_contradict_each_other_are_named_both(given: dict[str, object], first: str, second: str) -> None:
    (fault,) = faults(**given)

    assert fault.startswith(f"agent.{first} = ")
    assert f" and agent.{second} = " in fault
    for key, value in given.items():
        assert f"(BROKKR__AGENT__{key.upper()})" in fault
        assert key == "pak" or repr(value) in fault or f"{value}.0" in fault


def test_every_rule_is_about_settings_that_exist() -> None:
    assert [key for rule in RULES for key in rule.keys if key not in SETTINGS] == []


@pytest.mark.parametrize("module", ["service", "door", "early", "target", "control/api"])
def test_what_is_built_once_at_the_start_waits_for_a_restart(module: str) -> None:
    text = (Path(config.__file__).parent / f"{module}.py").read_text()
    read = set(re.findall(r"settings\.([a-z_]+)", text)) & defined_in(config.AgentSettings).keys()

    assert read
    assert [name for name in sorted(read) if SETTINGS[f"agent.{name}"].applies is not Applies.RESTART] == []


def test_a_pak_that_is_none_is_refused_and_not_shown() -> None:
    (fault,) = faults(pak="hunter2")

    assert "must be empty, or a PAK" in fault
    assert "hunter2" not in fault


def test_one_that_is_wrong_by_itself_is_not_told_twice() -> None:
    (fault,) = faults(run_timeout_seconds=0)

    assert fault.endswith("must be from 1 to 604800")


def test_what_is_given_says_by_whom(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[agent]\nworkers = 3\npolling_interval = 3\n")
    settings = load_settings(
        file=file, environment={"BROKKR__AGENT__POLLING_INTERVAL": "4"}, flags={"log.level": "debug"}
    )

    assert settings.origins == {
        "agent.workers": str(file),
        "agent.polling_interval": "BROKKR__AGENT__POLLING_INTERVAL",
        "log.level": "command line",
    }


@pytest.mark.parametrize("pak", [DEFAULT_PAK, f" {DEFAULT_PAK}\n", f"x_y_{DEFAULT_PAK.split('_')[2]}"])
def test_the_public_pak_is_known_by_the_part_that_a_broker_compares(pak: str) -> None:
    assert is_public(pak)
    assert not is_public(pak + "x")
    assert not is_public(PRIVATE)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:3000/prefix", True),
        ("http://[::1]:3000", True),
        ("http://broker.localhost", True),
        ("http://localhost.example.org", False),
        ("http://broker.example.org", False),
        ("http://10.0.0.1", False),
        ("http://", False),
        ("http://[::1", False),
    ],
)
def test_only_loopback_is_this_machine(url: str, here: bool) -> None:
    assert on_loopback(url) is here


@pytest.mark.parametrize(("url", "good"), [("http://127.0.0.1:1", True), ("http://broker.example.org", False)])
def test_the_public_pak_in_a_file_is_refused_as_well(tmp_path: Path, url: str, good: bool) -> None:
    file = tmp_path / "pak"
    file.write_text(PRIVATE)
    settings = load_settings(environment={"BROKKR__AGENT__PAK_FILE": str(file), "BROKKR__AGENT__BROKER_URL": url})
    transport = HttpxTransport(url)
    try:
        source = source_of(settings.agent, transport)
        assert source.pak().reveal() == PRIVATE
        file.write_text(DEFAULT_PAK)
        if good:
            assert source.pak().reveal() == DEFAULT_PAK
            return
        with pytest.raises(ConfigError, match="public development PAK") as caught:
            source.pak()
        assert DEFAULT_PAK not in str(caught.value)
    finally:
        transport.close()


@pytest.mark.parametrize("name", ["pak_file", "namespace", "outbox_path"])
def test_a_pak_in_the_wrong_place_is_never_shown(name: str) -> None:
    pak = PRIVATE
    settings = None
    with suppress(ConfigError):
        settings = load_settings(environment={f"BROKKR__AGENT__{name.upper()}": pak})
    told = str(shown(settings)) if settings else "".join(faults(**{name: pak}))

    assert "BRabcdef" in told
    assert pak[-8:] not in told
    assert settings is None or name != "pak_file", "a file is no PAK"
