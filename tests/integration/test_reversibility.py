"""A class is a claim about what a rollback can do: here it is held against one."""

from __future__ import annotations

import pytest

from brokkr_core.apply import ALL, RESTORABLE, ApplyPolicy, Reversibility, preflight
from brokkr_core.apply.difference.paths import comparable, ownership
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback import MemoryJournal, ObjectState, Undone, UndoPolicy, Verdict, undo
from brokkr_core.testing.cluster import Denied, EmbeddedCluster, Review, Settings, ValidatingHook
from engine_play import applied, everything, live, planned, writes
from reversibility_texts import (
    CASES,
    CLAIM,
    CONFIG,
    EXACT,
    JOB,
    Text,
    definition,
    service,
    version,
)

AT_ONCE = UndoPolicy(settle_timeout_seconds=0.2, stability_seconds=0.0, poll_seconds=0.02)
FREE = ApplyPolicy(wait=False, recreate=True, ready_timeout_seconds=0.5, poll_seconds=0.02)
CAREFUL = ApplyPolicy(wait=False, recreate=True, allow=RESTORABLE)


def state(client: KubeClient) -> dict[ObjectRef, JsonObject]:
    """Everything somebody could have written, who owns it, and which object it is."""
    client.discovery.refresh()
    return everything(
        client,
        lambda body: {
            **comparable(body),
            "uid": dig(body, "metadata", "uid"),
            "owners": [list(one) for one in ownership(body)],
        },
    )


def classed(client: KubeClient, text: str, policy: ApplyPolicy = FREE) -> Reversibility:
    (forecast,) = preflight(client, planned(client, text), policy).values()
    return forecast.classed.reversibility


def there_and_back(client: KubeClient, text: str) -> Undone:
    journal = MemoryJournal()
    report = applied(client, text, policy=FREE, recorder=journal)
    assert report.ok, report.failed
    return undo(client, journal.entries(), policy=AT_ONCE)


def begin(client: KubeClient, text: str) -> None:
    if text:
        assert applied(client, text, policy=FREE).ok


@pytest.mark.parametrize("text", EXACT, ids=[text.name for text in EXACT])
def test_what_is_classed_exact_is_back_exactly(client: KubeClient, text: Text) -> None:
    begin(client, text.before)
    before = state(client)

    assert classed(client, text.after) is Reversibility.EXACT
    assert there_and_back(client, text.after).verdict is Verdict.VERIFIED_EXACT
    assert state(client) == before


@pytest.mark.parametrize("text", CASES, ids=[text.name for text in CASES])
def test_what_is_not_allowed_is_refused_before_anything_is_written(
    cluster: EmbeddedCluster, client: KubeClient, text: Text
) -> None:
    begin(client, text.before)
    before = state(client)
    cluster.requests.clear()
    report = applied(client, text.after, CONFIG.format("beside"), policy=CAREFUL)

    assert classed(client, text.after) is text.reversibility
    assert not report.begun
    assert {(one.action, one.code) for one in report.outcomes} == {
        (Action.FORBIDDEN, "Irreversible"),
        (Action.BLOCKED, "PreflightFailed"),
    }
    assert writes(cluster) == []
    assert state(client) == before


def test_what_may_be_lost_is_done_when_it_is_allowed_and_recorded_as_such(client: KubeClient) -> None:
    begin(client, CLAIM.format("1Gi"))

    journal = MemoryJournal()

    assert applied(client, CLAIM.format("2Gi"), policy=ApplyPolicy(wait=False, allow=ALL), recorder=journal).ok
    assert [entry.reversibility for entry in journal.entries()] == [Reversibility.IRREVERSIBLE]


def test_a_sealed_config_map_stays_sealed(client: KubeClient) -> None:
    begin(client, CONFIG.format("one"))
    undone = there_and_back(client, CONFIG.format("one") + "immutable: true\n")

    assert [finding.state for finding in undone.findings] == [ObjectState.IMMUTABLE_BLOCKED]
    assert undone.findings[0].paths == ("immutable",)


def test_a_claim_that_grew_does_not_shrink() -> None:
    with EmbeddedCluster(Settings(controllers=True)) as cluster:
        client = KubeClient(cluster.transport())
        begin(client, CLAIM.format("1Gi"))
        undone = there_and_back(client, CLAIM.format("2Gi"))

    assert [finding.state for finding in undone.findings] == [ObjectState.NOT_RESTORED]
    assert undone.findings[0].paths == ("spec.resources.requests.storage",)


def test_a_version_that_objects_may_be_stored_in_is_not_removed_again(client: KubeClient) -> None:
    begin(client, definition(version("v1")))
    undone = there_and_back(client, definition(version("v1", storage=False), version("v2")))

    assert [finding.state for finding in undone.findings] == [ObjectState.NOT_RESTORED]
    assert "v2 was previously a storage version" in undone.findings[0].note


def test_a_version_that_is_no_longer_the_stored_one_is_not_forgotten(client: KubeClient) -> None:
    begin(client, definition(version("v1"), version("v2", storage=False)))
    undone = there_and_back(client, definition(version("v1", storage=False), version("v2")))
    found = live(client, "CustomResourceDefinition", "widgets.example.com", namespace="", api="apiextensions.k8s.io/v1")

    assert undone.verdict is Verdict.VERIFIED_EXACT
    assert dig(found, "status", "storedVersions") == ["v1", "v2"]


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ("type: NodePort", "type: ClusterIP", "spec.ports"),
        ("type: ClusterIP", "type: ExternalName, externalName: a.example.com", "spec.clusterIPs"),
    ],
)
def test_an_address_that_was_given_back_may_be_taken(before: str, after: str, path: str) -> None:
    """The hook stands for the allocator after somebody else has got the address."""
    others: list[str] = []

    def allocate(_review: Review) -> None:
        if others:
            raise Denied(f"{path}: provided value is already allocated", status=422, reason="Invalid")

    with EmbeddedCluster(hooks=[ValidatingHook(name="allocator", call=allocate)]) as cluster:
        client, journal = KubeClient(cluster.transport()), MemoryJournal()
        begin(client, service(before))
        (forecast,) = preflight(client, planned(client, service(after)), FREE).values()
        assert applied(client, service(after), policy=FREE, recorder=journal).ok
        others.append("somebody")
        undone = undo(client, journal.entries(), policy=AT_ONCE)

    assert forecast.classed.paths == (path,)
    assert [finding.state for finding in undone.findings] == [ObjectState.ADMISSION_DENIED]


def test_a_new_object_with_a_foreign_finalizer_waits_for_somebody_else(client: KubeClient) -> None:
    undone = there_and_back(client, CONFIG.format("one, finalizers: [example.com/held]"))

    assert [finding.state for finding in undone.findings] == [ObjectState.STUCK_TERMINATING]


def test_a_recreated_object_comes_back_under_another_uid(client: KubeClient) -> None:
    begin(client, service())
    undone = there_and_back(client, service("clusterIP: None"))

    assert [finding.state for finding in undone.findings] == [ObjectState.RESTORED_NEW_IDENTITY]
    assert undone.verdict is Verdict.VERIFIED_EQUIVALENT


def test_a_job_that_was_replaced_does_not_come_back(client: KubeClient) -> None:
    begin(client, JOB.format("1"))
    undone = there_and_back(client, JOB.format("2"))

    assert [finding.state for finding in undone.findings] == [ObjectState.RETAINED_GUARDED]


def test_a_job_has_run_although_it_is_gone_again() -> None:
    with EmbeddedCluster(Settings(controllers=True)) as cluster:
        client, journal = KubeClient(cluster.transport()), MemoryJournal()
        assert applied(client, JOB.format("1"), policy=FREE, recorder=journal).ok
        cluster.advance(60)
        ran = dig(live(client, "Job", "one", api="batch/v1"), "status", "succeeded")
        undone = undo(client, journal.entries(), policy=AT_ONCE)

    assert ran == 1
    assert [finding.state for finding in undone.findings] == [ObjectState.DELETED_CREATED]
