"""How much of everything one channel uses, and how long it waits for what."""

from __future__ import annotations

from attrs import fields, frozen

from brokkr_core.errors import UsageError

KIBIBYTE = 1024


@frozen(kw_only=True)
class ChannelLimits:
    """Bounds of one channel; no queue and no wait is without one. Times are in seconds.

    Args:
        control_frames: heartbeats, events and health reports that may wait to be sent.
        telemetry_frames: Kubernetes events and log lines that may wait to be sent.
        lane_bytes: and how many bytes may wait in each of these two lanes.
        frame_bytes: how large one frame to the broker may be.
        incoming_bytes: how large one frame from the broker may be; a work order brings up to 2 MiB of YAML.
        connect_seconds: how long connecting may take, TLS and upgrade included.
        ping_seconds: a line on which so long nothing was asked is asked for a sign of life.
        pong_seconds: how long that sign may take.
        write_seconds: how long one frame may take to leave this machine.
        close_seconds: how long a polite goodbye may take.
        look_spacing_seconds: between two calls of ``on_look``, however many pushes arrive.

    Raises:
        UsageError: a number is not above zero.
    """

    control_frames: int = 256
    telemetry_frames: int = 1024
    lane_bytes: int = 4 * KIBIBYTE * KIBIBYTE
    frame_bytes: int = 256 * KIBIBYTE
    incoming_bytes: int = 4 * KIBIBYTE * KIBIBYTE
    connect_seconds: float = 10.0
    ping_seconds: float = 20.0
    pong_seconds: float = 10.0
    write_seconds: float = 20.0
    close_seconds: float = 2.0
    look_spacing_seconds: float = 1.0

    def __attrs_post_init__(self) -> None:
        for one in fields(type(self)):
            value = getattr(self, one.name)
            if not 0 < value < float("inf"):
                raise UsageError(f"ChannelLimits.{one.name} is {value}; it has to be above 0, and finite")
