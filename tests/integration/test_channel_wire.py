"""The channel on a real line: TLS, rotated PAKs, a peer that reads nothing, and secrets that stay where they are."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest
import trustme
from attrs import evolve

from brokkr_core.broker import TlsFiles
from brokkr_core.broker.channel import BrokerChannel, ChannelDown, ChannelUp, Phase
from brokkr_core.errors import BrokerAuthError, BrokerUnreachableError
from brokkr_core.model.http import Response
from brokkr_core.testing.broker import EmbeddedBroker, LineFault
from channel_front import silence
from channel_stage import SHORT, set_up
from channel_support import QUICK, Heard, log_line
from kubeconfig_support import server_context
from stage_support import wait_for

AUTHORITY = trustme.CA()


@pytest.fixture
def tls(tmp_path: Path) -> TlsFiles:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return TlsFiles(ca_file=str(tmp_path / "ca.pem"))


def test_a_private_authority_is_trusted_when_named(tls: TlsFiles) -> None:
    with set_up(server_tls=server_context(AUTHORITY, "127.0.0.1"), tls=tls) as scene:
        scene.exchange()
        scene.broker.sockets[-1].cut()
        scene.heard.wait_events(ChannelUp, times=2)
        scene.exchange()


def test_a_file_that_is_replaced_counts_from_the_next_dial_on(tls: TlsFiles, tmp_path: Path) -> None:
    with set_up(server_tls=server_context(AUTHORITY, "127.0.0.1"), tls=tls) as scene:
        (tmp_path / "ca.pem").write_text("half of it")
        scene.broker.sockets[-1].cut()
        scene.heard.wait_events(ChannelDown, times=2)
        AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        scene.exchange()

        assert "CA bundle" in str(scene.downs()[1].error)
        assert scene.channel.state.phase is Phase.UP


def test_an_unknown_authority_is_refused_before_anything_is_sent() -> None:
    heard = Heard()
    with EmbeddedBroker(tls=server_context(AUTHORITY, "127.0.0.1")) as broker:
        channel = BrokerChannel.connect(
            broker.url, agent_id="x", pak=broker.admin_pak, on_look=heard.look, observe=heard.event, reconnect=QUICK
        )
        with channel:
            down = heard.wait_events(ChannelDown)[0]

    assert type(down.error) is BrokerUnreachableError
    assert "CERTIFICATE_VERIFY_FAILED" in str(down.error)
    assert not down.error.sent


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_a_peer_that_reads_nothing_is_noticed_while_a_frame_hangs(secure: bool, tls: TlsFiles) -> None:
    server_tls = server_context(AUTHORITY, "127.0.0.1") if secure else None
    limits = evolve(SHORT, ping_seconds=60.0, pong_seconds=60.0, write_seconds=0.5)
    with set_up(limits=limits, server_tls=server_tls, tls=tls if secure else None) as scene:
        scene.front.stall()
        big = log_line("x" * 200_000)
        started = time.monotonic()
        wait_for(lambda: (scene.channel.offer(big) and scene.downs()) or scene.downs(), "the hanging write")
        took = time.monotonic() - started
        scene.front.flow()
        scene.heard.wait_events(ChannelUp, times=2)
        scene.exchange()

        assert "the other side reads nothing" in str(scene.downs()[0].error)
        assert took < 5.0
        assert scene.channel.state.dropped["telemetry"] > 0, (
            "the lane was full, so lines were counted as lost and not kept"
        )


def test_a_close_while_a_frame_hangs_takes_a_bounded_time() -> None:
    limits = evolve(SHORT, ping_seconds=60.0, write_seconds=60.0)
    with set_up(limits=limits) as scene:
        scene.front.stall()
        wait_for(lambda: not scene.channel.offer(log_line("x" * 200_000)), "the lane to be full")
        started = time.monotonic()

        assert scene.channel.close(timeout_seconds=0.3)
        assert time.monotonic() - started < 5.0


def test_a_close_in_the_middle_of_a_dial_is_told_and_the_dial_ends_by_itself() -> None:
    with set_up(limits=evolve(SHORT, connect_seconds=1.5, close_seconds=0.05)) as scene:
        scene.front.plan(silence)
        scene.broker.sockets[-1].cut()
        scene.heard.wait_events(ChannelDown)
        wait_for(lambda: not scene.front.planned, "the next dial")

        assert not scene.channel.close(timeout_seconds=0.05)
        wait_for(lambda: scene.channel.state.phase is Phase.CLOSED, "the dial to end")


def test_a_rotated_pak_in_a_file_is_picked_up_and_the_line_is_up_again(tmp_path: Path) -> None:
    with set_up(pak_file=tmp_path / "pak") as scene:
        rotated = scene.operator.agents.rotate(scene.agent_id)
        scene.heard.wait(lambda _: scene.channel.state.phase is Phase.REFUSED, "the refusal")
        (tmp_path / "pak").write_text(rotated.pak.reveal())
        scene.heard.wait_events(ChannelUp, times=2)
        scene.exchange()

        assert {type(down.error) for down in scene.downs()} == {BrokerUnreachableError, BrokerAuthError}


def test_a_pak_that_stays_refused_is_not_hammered() -> None:
    with set_up() as scene:
        scene.operator.agents.rotate(scene.agent_id)
        started = time.monotonic()
        scene.heard.wait_events(ChannelDown, times=6)
        seconds = time.monotonic() - started
        refusals = [down for down in scene.downs() if isinstance(down.error, BrokerAuthError)]

        assert all(down.retry_seconds >= QUICK.refused_seconds / 2 for down in refusals)
        assert len(refusals) <= 1 + seconds / (QUICK.refused_seconds / 2)
        assert scene.source.asked <= 2 + 2 * len(refusals)


def test_a_deleted_agent_is_refused() -> None:
    with set_up() as scene:
        scene.operator.agents.delete(scene.agent_id)
        scene.heard.wait(lambda _: scene.channel.state.phase is Phase.REFUSED, "the refusal")

    assert scene.channel.state.phase is Phase.CLOSED


def test_a_redirect_is_not_followed_and_the_pak_does_not_travel() -> None:
    with set_up() as scene, EmbeddedBroker() as elsewhere:
        goal = elsewhere.url.replace("http", "ws") + "/internal/ws/agent"
        scene.broker.line_plan.add(LineFault(refuse=Response(status=307, headers={"location": goal})))
        scene.broker.sockets[-1].cut()
        scene.heard.wait_events(ChannelDown, times=2)
        scene.exchange()

        assert "which is not followed" in str(scene.downs()[1].error)
        assert elsewhere.requests == ()
        assert elsewhere.connected == ()


def test_pushes_that_get_lost_harm_nothing_and_a_new_line_is_a_reason_to_look() -> None:
    with set_up() as scene:
        scene.broker.line_plan.add(LineFault(drop_pushes=True))
        scene.broker.sockets[-1].cut()
        scene.heard.wait_events(ChannelUp, times=2)
        scene.post()
        scene.broker.sockets[-1].close(1001)
        scene.heard.wait_events(ChannelUp, times=3)
        scene.exchange()


def test_neither_the_pak_nor_a_log_line_is_in_any_log_or_event(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with set_up() as scene:
        assert scene.channel.offer(log_line("s3cret line"))
        scene.exchange()
        scene.operator.agents.rotate(scene.agent_id)
        scene.heard.wait(lambda _: scene.channel.state.phase is Phase.REFUSED, "the refusal")
        told = f"{scene.heard.events!r} {scene.channel.state!r} " + " ".join(map(str, scene.heard.events))
        secret = scene.source.pak_now.reveal().rpartition("_")[2]

    assert len(secret) > 20
    for text in (told, caplog.text):
        assert secret not in text
        assert "s3cret line" not in text


def test_a_dead_line_is_noticed_within_the_time_that_the_limits_say() -> None:
    with set_up() as scene:
        scene.front.stall()
        started = time.monotonic()
        scene.heard.wait_events(ChannelDown)
        took = time.monotonic() - started

        # The rest is for a machine that has other things to do.
        allowed = max(SHORT.ping_seconds + SHORT.pong_seconds, SHORT.write_seconds) + SHORT.close_seconds
        assert took < allowed + 10.0
        assert "no sign of life for 1.5 s" in str(scene.downs()[0].error)
        scene.front.flow()
