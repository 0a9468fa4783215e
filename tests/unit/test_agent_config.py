"""Settings: who wins, what is refused, and that one run tells everything that is wrong without telling a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from brokkr_agent.config import AgentSettings, Settings
from brokkr_agent.load import load_settings
from brokkr_agent.rules import rules_of
from brokkr_core.apply import ALL, RESTORABLE
from brokkr_core.errors import ConfigError

PAK = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"


def toml(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.write_text(text)
    return path


def loaded(
    *, file: Path | None = None, flags: dict[str, object] | None = None, env: dict[str, str] | None = None, **more: str
) -> Settings:
    environment = {f"BROKKR__{key}": value for key, value in ((env or {}) | more).items()}
    return load_settings(file=file, environment=environment, flags=flags)


def faults(
    *, file: Path | None = None, flags: dict[str, object] | None = None, env: dict[str, str] | None = None, **more: str
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(file=file, flags=flags, env=env, **more)
    return list(caught.value.faults)


def test_nothing_given_is_the_defaults() -> None:
    assert loaded() == Settings()


def test_the_environment_wins_over_the_file_and_a_flag_over_both(tmp_path: Path) -> None:
    file = toml(tmp_path, "[agent]\nworkers = 1\npolling_interval = 1\nagent_name = 'file'\n[log]\nlevel = 'debug'\n")
    found = loaded(file=file, flags={"agent.workers": 3}, AGENT__WORKERS="2", AGENT__POLLING_INTERVAL="2")

    assert (found.agent.workers, found.agent.polling_interval, found.agent.agent_name, found.log.level) == (
        3,
        2.0,
        "file",
        "debug",
    )


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert loaded(flags={"agent.workers": None}, AGENT__WORKERS="2").agent.workers == 2


@pytest.mark.parametrize("name", ["BROKKR__AGENT__WORKERS", "brokkr__agent__workers", "Brokkr__Agent__Workers"])
def test_variables_are_read_whatever_their_case(name: str) -> None:
    assert load_settings(environment={name: "7"}).agent.workers == 7


@pytest.mark.parametrize("name", ["PATH", "BROKKR_AGENT_WORKERS", "BROKKR_CONFIG_FILE", "XBROKKR__AGENT__WORKERS"])
def test_other_variables_are_none_of_ours(name: str) -> None:
    assert load_settings(environment={name: "7"}) == Settings()


@pytest.mark.parametrize("section", ["database", "broker", "pak", "cors", "telemetry"])
def test_the_sections_of_a_shared_file_are_passed_over(tmp_path: Path, section: str) -> None:
    file = toml(tmp_path, f"[{section}]\nurl = 'x'\n")

    assert load_settings(file=file, environment={f"BROKKR__{section.upper()}__URL": "x"}) == Settings()


def test_an_empty_variable_is_an_empty_text_and_wins_over_the_file(tmp_path: Path) -> None:
    file = toml(tmp_path, "[agent]\nagent_name = 'file'\n")

    assert loaded(file=file, AGENT__AGENT_NAME="").agent.agent_name == ""


def test_an_empty_variable_is_no_number() -> None:
    assert faults(AGENT__WORKERS="") == ["agent.workers = '' (BROKKR__AGENT__WORKERS): must be a whole number"]


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("WORKERS", "0", "must be from 1 to 64"),
        ("WORKERS", "65", "must be from 1 to 64"),
        ("WORKERS", "1.5", "must be a whole number"),
        ("WORKERS", "many", "must be a whole number"),
        ("WORKERS", "9" * 5000, "must be a whole number"),
        ("POLLING_INTERVAL", "0", "must be from 0.1 to 3600"),
        ("POLLING_INTERVAL", "nan", "must be from 0.1 to 3600"),
        ("POLLING_INTERVAL", "inf", "must be from 0.1 to 3600"),
        ("POLLING_INTERVAL", "1e400", "must be from 0.1 to 3600"),
        ("POLLING_INTERVAL", "10s", "must be a number"),
        ("CONFLICTS", "maybe", "must be one of take, fail"),
        ("ROLLBACK", "Bundle", "must be one of off, report, bundle"),
        ("ROLLBACK_ALLOW", "", "must be exact, value-only, identity-loss or irreversible"),
        ("ROLLBACK_ALLOW", "exact,all", "must be exact, value-only, identity-loss or irreversible"),
        ("BROKER_URL", "", "root URL"),
        ("BROKER_URL", "broker.example.org", "root URL"),
        ("BROKER_URL", "ftp://broker", "root URL"),
        ("BROKER_URL", "http://", "root URL"),
        ("BROKER_URL", "http://[::1", "root URL"),
    ],
)
def test_a_value_out_of_range_is_named_with_its_place_and_the_rule(key: str, value: str, rule: str) -> None:
    (fault,) = faults(env={f"AGENT__{key}": value})

    assert fault.startswith(f"agent.{key.lower()} = ")
    assert f"(BROKKR__AGENT__{key})" in fault
    assert rule in fault


@pytest.mark.parametrize(("value", "good"), [("", 1), ("127.0.0.1", 1), ("::1", 1), ("localhost", 0), ("1.2.3", 0)])
def test_an_address_to_listen_on_is_an_ip_address_or_nothing(value: str, good: int) -> None:
    if good:
        assert loaded(AGENT__HEALTH_ADDRESS=value).agent.health_address == value
    else:
        assert "must be an IP address to listen on" in faults(AGENT__HEALTH_ADDRESS=value)[0]


@pytest.mark.parametrize("value", ["true", "'2'", "2.0", "[2]", "{a = 2}", "1979-05-27"])
def test_only_a_whole_number_of_a_file_is_one(tmp_path: Path, value: str) -> None:
    file = toml(tmp_path, f"[agent]\nworkers = {value}\n")
    if value == "'2'":
        assert loaded(file=file).agent.workers == 2
        return

    assert "must be a whole number" in faults(file=file)[0]


@pytest.mark.parametrize("value", ["1", "true", "[]"])
def test_a_text_is_a_text(tmp_path: Path, value: str) -> None:
    assert "must be text" in faults(file=toml(tmp_path, f"[agent]\nagent_name = {value}\n"))[0]


def test_a_number_too_large_for_a_number_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    assert "polling_interval" in faults(file=toml(tmp_path, f"[agent]\npolling_interval = {'9' * 400}\n"))[0]


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = toml(tmp_path, "[agent]\nworkers = 0\nwokers = 1\n[other]\na = 1\n")
    found = faults(file=file, flags={"log.level": "loud"}, AGENT__POLLING_INTERVAL="x")

    assert [fault.split()[0] for fault in found] == [
        "agent.polling_interval",
        "agent.wokers",
        "agent.workers",
        "log.level",
        "other.a",
    ]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("AGENT__WOKERS", "agent.workers"),
        ("AGENT__POLL_INTERVAL", "agent.polling_interval"),
        ("LOGS__LEVEL", "log.level"),
    ],
)
def test_a_misspelt_name_is_told_which_one_is_meant(key: str, meant: str) -> None:
    (fault,) = faults(env={key: "1"})

    assert fault.endswith(f"did you mean {meant}?")


def test_a_name_like_no_other_gets_no_suggestion() -> None:
    assert faults(AGENT__XYZZY="1") == ["agent.xyzzy (BROKKR__AGENT__XYZZY): there is no such setting"]


@pytest.mark.parametrize("text", ["[agent", "agent = 1", "[agent]\na = \n", "\x00", "a = " + "[" * 100_000])
def test_a_file_that_is_no_settings_file_is_named(tmp_path: Path, text: str) -> None:
    file = toml(tmp_path, text)

    assert str(file) in faults(file=file)[0]


@pytest.mark.parametrize("name", ["none.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    assert "cannot be read" in faults(file=tmp_path / name)[0]


def test_bytes_that_are_no_text_are_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_bytes(b"[agent]\nagent_name = '\xff'\n")

    assert "cannot be read" in faults(file=file)[0]


def test_a_pak_and_a_file_with_one_are_one_too_many() -> None:
    (fault,) = faults(AGENT__PAK=PAK, AGENT__PAK_FILE="/etc/pak")

    first, second = "agent.pak = (hidden) (BROKKR__AGENT__PAK)", "agent.pak_file = '/etc/pak' (BROKKR__AGENT__PAK_FILE)"
    assert fault == f"{first} and {second}: give one of them, not both"


def test_a_pak_is_never_shown(tmp_path: Path) -> None:
    found = loaded(AGENT__PAK=PAK)
    wrong_kind = faults(file=toml(tmp_path, f"[agent]\npak = ['{PAK}']\n"))
    wrong_name = faults(AGENT__PAKK=PAK, AGENT__WORKERS="0")

    assert found.agent.pak == PAK
    assert PAK not in repr(found)
    assert PAK not in str([wrong_kind, wrong_name])
    assert "(hidden)" in wrong_kind[0]


def test_a_password_in_the_brokers_url_is_refused_and_not_shown() -> None:
    (fault,) = faults(AGENT__BROKER_URL="https://user:hunter2@broker.example.org")

    assert "hunter2" not in fault
    assert "(hidden)" in fault


@pytest.mark.parametrize(("text", "ids"), [("", ()), ("a", ("a",)), ("a,b", ("a", "b")), (" a , , b ,", ("a", "b"))])
def test_generators_are_separated_by_commas(text: str, ids: tuple[str, ...]) -> None:
    assert AgentSettings(generator_ids=text).generators == ids


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False)])
def test_the_websocket_is_turned_off_and_moved_as_upstream_does_it(text: str, value: bool) -> None:
    environment = {"BROKKR__AGENT__WS_FORCE_REST": text, "BROKKR__AGENT__WS_URL": "wss://broker.example.org/ws"}
    settings = load_settings(environment=environment)

    assert (settings.agent.ws_force_rest, settings.agent.ws_url) == (value, "wss://broker.example.org/ws")


def test_a_websocket_that_cannot_be_dialled_is_a_wrong_setting() -> None:
    address = "https://broker.example.org"

    assert faults(AGENT__WS_FORCE_REST="off", AGENT__WS_URL=address) == [
        "agent.ws_force_rest = 'off' (BROKKR__AGENT__WS_FORCE_REST): must be true or false",
        f"agent.ws_url = {address!r} (BROKKR__AGENT__WS_URL): must be empty, or a whole ws:// or wss:// URL",
    ]
    (fault,) = faults(AGENT__WS_URL="wss://me:hunter2@broker.example.org")
    assert "hunter2" not in fault
    for other in ("ws://", "ws://broker/ws?pak=1", "ws://broker:port/ws", "ws://broker:0/ws"):
        assert len(faults(AGENT__WS_URL=other)) == 1


def test_an_agent_makes_every_change_unless_it_is_told_which() -> None:
    careful = loaded(AGENT__ROLLBACK_ALLOW="exact, value-only")

    assert rules_of(loaded().agent).apply.allow == ALL
    assert rules_of(careful.agent).apply.allow == RESTORABLE
