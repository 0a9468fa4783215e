"""A failed run is put back, read again and judged; the verdict never claims more than was compared."""

from __future__ import annotations

from brokkr_core.apply import ApplyPolicy, Conflicts
from brokkr_core.apply.difference.paths import comparable, ownership
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback import MemoryJournal, ObjectState, Undone, UndoPolicy, Verdict, undo
from engine_play import QUICK, applied, everything, live
from stage_support import config_map

AT_ONCE = UndoPolicy(settle_timeout_seconds=0.2, stability_seconds=0.0, poll_seconds=0.02)
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n"


def state(client: KubeClient) -> dict[ObjectRef, JsonObject]:
    """Everything somebody could have written, and who owns it."""
    return everything(client, lambda body: {**comparable(body), "owners": [list(one) for one in ownership(body)]})


def put_back(client: KubeClient, journal: MemoryJournal) -> Undone:
    return undo(client, journal.entries(), policy=AT_ONCE)


def states(undone: Undone) -> dict[str, str]:
    return {str(finding.ref): str(finding.state) for finding in undone.findings}


def other_writer(client: KubeClient, name: str, **data: str) -> None:
    """Somebody else takes some of the fields."""
    policy = ApplyPolicy(manager="somebody-else", conflicts=Conflicts.TAKE)
    assert applied(client, config_map(name, **data), policy=policy).ok


def test_changed_and_created_objects_are_back_exactly(client: KubeClient) -> None:
    applied(client, config_map("changes", a="1", b="2"), config_map("same"))
    before = state(client)
    journal = MemoryJournal()
    applied(
        client,
        NAMESPACE,
        config_map("changes", a="9", c="3"),
        config_map("same"),
        config_map("new", namespace="lab"),
        recorder=journal,
    )
    assert state(client) != before
    undone = put_back(client, journal)

    assert undone.verdict is Verdict.VERIFIED_EXACT
    assert state(client) == before
    assert states(undone) == {
        "ConfigMap/default/changes": "restored_exact",
        "ConfigMap/lab/new": "deleted_created",
        "Namespace/lab": "deleted_created",
    }


def test_fields_taken_from_another_manager_are_handed_back(client: KubeClient) -> None:
    other_writer(client, "shared", a="theirs", b="theirs")
    before = state(client)
    journal = MemoryJournal()
    taking = ApplyPolicy(conflicts=Conflicts.TAKE, poll_seconds=0.05)
    assert applied(client, config_map("shared", a="ours"), policy=taking, recorder=journal).ok

    assert put_back(client, journal).verdict is Verdict.VERIFIED_EXACT
    assert state(client) == before


def test_what_somebody_wrote_over_ours_is_left_to_them_and_reported(client: KubeClient) -> None:
    applied(client, config_map("one", a="1", b="1"))
    journal = MemoryJournal()
    applied(client, config_map("one", a="2", b="2"), recorder=journal)
    other_writer(client, "one", a="theirs")
    undone = put_back(client, journal)

    assert undone.verdict is Verdict.CONTESTED
    assert undone.findings[0].paths == ("data.a",)
    assert dig(live(client, "ConfigMap", "one"), "data") == {"a": "theirs", "b": "1"}


def test_what_somebody_wrote_beside_ours_stays_and_keeps_the_verdict_from_being_exact(client: KubeClient) -> None:
    applied(client, config_map("one", a="1"))
    journal = MemoryJournal()
    applied(client, config_map("one", a="2"), recorder=journal)
    other_writer(client, "one", theirs="yes")
    undone = put_back(client, journal)

    assert undone.verdict is Verdict.VERIFIED_EQUIVALENT
    assert states(undone) == {"ConfigMap/default/one": "foreign_only"}
    assert dig(live(client, "ConfigMap", "one"), "data") == {"a": "1", "theirs": "yes"}


def test_an_object_that_somebody_deleted_is_not_brought_back_and_not_called_restored(client: KubeClient) -> None:
    applied(client, config_map("one", a="1"))
    journal = MemoryJournal()
    applied(client, config_map("one", a="2"), recorder=journal)
    found = live(client, "ConfigMap", "one")
    client.delete(ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name="one"), uid=uid(found))
    undone = put_back(client, journal)

    assert undone.findings[0].state is ObjectState.GONE_BY_OTHER
    assert undone.verdict is Verdict.PARTIAL
    assert live(client, "ConfigMap", "one") is None


def test_a_created_namespace_that_holds_somebody_elses_objects_is_kept(client: KubeClient) -> None:
    journal = MemoryJournal()
    applied(client, NAMESPACE, config_map("ours", namespace="lab"), recorder=journal)
    applied(client, config_map("theirs", namespace="lab"))
    undone = put_back(client, journal)

    assert undone.verdict is Verdict.VERIFIED_WITH_RETENTIONS
    assert live(client, "ConfigMap", "theirs", namespace="lab") is not None
    assert live(client, "ConfigMap", "ours", namespace="lab") is None


def test_a_created_object_that_was_replaced_by_somebody_is_kept(client: KubeClient) -> None:
    journal = MemoryJournal()
    applied(client, config_map("one", a="ours"), recorder=journal)
    ref = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name="one")
    client.delete(ref, uid=uid(live(client, "ConfigMap", "one")))
    other_writer(client, "one", a="theirs")
    undone = put_back(client, journal)

    assert undone.findings[0].state is ObjectState.RETAINED_GUARDED
    assert dig(live(client, "ConfigMap", "one"), "data", "a") == "theirs"


def test_an_object_whose_finalizer_hangs_is_called_stuck_and_the_holder_is_named(client: KubeClient) -> None:
    held = config_map("held").replace("  namespace", "  finalizers: [example.com/never]\n  namespace")
    journal = MemoryJournal()
    applied(client, held, recorder=journal)
    undone = put_back(client, journal)

    assert undone.verdict is Verdict.IRREVERSIBLE
    assert undone.findings[0].state is ObjectState.STUCK_TERMINATING
    assert "example.com/never" in undone.findings[0].note


def test_defaults_that_our_change_brought_in_do_not_stay(client: KubeClient) -> None:
    """Recreate to RollingUpdate leaves a defaulted block that nobody owns; going back must take it out again."""
    deployment = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default}\n"
        "spec:\n  replicas: 0\n  strategy: {type: %s}\n  selector: {matchLabels: {app: web}}\n"
        "  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: web}]}\n"
    )
    no_wait = ApplyPolicy(wait=False)
    applied(client, deployment % "Recreate", policy=no_wait)
    before = state(client)
    journal = MemoryJournal()
    applied(client, deployment % "RollingUpdate", policy=no_wait, recorder=journal)
    assert dig(live(client, "Deployment", "web", api="apps/v1"), "spec", "strategy", "rollingUpdate")

    assert put_back(client, journal).verdict is Verdict.VERIFIED_EXACT
    assert state(client) == before


class Restless(MemoryJournal):
    """A journal beside a writer who changes the object every time it has been recorded."""

    def __init__(self, client: KubeClient) -> None:
        super().__init__()
        self._client = client
        self._turns = 0

    def before(self, ref: ObjectRef, live: JsonObject | None, *, locked: bool = True) -> None:
        super().before(ref, live, locked=locked)
        self._turns += 1
        other_writer(self._client, ref.name, turn=str(self._turns))


def test_an_object_that_never_held_still_is_never_called_exact(client: KubeClient) -> None:
    applied(client, config_map("hot", a="1"))
    journal = Restless(client)
    assert applied(client, config_map("hot", a="2"), recorder=journal).ok
    undone = put_back(client, journal)

    assert dig(live(client, "ConfigMap", "hot"), "data", "a") == "1"
    assert undone.verdict is not Verdict.VERIFIED_EXACT
    assert undone.findings[0].state is ObjectState.RESTORED_VALUES_ONLY


def test_a_run_that_changed_nothing_needs_no_rollback(client: KubeClient) -> None:
    applied(client, config_map("one"))
    journal = MemoryJournal()
    applied(client, config_map("one"), recorder=journal, policy=QUICK)

    assert put_back(client, journal).verdict is Verdict.NOT_NEEDED


def uid(body: JsonObject | None) -> str:
    assert body is not None
    return str(dig(body, "metadata", "uid"))
