"""Exact is a promise: whatever has that class and is undone, while nobody else writes, is back exactly.

Bundles are drawn from many ways to write objects of kinds with rules of their own, so that most pairs of bundles hold
transitions that somebody would think of last.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.apply import ApplyPolicy, Reversibility, apply_plan, preflight, resolve
from brokkr_core.kube import KubeClient
from brokkr_core.manifest import parse_all
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering import order
from brokkr_core.rollback import MemoryJournal, UndoPolicy, Verdict, undo
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_play import everything, whole
from reversibility_texts import CASES, CONFIG, EXACT

AT_ONCE = UndoPolicy(settle_timeout_seconds=0.0, stability_seconds=0.0, poll_seconds=0.01)
ONLY_EXACT = ApplyPolicy(wait=False, workers=2, allow=frozenset({Reversibility.EXACT}))
ANY = ApplyPolicy(wait=False, workers=2)

LABELLED = tuple(CONFIG.format(f"one, labels: {{a: {value}}}") for value in ("old", "new"))


def by_object() -> dict[str, list[str]]:
    """Every text of the tables, by the object that it is about."""
    found: dict[str, set[str]] = {}
    for text in (*LABELLED, *(text for way in (*EXACT, *CASES) for text in (way.before, way.after) if text)):
        found.setdefault(str(parse_all(text).checked().manifests[0].ref), set()).add(text)
    return {name: sorted(texts) for name, texts in found.items()}


TEXTS = by_object()


@st.composite
def ways(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Draw two bundles that share their objects."""
    objects = draw(st.lists(st.sampled_from(sorted(TEXTS)), min_size=1, max_size=4, unique=True))
    first = [draw(st.sampled_from(["", *TEXTS[name]])) for name in objects]
    second = [draw(st.sampled_from(TEXTS[name])) for name in objects]
    return [text for text in first if text], second


def manifests(client: KubeClient, texts: list[str]) -> dict[ObjectRef, Manifest]:
    found = [one for text in texts for one in resolve(parse_all(text).checked().manifests, client.discovery)]
    return {one.ref: one for one in found}


def state(client: KubeClient) -> dict[ObjectRef, JsonObject]:
    client.discovery.refresh()
    return everything(
        client,
        whole,
    )


@given(bundles=ways())
def test_what_is_exact_is_back_exactly_and_what_is_not_is_never_begun(bundles: tuple[list[str], list[str]]) -> None:
    first, second = bundles
    client = KubeClient(EmbeddedCluster().transport())
    apply_plan(client, order(manifests(client, first).values()), policy=ANY)
    wanted, before = manifests(client, second), state(client)
    forecasts = preflight(client, order(wanted.values()), ONLY_EXACT)
    allowed = [ref for ref, forecast in forecasts.items() if forecast.refusal is None]
    journal = MemoryJournal()

    assert all(forecasts[ref].classed.exact for ref in allowed)
    if len(allowed) < len(wanted):
        assert not apply_plan(client, order(wanted.values()), policy=ONLY_EXACT, recorder=journal).begun
        assert (journal.entries(), state(client)) == ((), before)
    report = apply_plan(client, order(wanted[ref] for ref in allowed), policy=ONLY_EXACT, recorder=journal)
    undone = undo(client, journal.entries(), policy=AT_ONCE, sleep=lambda _seconds: None)

    assert report.ok, report.failed
    assert undone.verdict in (Verdict.VERIFIED_EXACT, Verdict.NOT_NEEDED), [str(one) for one in undone.findings]
    assert state(client) == before
