"""A rotation step by step: what is durable when, what an answer means, and how an interrupted one is settled."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from broker_support import AGENT, AGENT_JSON, LONG_TOKEN, NEWER_LONG_TOKEN, NEWER_PAK, OTHER, PAK, down, empty, no, ok
from brokkr_core.broker import Pak
from brokkr_core.broker.credentials.rotation import (
    CACHE_SECONDS,
    Recovery,
    Rotated,
    RotatedFilePak,
    recover_pak,
    rotate_pak,
)
from brokkr_core.broker.credentials.vault import Intent, PakVault
from brokkr_core.errors import (
    BrokerAuthError,
    BrokerError,
    BrokerUnreachableError,
    BrokkrError,
    ConfigError,
    DecodeError,
    NotABrokerError,
    UsageError,
)
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject

NOW = 1_800_000_000.0
ISSUED = ok({"agent": AGENT_JSON, "pak": NEWER_PAK})


class Broker:
    """Knows some PAKs, and answers a rotation as it is told to."""

    def __init__(self) -> None:
        self.knows = {PAK: AGENT}
        self.answer: Response | BrokerUnreachableError = ISSUED
        self.rotates = True
        self.asked: list[str] = []
        self.on_rotate: Callable[[], None] = lambda: None

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        self.asked.append(request.path.rpartition("/")[2])
        pak = request.headers["authorization"].removeprefix("Bearer ")
        if pak not in self.knows:
            return empty(401)
        if not request.path.endswith("/rotate-pak"):
            identity: JsonObject = {"admin": False, "agent": self.knows[pak], "generator": None, "readonly": False}
            return ok(identity)
        self.on_rotate()
        if self.rotates:
            self.knows = {NEWER_PAK: self.knows[pak]}
        if isinstance(self.answer, BrokerUnreachableError):
            raise self.answer
        return self.answer

    def close(self) -> None:
        """Nothing to give back."""


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def pak_file(tmp_path: Path) -> Path:
    path = tmp_path / "pak"
    path.write_text(PAK)
    return path


def rotate(pak_file: Path, broker: Broker, now: float = NOW) -> Rotated:
    return rotate_pak(pak_file, broker, now=lambda: now)


def recover(pak_file: Path, broker: Broker, seconds_later: float = CACHE_SECONDS + 1) -> Recovery:
    return recover_pak(pak_file, broker, now=lambda: NOW + seconds_later)


def beside(pak_file: Path) -> list[str]:
    return sorted(path.name for path in pak_file.parent.iterdir() if path != pak_file)


def test_a_rotation_replaces_the_file_and_leaves_nothing_behind(pak_file: Path, broker: Broker) -> None:
    rotated = rotate(pak_file, broker)
    assert rotated == Rotated(agent_id=AGENT, old="brokkr_BRabcdef", new="brokkr_BRnewer1")
    assert pak_file.read_text() == f"{NEWER_PAK}\n"
    assert pak_file.stat().st_mode & 0o777 == 0o600
    assert beside(pak_file) == []
    assert broker.asked == ["pak", "rotate-pak", "pak"]
    assert NEWER_LONG_TOKEN not in repr(rotated)


def test_each_step_is_on_the_disk_before_the_next(
    pak_file: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, rename, unlink = os.fsync, os.rename, os.unlink

    def logged_sync(descriptor: int) -> None:
        steps.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).relative_to(pak_file.parent)}")
        sync(descriptor)

    def logged_rename(old: Path, new: Path) -> None:
        steps.append(f"rename {old.name} {new.name}")
        rename(old, new)

    def logged_unlink(path: Path) -> None:
        steps.append(f"unlink {path.name}")
        unlink(path)

    monkeypatch.setattr(os, "fsync", logged_sync)
    monkeypatch.setattr(os, "rename", logged_rename)
    monkeypatch.setattr(os, "unlink", logged_unlink)
    broker.on_rotate = lambda: steps.append("ask")
    rotate(pak_file, broker)
    assert steps == [
        *("sync .pak.next", "sync .pak.draft", "rename .pak.draft .pak.rotating", "sync ."),
        *("ask", "sync .pak.next", "rename .pak.next pak", "sync ."),
        *("unlink .pak.next", "sync .", "unlink .pak.draft", "sync .", "unlink .pak.rotating", "sync ."),
    ]


def test_a_lost_answer_is_told_and_nothing_is_deleted(pak_file: Path, broker: Broker) -> None:
    broker.answer = down(sent=True)
    with pytest.raises(BrokerUnreachableError):
        rotate(pak_file, broker)
    for _ in range(2):
        with pytest.raises(BrokerAuthError, match="the answer was lost") as caught:
            recover(pak_file, broker)
        assert "let an admin rotate" in str(caught.value)
        assert LONG_TOKEN not in str(caught.value)
    assert pak_file.read_text() == PAK
    assert beside(pak_file) == [".pak.next", ".pak.rotating"]

    pak_file.write_text(NEWER_PAK)
    assert recover(pak_file, broker, seconds_later=1) is Recovery.DONE
    assert beside(pak_file) == []


@pytest.mark.parametrize("answer", [down(sent=True), empty(500), Response(status=502), Response(status=200), ok({})])
def test_without_a_good_answer_nothing_is_concluded_until_no_cache_can_speak_for_the_old_pak(
    pak_file: Path, broker: Broker, answer: Response | BrokerUnreachableError
) -> None:
    broker.answer, broker.rotates = answer, False
    with pytest.raises((BrokerError, DecodeError, BrokerUnreachableError)):
        rotate(pak_file, broker)
    assert recover(pak_file, broker, seconds_later=1) is Recovery.OPEN
    with pytest.raises(UsageError, match="settled 60 s after it"):
        rotate(pak_file, broker, now=NOW + 1)
    assert recover(pak_file, broker) is Recovery.UNDONE
    assert beside(pak_file) == []
    assert broker.asked.count("rotate-pak") == 1


@pytest.mark.parametrize("answer", [down(sent=False), no(403, "agent_pak_mismatch"), no(404, "agent_not_found")])
def test_a_refusal_ends_the_rotation_at_once(
    pak_file: Path, broker: Broker, answer: Response | BrokerUnreachableError
) -> None:
    broker.answer, broker.rotates = answer, False
    with pytest.raises((BrokerError, BrokerUnreachableError)):
        rotate(pak_file, broker)
    assert beside(pak_file) == []
    assert pak_file.read_text() == PAK


def test_a_new_pak_that_could_not_be_checked_is_put_in_place_later(pak_file: Path, broker: Broker) -> None:
    sends = broker.send

    def break_after(request: Request, *, timeout_seconds: float) -> Response:
        if len(broker.asked) == 2:
            raise down(sent=True)
        return sends(request, timeout_seconds=timeout_seconds)

    broker.send = break_after  # type: ignore[method-assign]
    with pytest.raises(BrokerUnreachableError):
        rotate(pak_file, broker)
    assert pak_file.read_text() == PAK
    broker.send = sends  # type: ignore[method-assign]
    assert recover(pak_file, broker, seconds_later=1) is Recovery.DONE
    assert pak_file.read_text() == f"{NEWER_PAK}\n"


def test_a_pak_of_another_agent_is_never_put_in_place(pak_file: Path, broker: Broker) -> None:
    broker.on_rotate = lambda: broker.knows.update({PAK: OTHER})
    with pytest.raises(NotABrokerError, match="another agent"):
        rotate(pak_file, broker)
    assert pak_file.read_text() == PAK


def test_only_an_agents_pak_is_rotated(pak_file: Path, broker: Broker) -> None:
    broker.knows = {PAK: ""}
    send = broker.send

    def admin(request: Request, *, timeout_seconds: float) -> Response:
        send(request, timeout_seconds=timeout_seconds)
        return ok({"admin": True, "agent": None, "generator": None, "readonly": False})

    broker.send = admin  # type: ignore[method-assign]
    with pytest.raises(UsageError, match="only an agent's PAK"):
        rotate(pak_file, broker)
    assert beside(pak_file) == []


def test_an_unknown_pak_is_not_rotated(pak_file: Path, broker: Broker) -> None:
    broker.knows = {}
    with pytest.raises(BrokerAuthError, match="the PAK is unknown"):
        rotate(pak_file, broker)
    assert broker.asked == ["pak"]


def unfit(pak_file: Path, how: str) -> None:
    if how == "link":
        pak_file.rename(pak_file.with_name("real"))
        pak_file.symlink_to("real")
    elif how == "missing":
        pak_file.unlink()
    else:
        pak_file.with_name(".pak.next").mkdir()


@pytest.mark.parametrize("how", ["link", "missing", "in the way"])
def test_a_file_that_is_not_fit_is_told_before_the_broker_is_asked_to_rotate(
    pak_file: Path, broker: Broker, how: str
) -> None:
    unfit(pak_file, how)
    with pytest.raises(ConfigError, match="PAK file"):
        rotate(pak_file, broker)
    assert "rotate-pak" not in broker.asked


def test_two_at_once_do_not_rotate(pak_file: Path, broker: Broker) -> None:
    second: list[BrokkrError] = []

    def again() -> None:
        with pytest.raises(ConfigError, match="another process is rotating") as caught:
            rotate(pak_file, Broker())
        second.append(caught.value)

    broker.on_rotate = again
    rotate(pak_file, broker)
    assert len(second) == 1


def test_a_file_without_an_interrupted_rotation_costs_no_request(pak_file: Path, broker: Broker) -> None:
    assert recover(pak_file, broker) is Recovery.NOTHING
    assert not PakVault(pak_file).rotating
    assert broker.asked == []


def test_a_running_agent_settles_what_a_dead_process_left(pak_file: Path, broker: Broker) -> None:
    source = RotatedFilePak(pak_file, broker)
    assert source.pak().reveal() == PAK
    assert broker.asked == []
    vault = PakVault(pak_file)
    vault.begin(Intent(agent_id=AGENT, old="brokkr_BRabcdef", began=NOW))
    vault.keep(Pak(text=NEWER_PAK))
    broker.knows = {NEWER_PAK: AGENT}
    assert source.pak().reveal() == NEWER_PAK
    assert beside(pak_file) == []


def test_while_another_process_rotates_the_agent_goes_on_with_the_file(pak_file: Path, broker: Broker) -> None:
    read: list[str] = []
    broker.on_rotate = lambda: read.append(RotatedFilePak(pak_file, Broker()).pak().reveal())
    rotate(pak_file, broker)
    assert read == [PAK]


def test_a_lost_pak_is_told_to_the_agent_with_what_to_do(pak_file: Path, broker: Broker) -> None:
    broker.answer = down(sent=True)
    with pytest.raises(BrokerUnreachableError):
        rotate(pak_file, broker)
    with pytest.raises(ConfigError, match="let an admin rotate"):
        RotatedFilePak(pak_file, broker).pak()


@pytest.mark.parametrize("path", ["", "/", "."])
def test_a_path_that_names_no_file_is_told(broker: Broker, path: str) -> None:
    with pytest.raises(ConfigError, match="PAK file"):
        rotate_pak(path, broker)
    with pytest.raises(ConfigError, match="PAK"):
        RotatedFilePak(path, broker).pak()
