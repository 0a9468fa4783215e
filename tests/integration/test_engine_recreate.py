"""A field that cannot change: the object is deleted and created anew, or nothing happens at all."""

from __future__ import annotations

from brokkr_core.apply import ApplyPolicy, apply_plan
from brokkr_core.apply.pace import START
from brokkr_core.kube import KubeClient
from brokkr_core.model.events import Event, ObjectFinished
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.rollback import MemoryJournal, UndoPolicy, Verdict, undo
from brokkr_core.testing.cluster import Denied, EmbeddedCluster, Review, ValidatingHook
from cluster_support import Client
from engine_play import applied, live, planned, writes

ANEW = ApplyPolicy(recreate=True, ready_timeout_seconds=0.5, poll_seconds=0.02)
AT_ONCE = UndoPolicy(settle_timeout_seconds=0.2, stability_seconds=0.0, poll_seconds=0.02)


def fixed(value: str, *, more: str = "") -> str:
    """A ConfigMap that can never change."""
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed{more}}}\nimmutable: true\ndata: {{a: '{value}'}}\n"
    )


def apply(client: KubeClient, text: str, policy: ApplyPolicy = ANEW, journal: MemoryJournal | None = None) -> Outcome:
    (outcome,) = applied(client, text, policy=policy, recorder=journal).outcomes
    return outcome


def config_map(client: KubeClient) -> JsonObject:
    body = live(client, "ConfigMap", "fixed")
    assert body is not None
    return body


def uid(body: JsonObject) -> str:
    return as_text(dig(body, "metadata", "uid"))


def test_without_leave_it_stays_as_it_is_and_the_field_is_named(cluster: EmbeddedCluster, client: KubeClient) -> None:
    apply(client, fixed("1"))
    before = config_map(client)
    cluster.requests.clear()
    outcome = apply(client, fixed("2"), ApplyPolicy())

    assert outcome.action is Action.INVALID
    assert [cause.field for cause in outcome.causes] == ["data"]
    assert writes(cluster) == []
    assert config_map(client) == before


def test_with_leave_it_is_another_object_with_the_new_value(client: KubeClient) -> None:
    apply(client, fixed("1"))
    before = config_map(client)
    outcome = apply(client, fixed("2"))

    assert (outcome.action, outcome.changed) == (Action.RECREATED, ("data",))
    assert dig(config_map(client), "data") == {"a": "2"}
    assert uid(config_map(client)) == outcome.uid != uid(before)


def test_the_object_itself_may_ask_for_it_or_forbid_it(client: KubeClient) -> None:
    asks, forbids = (f", annotations: {{brokkr.io/recreate: {word}}}" for word in ("enabled", "disabled"))
    apply(client, fixed("1"))

    assert apply(client, fixed("2", more=forbids)).action is Action.INVALID
    assert apply(client, fixed("2", more=asks), ApplyPolicy(poll_seconds=0.02)).action is Action.RECREATED


def test_a_new_object_that_would_be_refused_keeps_the_old_one() -> None:
    def no_twos(review: Review) -> None:
        if dig(review.body, "data", "a") == "2" and review.name != "fixed":
            raise Denied("no twos here", status=422, reason="Invalid")

    with EmbeddedCluster(hooks=[ValidatingHook(name="hook", call=no_twos)]) as cluster:
        client = KubeClient(cluster.transport())
        apply(client, fixed("1"))
        cluster.requests.clear()

        assert apply(client, fixed("2")).action is Action.INVALID
        assert writes(cluster) == []


def test_one_that_moved_since_it_was_looked_at_is_left_alone(cluster: EmbeddedCluster, client: KubeClient) -> None:
    apply(client, fixed("1"))

    class Interfering(MemoryJournal):
        def deleted(self, ref: object) -> None:
            Client(cluster.transport()).patch(
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "fixed"}},
                {"metadata": {"labels": {"touched": "1"}}},
                "application/merge-patch+json",
            ).expect(200)

    outcome = apply(client, fixed("2"), journal=Interfering())

    assert (outcome.action, outcome.code) == (Action.FAILED, "Conflict")
    assert dig(config_map(client), "data") == {"a": "1"}


def test_finalizers_that_hang_are_named_and_nothing_is_created(cluster: EmbeddedCluster, client: KubeClient) -> None:
    apply(client, fixed("1", more=", finalizers: [example.com/hold]"))
    outcome = apply(client, fixed("2", more=", finalizers: [example.com/hold]"))

    assert outcome.action is Action.FAILED
    assert "example.com/hold" in outcome.message
    assert dig(config_map(client), "data") == {"a": "1"}


def test_finalizers_that_hang_hold_up_nobody_elses_writes(cluster: EmbeddedCluster, client: KubeClient) -> None:
    held = ", finalizers: [example.com/hold]"
    olds = [fixed("1", more=held).replace("fixed", f"fixed-{number}") for number in range(START)]
    applied(client, *olds)
    ends: list[str] = []

    def note(event: Event, /) -> None:
        if isinstance(event, ObjectFinished):
            ends.append(event.outcome.ref.name)

    news = [text.replace("'1'", "'2'") for text in olds]
    apply_plan(client, planned(client, *news, config_map_of("z-last")), policy=ANEW, observer=note)

    assert ends[0] == "z-last", "it came last in the plan, and did not wait for a deletion that hangs"


def config_map_of(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"


def test_a_rollback_brings_the_old_one_back_under_a_new_identity_and_says_so(client: KubeClient) -> None:
    apply(client, fixed("1"))
    before = config_map(client)
    journal = MemoryJournal()
    apply(client, fixed("2"), journal=journal)
    undone = undo(client, journal.entries(), policy=AT_ONCE)

    assert undone.verdict is not Verdict.VERIFIED_EXACT
    assert [str(finding.state) for finding in undone.findings] == ["restored_new_identity"]
    assert dig(config_map(client), "data") == {"a": "1"}
    assert uid(config_map(client)) != uid(before)


def test_a_rollback_after_the_deletion_alone_brings_it_back(client: KubeClient) -> None:
    apply(client, fixed("1"))
    journal = MemoryJournal()
    before = config_map(client)
    ref = apply(client, fixed("1")).ref
    journal.before(ref, before)
    journal.deleted(ref)
    client.delete(ref, uid=uid(before))
    undone = undo(client, journal.entries(), policy=AT_ONCE)

    assert [str(finding.state) for finding in undone.findings] == ["restored_new_identity"]
    assert dig(config_map(client), "data") == {"a": "1"}


def test_a_job_is_not_run_again_to_undo_its_successor(client: KubeClient) -> None:
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\nspec:\n  template:\n"
        "    spec: {restartPolicy: Never, containers: [{name: a, image: 'b:VERSION'}]}\n"
    )
    quick = ApplyPolicy(recreate=True, wait=False, poll_seconds=0.02)
    apply(client, job.replace("VERSION", "1"), quick)
    journal = MemoryJournal()
    assert apply(client, job.replace("VERSION", "2"), quick, journal).action is Action.RECREATED
    undone = undo(client, journal.entries(), policy=AT_ONCE)

    assert undone.verdict not in (Verdict.VERIFIED_EXACT, Verdict.VERIFIED_EQUIVALENT)
    assert "cannot be un-run" in undone.findings[0].note
    assert "b:2" in str(live(client, "Job", "once", api="batch/v1"))
