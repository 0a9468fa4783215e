"""A fake broker, a front before it, an agent's channel over both, and the exchange that proves that all is well."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from brokkr_core.broker import BrokerClient, FilePak, Pak, TlsFiles
from brokkr_core.broker.channel import BrokerChannel, ChannelDown, ChannelLimits, Reason
from brokkr_core.model.broker import HeartbeatReport, Stack
from brokkr_core.testing.broker import EmbeddedBroker
from channel_front import Front
from channel_support import QUICK, Heard
from stage_support import wait_for

#: Short, so that a dead line is noticed soon, and long enough for a machine that has other things to do.
SHORT = ChannelLimits(
    incoming_bytes=64 * 1024,
    connect_seconds=1.5,
    ping_seconds=0.3,
    pong_seconds=1.5,
    write_seconds=2.0,
    close_seconds=0.3,
    look_spacing_seconds=0.02,
)


class CountedPaks:
    """A PAK, or a file that holds it, and how often somebody asked for it."""

    def __init__(self, pak: Pak, file: Path | None) -> None:
        self.pak_now = pak
        self.asked = 0
        self._file = FilePak(file) if file is not None else None
        if file is not None:
            file.write_text(pak.reveal())

    def pak(self) -> Pak:
        self.asked += 1
        return self.pak_now if self._file is None else self._file.pak()


@frozen(kw_only=True)
class Scene:
    """Everything of one test."""

    broker: EmbeddedBroker
    operator: BrokerClient
    front: Front
    channel: BrokerChannel
    heard: Heard
    source: CountedPaks
    agent_id: str
    stack: Stack

    def post(self) -> None:
        """Post an object of the agent's stack, which is pushed."""
        self.operator.stacks.deployment_objects.create(self.stack.id, "a: 1\n")

    def exchange(self) -> None:
        """Hear a push and say a heartbeat: both directions work."""
        wait_for(lambda: self.channel.state.phase == "up" and self.agent_id in self.broker.connected, "the line")
        before = len(self.heard.looks)
        self.post()

        def pushed(heard: Heard) -> bool:
            return any(Reason.STACK_CHANGED in look for look in heard.looks[before:])

        self.heard.wait(pushed, "the push of a posted object")
        said = len(self.broker.frames)
        assert self.channel.offer(HeartbeatReport(k8s_reachable=True, k8s_api_latency_ms=7))
        wait_for(lambda: any(frame.kind == "heartbeat" for frame in self.broker.frames[said:]), "the heartbeat")

    def downs(self) -> list[ChannelDown]:
        return [event for event in self.heard.events if isinstance(event, ChannelDown)]


@contextmanager
def set_up(
    *,
    limits: ChannelLimits = SHORT,
    pak_file: Path | None = None,
    server_tls: ssl.SSLContext | None = None,
    tls: TlsFiles | None = None,
) -> Iterator[Scene]:
    """Start everything and wait for the first line; with ``pak_file`` the PAK is written there and read from there."""
    with EmbeddedBroker(tls=server_tls) as broker, plain(broker, tls) as operator, Front(broker.url) as front:
        generator = operator.generators.create("tests").generator
        issued = operator.agents.create("edge", "cluster", generator_ids=[generator.id])
        stack = operator.stacks.create("web", generator_id=generator.id)
        operator.agents.targets.add(issued.agent.id, stack.id)
        heard, source = Heard(), CountedPaks(issued.pak, pak_file)
        channel = BrokerChannel.connect(
            front.url,
            agent_id=issued.agent.id,
            pak=source,
            on_look=heard.look,
            observe=heard.event,
            tls=tls,
            limits=limits,
            reconnect=QUICK,
        )
        with channel:
            scene = Scene(
                broker=broker,
                operator=operator,
                front=front,
                channel=channel,
                heard=heard,
                source=source,
                agent_id=issued.agent.id,
                stack=stack,
            )
            heard.wait_look(Reason.CONNECTED)
            wait_for(lambda: broker.sockets, "the broker to know of the line, which the agent's side sees first")
            yield scene


def plain(broker: EmbeddedBroker, tls: TlsFiles | None) -> BrokerClient:
    ca_file = tls.ca_file if tls is not None else None
    return BrokerClient.connect(broker.url, pak=broker.admin_pak, ca_file=ca_file)
