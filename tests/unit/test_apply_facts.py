"""What is found out beside an object: asked once, and unknown when it cannot be."""

from __future__ import annotations

from brokkr_core.apply.readiness import Facts
from brokkr_core.apply.waiting.facts import FactFinder
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ref_of
from engine_support import KINDS, ScriptedCluster, client_over, discovery, down, live, ok, refusal

CLASS = "GET /apis/storage.k8s.io/v1/storageclasses/fast"
WITH_CLASSES = (*KINDS, ("storage.k8s.io", "v1", "StorageClass", "storageclasses", False))


def claim(phase: str = "Pending", name: str = "fast") -> JsonObject:
    return live("PersistentVolumeClaim", spec={"storageClassName": name}, status={"phase": phase})


def cluster(answer: Response) -> ScriptedCluster:
    def groups(request: Request) -> Response:
        return discovery(core=False, kinds=WITH_CLASSES)

    return ScriptedCluster({"GET /apis": groups, CLASS: answer})


def mode(made: ScriptedCluster, *bodies: JsonObject) -> list[str]:
    finder = FactFinder(client_over(made))
    return [finder.of(ref_of(body), body).binding_mode for body in bodies]


def test_the_binding_mode_of_a_class_is_asked_for_once() -> None:
    made = cluster(ok({"volumeBindingMode": "WaitForFirstConsumer"}))

    assert mode(made, claim(), claim(), claim()) == ["WaitForFirstConsumer"] * 3
    assert made.asked() == [CLASS]


def test_a_class_that_names_no_mode_binds_at_once() -> None:
    assert mode(cluster(ok({})), claim()) == ["Immediate"]


def test_a_class_that_cannot_be_read_is_unknown() -> None:
    assert mode(cluster(refusal(403, "Forbidden", "no")), claim()) == [""]
    assert mode(cluster(refusal(404, "NotFound", "no")), claim()) == [""]
    assert mode(ScriptedCluster(), claim()) == [""]


def test_nobody_asks_for_the_class_of_a_claim_that_needs_none() -> None:
    made = cluster(ok({}))

    assert mode(made, claim("Bound"), claim(name="")) == ["", ""]
    assert made.asked() == []


def test_whether_a_kind_has_a_status_comes_from_discovery() -> None:
    gadget = live("Gadget", api_version="example.com/v1")
    with_status: JsonObject = {**gadget, "status": {"phase": "x"}}
    finder = FactFinder(client_over(ScriptedCluster()))

    assert finder.of(ref_of(gadget), gadget) == Facts(status_subresource=False)
    assert finder.of(ref_of(with_status), with_status) == Facts()


def test_discovery_that_does_not_answer_leaves_it_unknown() -> None:
    gadget = live("Gadget", api_version="example.com/v1")
    broken = ScriptedCluster({"GET /api": down(sent=True)})

    assert FactFinder(client_over(broken)).of(ref_of(gadget), gadget) == Facts()
