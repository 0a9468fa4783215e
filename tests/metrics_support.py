"""Everything an agent exports, family by family, as the code declares it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from brokkr_agent.audit.trail import Tally
from brokkr_agent.configuration import Standing
from brokkr_agent.crew import Crowd
from brokkr_agent.lines import Side
from brokkr_agent.metrics import Families, Ledger, Readings
from brokkr_agent.metrics.families import PREFIX
from brokkr_agent.metrics.readings import ComponentReading
from brokkr_agent.vitals import Vitals
from brokkr_core.broker import PoolMetrics
from brokkr_core.broker.channel import ChannelState, Phase
from brokkr_core.broker.expiry import Expiry
from brokkr_core.broker.patience import Patience, PatiencePolicy
from brokkr_core.retry import SystemClock

CHANNEL = ChannelState(
    phase=Phase.UP,
    error="",
    connects=3,
    looks=3,
    frames_refused=1,
    frames_unknown=0,
    sent={"k8s_event": 7},
    pushes={"stack_changed": 2},
    dropped={"control": 0, "telemetry": 4},
    waiting=0,
)
AT = datetime(2026, 8, 2, 10, 0, tzinfo=UTC)


def readings(ledger: Ledger, *, memory_limit: int | None = 1000) -> Readings:
    """Read a calm agent."""
    patience = Patience(PatiencePolicy(), clock=SystemClock(), sleep=time.sleep, random=lambda: 0.5)
    return Readings(
        version="0.1.0",
        patience=patience,
        pool=PoolMetrics,
        expiry=lambda: Expiry(client=AT),
        outbox={"waiting": lambda: 3, "aside": lambda: 1},
        workers=lambda: [Vitals(name="poll", limit_seconds=1.0).began(0.0).did_well(1.0, AT)],
        crowd=lambda: Crowd(working={"s1": 0.0}, queued=2),
        channel=lambda: CHANNEL,
        components={str(side): lambda: ComponentReading(up=True, last_success=AT) for side in Side},
        ledger=ledger,
        audit=lambda: Tally(written=5, failed=1, seq=7),
        memory_limit=lambda: memory_limit,
        reloads=lambda: Standing(success_at=AT.timestamp()),
        lines=lambda: {("info", "agent"): 7},
        lost_lines=lambda: 2,
    )


def declared() -> list[tuple[str, str, str, str]]:
    """Return name, type, labels and help of every family, in the order of their export."""
    registry = CollectorRegistry()
    families = Families(registry)
    labels = {
        one._name: one._labelnames
        for one in vars(families).values()  # the library tells them of no other place
    }
    ledger = Ledger(10)
    ledger.ended("s1", ok=True)
    registry.register(readings(ledger))
    rows = []
    for family in registry.collect():
        names = labels.get(family.name, next((tuple(one.labels) for one in family.samples), ()))
        suffix = "_total" if family.type == "counter" else ""
        assert family.name.startswith(PREFIX)
        rows.append((family.name + suffix, family.type, ", ".join(f"`{one}`" for one in names), family.documentation))
    return rows
