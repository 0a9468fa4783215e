"""What a reload changes, what it leaves alone, and that it is all or nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from brokkr_agent.change import difference, held_back
from brokkr_agent.config import SETTINGS, Settings
from brokkr_agent.configuration import Configuration, Standing
from brokkr_agent.consistency import RULES
from brokkr_agent.load import Source, load_settings
from brokkr_agent.settings import Applies
from brokkr_core.errors import ConfigError
from reload_support import Clock, configured

PAK = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"
OTHER_PAK = "brokkr_BRzyxwvu_8wK7p9Zx6n2n9hr4R1zYXdAt3e5Jp7Lq2"


@pytest.fixture
def log() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def settings(**given: object) -> Settings:
    return load_settings(environment={}, flags={f"agent.{key}": value for key, value in given.items()})


def test_a_difference_names_every_setting_that_differs_and_no_other() -> None:
    found = difference(settings(workers=1), settings(workers=2, namespace="x"))

    assert [one.document() for one in found] == [
        {"key": "agent.namespace", "old": "", "new": "x", "applies": "restart"},
        {"key": "agent.workers", "old": 1, "new": 2, "applies": "next"},
    ]
    assert difference(settings(workers=1), settings(workers=1)) == ()


def test_a_secret_that_changed_is_named_and_not_shown() -> None:
    (found,) = difference(settings(pak=PAK), settings(pak=OTHER_PAK))

    assert found.document() == {"key": "agent.pak", "old": "(hidden)", "new": "(hidden)", "applies": "restart"}


def test_only_what_waits_for_a_restart_is_held_back() -> None:
    values = {str: "x", bool: False, int: 7, float: 7.0}
    section = {key.partition(".")[2]: one for key, one in SETTINGS.items() if key.startswith("agent.")}
    new = Settings()
    for name, one in section.items():
        object.__setattr__(new.agent, name, values[type(one.default)])
    kept = held_back(Settings(), new)

    for name, one in section.items():
        restart = one.applies is Applies.RESTART
        assert getattr(kept.agent, name) == (one.default if restart else values[type(one.default)]), name


def test_settings_that_must_not_contradict_each_other_change_together() -> None:
    """Else a reload could put a contradiction in force: one half of it now, the other after a restart."""
    for rule in RULES:
        assert len({SETTINGS[key].applies is Applies.RESTART for key in rule.keys}) == 1, rule.keys


def test_a_reload_puts_everything_in_force_that_can_be_and_tells_the_rest(
    tmp_path: Path, log: list[structlog.typing.EventDict]
) -> None:
    clock, file = Clock(), tmp_path / "agent.toml"
    configuration = configured(file, "[agent]\nworkers = 1\n", clock)
    before = configuration.now
    assert configuration.standing == Standing(success_at=1000.0)

    clock.now = 2000.0
    file.write_text("[agent]\nworkers = 2\nnamespace = 'x'\n[log]\nlevel = 'debug'\n")
    done = configuration.reload(cause="test")

    now = configuration.now
    assert (now.agent.workers, now.agent.namespace, now.log.level) == (2, "", "debug")
    assert before.agent.workers == 1, "who holds the old ones goes on by them"
    assert now.origins == {"agent.workers": str(file), "log.level": str(file)}
    assert [one.key for one in done.changes] == ["agent.namespace", "agent.workers", "log.level"]
    assert (done.ok, done.generation, done.restart_required) == (True, 2, ("agent.namespace",))
    assert configuration.standing == Standing(
        generation=2,
        success_at=2000.0,
        reloads={"success": 1, "failure": 0},
        restart_required=("agent.namespace",),
    )
    assert [(line["log_level"], line.get("changed"), line.get("settings")) for line in log] == [
        ("info", ["agent.workers", "log.level"], None),
        ("warning", None, ["agent.namespace"]),
    ]


def test_what_waits_for_a_restart_does_so_no_more_when_it_is_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    configuration = configured(file, "")
    file.write_text("[agent]\nnamespace = 'x'\n")
    assert configuration.reload(cause="test").generation == 1, "nothing in force has changed"
    waits = [configuration.standing.restart_required]
    file.write_text("")
    assert configuration.reload(cause="test").changes == ()
    waits.append(configuration.standing.restart_required)

    assert waits == [("agent.namespace",), ()]


def test_when_anything_is_wrong_nothing_changes_and_all_of_it_is_told(
    tmp_path: Path, log: list[structlog.typing.EventDict]
) -> None:
    clock, file = Clock(), tmp_path / "agent.toml"
    configuration, heard = configured(file, "[agent]\nworkers = 1\n", clock), list[object]()
    configuration.subscribe(lambda *states: heard.append(states))
    clock.now = 2000.0
    file.write_text("[agent]\nworkers = 2\nwokers = 2\npolling_interval = 0\n")
    done = configuration.reload(cause="test")

    assert [fault.split(" ")[0] for fault in done.faults] == ["agent.polling_interval", "agent.wokers"]
    assert (configuration.now.agent.workers, heard, done.ok, done.generation) == (1, [], False, 1)
    assert configuration.standing == Standing(successful=False, success_at=1000.0, reloads={"success": 0, "failure": 1})
    assert log[0]["faults"] == list(done.faults)

    file.write_text("[agent]\nworkers = 3\n")
    assert configuration.reload(cause="test").ok
    assert configuration.now.agent.workers == 3
    assert configuration.standing.successful


def test_a_dry_run_tells_everything_and_changes_nothing(tmp_path: Path, log: list[structlog.typing.EventDict]) -> None:
    file = tmp_path / "agent.toml"
    configuration = configured(file, "")
    now, standing = configuration.now, configuration.standing
    file.write_text("[agent]\nworkers = 2\n")
    done = configuration.reload(cause="test", dry_run=True)
    file.write_text("[agent]\nworkers = 0\n")
    bad = configuration.reload(cause="test", dry_run=True)

    assert ([one.key for one in done.changes], done.generation, done.dry_run) == (["agent.workers"], 1, True)
    assert len(bad.faults) == 1
    assert (configuration.now, configuration.standing, log) == (now, standing, [])
    assert configuration.stale()


def test_flags_and_environment_go_on_to_win(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    configuration = configured(file, "[agent]\nworkers = 1\n", workers=5)
    file.write_text("[agent]\nworkers = 2\nprune_workers = 2\n")
    configuration.reload(cause="test")

    assert (configuration.now.agent.workers, configuration.now.agent.prune_workers) == (5, 2)


def test_listeners_hear_of_what_was_and_what_is_and_only_when_it_differs(tmp_path: Path) -> None:
    file, heard = tmp_path / "agent.toml", list[tuple[int, int]]()
    configuration = configured(file, "[agent]\nworkers = 1\n")
    configuration.subscribe(lambda old, new: heard.append((old.agent.workers, new.agent.workers)))
    for number in (1, 2, 2, 3):
        file.write_text(f"[agent]\nworkers = {number}\n")
        configuration.reload(cause="test")

    assert heard == [(1, 2), (2, 3)]


def test_who_cannot_take_the_new_settings_on_brings_the_old_ones_back_for_all(
    tmp_path: Path, log: list[structlog.typing.EventDict]
) -> None:
    file, heard = tmp_path / "agent.toml", list[tuple[str, int]]()
    configuration = configured(file, "[agent]\nworkers = 1\n")

    def fail(_old: Settings, new: Settings) -> None:
        heard.append(("second", new.agent.workers))
        if new.agent.workers == 2:
            raise RuntimeError("a bug")

    configuration.subscribe(lambda _old, new: heard.append(("first", new.agent.workers)))
    configuration.subscribe(fail)
    configuration.subscribe(lambda _old, new: heard.append(("third", new.agent.workers)))
    file.write_text("[agent]\nworkers = 2\n")
    done = configuration.reload(cause="test")

    assert heard == [("first", 2), ("second", 2), ("second", 1), ("first", 1)]
    assert done.faults == ("the agent itself failed: RuntimeError",)
    assert configuration.now.agent.workers == 1
    assert (configuration.standing.generation, configuration.standing.successful) == (1, False)
    assert [line["log_level"] for line in log] == ["error", "error"]


def test_two_reloads_never_run_at_once(tmp_path: Path) -> None:
    file, inside, most = tmp_path / "agent.toml", list[str](), list[int]()
    configuration = configured(file, "")

    def slowly(_old: Settings, _new: Settings) -> None:
        inside.append("one")
        most.append(len(inside))
        file.write_text(f"[agent]\nworkers = {len(most) % 60 + 1}\n")
        threading.Event().wait(0.001)
        inside.pop()

    configuration.subscribe(slowly)
    file.write_text("[agent]\nworkers = 60\n")
    threads = [threading.Thread(target=configuration.reload, kwargs={"cause": "test"}) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert {*most} == {1}
    assert configuration.standing.reloads == {"success": 20, "failure": 0}


def test_an_agent_does_not_start_by_settings_that_are_wrong(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[agent]\nworkers = 0\n")
    with pytest.raises(ConfigError):
        Configuration(Source(file=file))
