"""Following a stack over a real line that breaks, stalls and comes back."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.broker.channel import ChannelDown, ChannelUp, Phase, follow_stack
from brokkr_core.model.stream import PodLogLine, Told
from channel_stage import SHORT, Scene, set_up
from channel_support import QUICK, log_line
from stage_support import wait_for


def next_told(items: Iterator[object], scene: Scene, text: str) -> str:
    """Let the agent write a line, and return the next one that is heard."""
    assert scene.channel.offer(log_line(text, scene.stack.id))
    told = next(one for one in items if isinstance(one, Told))
    assert isinstance(told.what, PodLogLine)
    return told.what.line


def test_a_tail_comes_back_after_whatever_happens_to_its_line() -> None:
    with set_up() as scene:
        pak = scene.broker.admin_pak
        with follow_stack(scene.broker.url, scene.stack.id, pak=pak, limits=SHORT, reconnect=QUICK) as tail:
            items = iter(tail)
            assert isinstance(next(items), ChannelUp)
            assert next_told(items, scene, "one") == "one"
            tails = [socket for socket in scene.broker.sockets if socket is not scene.broker.sockets[0]]
            tails[0].cut()
            assert isinstance(next(items), ChannelDown)
            assert isinstance(next(items), ChannelUp)
            assert next_told(items, scene, "two") == "two"
            scene.broker.sockets[-1].half_open()
            down = next(items)
            assert isinstance(down, ChannelDown)
            assert "no sign of life" in str(down.error)
            assert isinstance(next(items), ChannelUp)
            scene.broker.stop()
            assert isinstance(next(items), ChannelDown)
            scene.broker.start()
            next(one for one in items if isinstance(one, ChannelUp))
            wait_for(lambda: scene.channel.state.phase is Phase.UP, "the agent's own line")
            assert next_told(items, scene, "three") == "three"
