"""The PAK of a running agent is rotated from the command line, and the agent goes on without a pause."""

from __future__ import annotations

import subprocess
from pathlib import Path

from brokkr_core.broker import FilePak
from command_support import command
from stage_support import Play, config_map, playing, wait_for


def rotate(play: Play, pak_file: Path) -> subprocess.CompletedProcess[str]:
    return command("rotate-pak", "--broker-url", play.stage.broker_url, "--pak-file", str(pak_file))


def test_a_running_agent_goes_on_with_the_pak_that_was_rotated_beside_it(tmp_path: Path) -> None:
    pak_file = tmp_path / "pak"
    with playing(tmp_path) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        old = FilePak(pak_file).pak()

        done = rotate(play, pak_file)

        new = FilePak(pak_file).pak()
        assert (done.returncode, new == old) == (0, False), done.stderr
        assert f"{new.public_part}_… is in {pak_file} in the place of {old.public_part}_…" in done.stdout
        assert play.event(play.post(config_map("two"))).status == "SUCCESS"
        assert play.stage.agent_alive
        assert play.stage.stop_agent() == 0
        said = done.stdout + done.stderr + play.log
        assert not any(pak.reveal().rpartition("_")[2] in said for pak in (old, new))


def test_a_pak_that_the_broker_does_not_know_is_told_once_and_not_used(tmp_path: Path) -> None:
    pak_file = tmp_path / "pak"
    with playing(tmp_path) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        pak_file.write_text("brokkr_BRwrong11_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1")
        wait_for(lambda: "what is there now is not used" in play.log, f"a warning; log:\n{play.log}")
        assert play.event(play.post(config_map("two"))).status == "SUCCESS"
        assert play.log.count("what is there now is not used") == 1
        assert "brokkr_BRwrong11_…" in play.log


def test_rotating_without_a_file_or_a_broker_is_refused_in_one_line(tmp_path: Path) -> None:
    bare = command("rotate-pak", "--broker-url", "http://127.0.0.1:9")
    assert (bare.returncode, bare.stderr.count("\n")) == (2, 1)
    assert "agent.pak_file is not set" in bare.stderr

    pak_file = tmp_path / "pak"
    pak_file.write_text("brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1")
    away = command("rotate-pak", "--broker-url", "http://127.0.0.1:9", "--pak-file", str(pak_file))
    assert (away.returncode, away.stderr.count("\n")) == (3, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pak"]
