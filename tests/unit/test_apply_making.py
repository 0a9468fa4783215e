"""What it costs to look behind late workloads, and what happens where that is not possible."""

from __future__ import annotations

from brokkr_core.apply.readiness.household import Household
from brokkr_core.apply.waiting.making import FEW, Making
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.ref import ObjectRef, ref_of
from engine_support import KINDS, ScriptedCluster, Step, at, client_over, discovery, down, listed, live, refusal

PODS = "GET /api/v1/namespaces/shop/pods"
SETS = "GET /apis/apps/v1/namespaces/shop/replicasets"
EVENTS = "GET /api/v1/namespaces/shop/events"
MORE = (
    *KINDS,
    ("", "v1", "Pod", "pods", True),
    ("", "v1", "Event", "events", True),
    ("apps", "v1", "ReplicaSet", "replicasets", True),
)


def workload(name: str = "web", kind: str = "Deployment", *, revision: str = "1", replicas: int = 1) -> JsonObject:
    spec: JsonObject = {"replicas": 1, "selector": {"matchLabels": {"app": name}}}
    annotations: JsonObject = {"deployment.kubernetes.io/revision": revision}
    metadata: JsonObject = {"generation": 1, "annotations": annotations}
    status: JsonObject = {"observedGeneration": 1, "replicas": replicas}
    return live(kind, name, api_version="apps/v1", uid=name, metadata=metadata, spec=spec, status=status)


def made(kind: str, name: str, owner: str) -> JsonObject:
    references: list[Json] = [{"uid": owner, "controller": True}]
    annotations: JsonObject = {"deployment.kubernetes.io/revision": "1"}
    metadata: JsonObject = {"ownerReferences": references, "annotations": annotations, "managedFields": [{}]}
    return live(kind, name, uid=name, metadata=metadata)


def cluster(scripts: dict[str, Step] | None = None) -> ScriptedCluster:
    def shown(request: Request) -> Response:
        return discovery(core=request.path == "/api", kinds=MORE)

    everything: dict[str, Step | list[Step]] = {"GET /api": shown, "GET /apis": shown}
    everything |= dict.fromkeys((PODS, SETS, EVENTS), listed())
    return ScriptedCluster(everything | (scripts or {}))


def making(over: ScriptedCluster, *, stopped: bool = False) -> Making:
    return Making(client_over(over), since=at(0), stop=lambda: stopped)


def read(over: ScriptedCluster, *bodies: JsonObject) -> dict[ObjectRef, Household]:
    return making(over).read({ref_of(body): body for body in bodies})


def queries(over: ScriptedCluster, endpoint: str) -> list[tuple[str, str]]:
    asked = [one.query for one in over.requests if one.endpoint == endpoint]
    return [(query.get("labelSelector", ""), query.get("fieldSelector", "")) for query in asked]


def test_a_deployment_costs_two_lists_by_its_selector() -> None:
    over = cluster({SETS: listed(made("ReplicaSet", "set", "web")), PODS: listed(made("Pod", "pod", "set"))})
    (found,) = read(over, workload()).values()

    assert over.asked() == [SETS, PODS]
    assert queries(over, SETS) == queries(over, PODS) == [("app=web", "")]
    assert found.replica_set is not None
    (pod,) = found.pods
    assert "managedFields" not in str(pod), "nobody keeps what nobody reads"


def test_a_few_are_asked_for_one_by_one_and_more_together() -> None:
    few, many = cluster(), cluster()
    read(few, *(workload(f"w{number}") for number in range(FEW)))
    read(many, *(workload(f"w{number}") for number in range(FEW + 1)))

    assert len(few.asked()) == 2 * FEW
    assert many.asked() == [SETS, PODS]
    assert queries(many, PODS) == [("", "")]


def test_a_kind_without_replica_sets_costs_one_list() -> None:
    over = cluster()
    read(over, workload("db", "StatefulSet"))

    assert over.asked() == [PODS]


def test_events_are_read_only_where_pods_are_missing_and_no_condition_tells() -> None:
    over = cluster()
    read(over, workload("db", "StatefulSet", replicas=0))

    assert over.asked() == [PODS, EVENTS]
    assert queries(over, EVENTS) == [("", "involvedObject.uid=db,reason=FailedCreate")]


def test_events_of_many_are_read_together() -> None:
    over = cluster()
    read(over, *(workload(f"db{number}", "StatefulSet", replicas=0) for number in range(FEW + 1)))

    assert over.asked() == [PODS, EVENTS]
    assert queries(over, EVENTS) == [("", "reason=FailedCreate")]


def test_where_it_is_not_allowed_it_is_not_asked_again() -> None:
    over = cluster({PODS: refusal(403, "Forbidden", "no")})
    look, late = making(over), {ref_of(workload()): workload()}

    assert [look.read(late), look.read(late)] == [{}, {}]
    assert over.asked().count(PODS) == 1


def test_trouble_passes_and_is_no_verdict() -> None:
    over = cluster({PODS: down(sent=True)})
    look, late = making(over), {ref_of(workload()): workload()}

    assert [look.read(late), look.read(late)] == [{}, {}]
    assert over.asked().count(PODS) == 2, "once for each look"


def test_who_may_not_read_events_still_sees_pods() -> None:
    over = cluster({EVENTS: refusal(403, "Forbidden", "no")})

    assert len(read(over, workload("db", "StatefulSet", replicas=0))) == 1


def test_after_a_stop_nothing_is_asked() -> None:
    over = cluster()

    assert making(over, stopped=True).read({ref_of(workload()): workload()}) == {}
    assert over.asked() == []
