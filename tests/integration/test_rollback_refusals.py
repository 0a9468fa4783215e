"""What was refused is not undone, and what was deleted to be created anew comes back however late its end is."""

from __future__ import annotations

import time

from brokkr_core.apply import ApplyPolicy
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback import MemoryJournal, UndoPolicy, undo
from brokkr_core.testing.cluster import (
    Denied,
    EmbeddedCluster,
    FaultPlan,
    FaultRule,
    Moment,
    Reset,
    Review,
    ValidatingHook,
)
from cluster_support import MERGE_PATCH, Client
from engine_play import applied, live
from stage_support import config_map

ANEW = ApplyPolicy(recreate=True, ready_timeout_seconds=0.3, poll_seconds=0.02)
SHORT = UndoPolicy(settle_timeout_seconds=2.0, stability_seconds=0.0, poll_seconds=0.02)
THING: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}


def no_twos(review: Review) -> None:
    if dig(review.body, "data", "a") == "2" and not review.dry_run:
        raise Denied("no twos here")


def fixed(value: str, *, held: bool = False) -> str:
    more = ", finalizers: [example.com/hold]" if held else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one{more}}}\nimmutable: true\ndata: {{a: '{value}'}}\n"


def patch(cluster: EmbeddedCluster, change: JsonObject) -> None:
    Client(cluster.transport()).patch(THING, change, MERGE_PATCH, fieldManager="them").expect(200)


def found(client: KubeClient) -> JsonObject:
    return as_object(live(client, "ConfigMap", "one"))


def test_what_others_wrote_after_a_refused_write_stays() -> None:
    with EmbeddedCluster(hooks=[ValidatingHook(name="hook", call=no_twos)]) as cluster:
        client, journal = KubeClient(cluster.transport()), MemoryJournal()
        applied(client, config_map("one", a="1"))
        (outcome,) = applied(client, config_map("one", a="2"), recorder=journal).outcomes
        assert outcome.action is Action.FORBIDDEN
        patch(cluster, {"data": {"theirs": "x"}})
        undone = undo(client, journal.entries(), policy=SHORT)

        assert dig(found(client), "data") == {"a": "1", "theirs": "x"}
        assert [str(finding.state) for finding in undone.findings] == ["untouched"]


def test_what_others_wrote_before_a_refused_deletion_stays(cluster: EmbeddedCluster, client: KubeClient) -> None:
    class Interfering(MemoryJournal):
        def deleted(self, ref: ObjectRef) -> None:
            super().deleted(ref)
            patch(cluster, {"metadata": {"labels": {"theirs": "x"}}})

    applied(client, fixed("1"), policy=ANEW)
    journal = Interfering()
    applied(client, fixed("2"), policy=ANEW, recorder=journal)
    undone = undo(client, journal.entries(), policy=SHORT)

    assert dig(found(client), "metadata", "labels") == {"theirs": "x"}
    assert [str(finding.state) for finding in undone.findings] == ["untouched"]


def test_what_is_still_going_when_the_rollback_begins_is_brought_back_when_it_is_gone(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    applied(client, fixed("1", held=True), policy=ANEW)
    journal = MemoryJournal()
    applied(client, fixed("2"), policy=ANEW, recorder=journal)

    def let_go(seconds: float) -> None:
        if dig(found(client), "metadata", "deletionTimestamp"):
            patch(cluster, {"metadata": {"finalizers": None}})
        time.sleep(seconds)

    undone = undo(client, journal.entries(), policy=SHORT, sleep=let_go)

    assert dig(found(client), "data") == {"a": "1"}
    assert [str(finding.state) for finding in undone.findings] == ["restored_new_identity"]


def test_what_never_goes_is_not_blamed_on_others(client: KubeClient) -> None:
    applied(client, fixed("1", held=True), policy=ANEW)
    journal = MemoryJournal()
    applied(client, fixed("2"), policy=ANEW, recorder=journal)
    quick = UndoPolicy(settle_timeout_seconds=0.1, stability_seconds=0.0, poll_seconds=0.02)

    assert [str(one.state) for one in undo(client, journal.entries(), policy=quick).findings] == ["recreate_failed"]


def test_a_deletion_whose_answer_was_lost_is_recognised_although_a_finalizer_holds_the_object() -> None:
    lost = FaultRule(effect=Reset(moment=Moment.AFTER), method="DELETE", nth=(1,))
    with EmbeddedCluster(faults=FaultPlan(rules=[lost])) as cluster:
        client = KubeClient(cluster.transport())
        applied(client, fixed("1", held=True), policy=ANEW)
        (outcome,) = applied(client, fixed("2"), policy=ANEW).outcomes

        assert (outcome.code, outcome.action) == ("Terminating", Action.FAILED)
