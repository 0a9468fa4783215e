"""What is written down of requests: objects by name, ends by class, and never what is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit_support import Disk, open_trail_in, records_in
from brokkr_agent.audit.broker_line import FINGERPRINT_DIGITS, AuditedBrokerLine, fingerprint
from brokkr_agent.audit.cluster_line import RENEWALS, AuditedClusterLine
from brokkr_agent.audit.fault import AuditError
from brokkr_agent.audit.trail import Trail
from brokkr_core.errors import ClusterUnreachableError, NotFoundError
from brokkr_core.kube import KubeClient
from brokkr_core.kube.lease import LEASE_MANAGER
from brokkr_core.kube.transport import Stream
from brokkr_core.model.http import Request, Response, Subject
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.testing.cluster import EmbeddedCluster

REF = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name="one")
LEASE = ObjectRef(group="coordination.k8s.io", version="v1", kind="Lease", namespace="default", name="agent")
BODY: JsonObject = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "one", "namespace": "default"},
    "data": {"a": "h1dden"},
}
PAK = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"
OTHER = "brokkr_BRghijkl_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp2"


class Script:
    """A line that answers from a list, and keeps what was sent."""

    def __init__(self, *answers: Response | Exception) -> None:
        self._answers = iter(answers)
        self.sent: list[Request] = []

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        self.sent.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        raise ClusterUnreachableError("no stream")

    def close(self) -> None:
        return


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Keep the log of the trail out of the way."""


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    return open_trail_in(tmp_path)


def told(tmp_path: Path) -> list[JsonObject]:
    """Return the records behind the first."""
    return records_in(tmp_path)[1:]


def shown(record: JsonObject, *names: str) -> JsonObject:
    return {name: record[name] for name in names if name in record}


def lease(term: str = "1", holder: str = "me") -> Request:
    return Request(
        method="PUT",
        path="/leases",
        query={"fieldManager": LEASE_MANAGER},
        body=json.dumps({"spec": {"holderIdentity": holder, "acquireTime": term}}).encode(),
        subject=Subject(ref=LEASE, uid="u"),
    )


def test_every_verb_of_the_client_is_written_down_and_nothing_that_only_reads(tmp_path: Path, trail: Trail) -> None:
    line = AuditedClusterLine(EmbeddedCluster().transport(), trail)
    client = KubeClient(line)
    made = client.create(BODY, REF, manager="tests")
    client.apply(BODY, REF, manager="tests", dry_run=True, force=True)
    client.apply(BODY, REF, manager="tests", force=True)
    live = client.get(REF)
    client.replace({**live, "data": {"a": "b"}}, REF, manager="tests")
    uid = str(dict(made["metadata"])["uid"])  # type: ignore[arg-type] # an object of the emulator's
    client.delete(REF, uid=uid)
    list(client.pages(client.resource(REF)))
    records = told(tmp_path)

    assert [(one["action"], one["stage"]) for one in records] == [
        (f"resource.{verb}", stage)
        for verb in ("create", "apply", "replace", "delete")
        for stage in ("intent", "outcome")
    ]
    about = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "default", "name": "one"}
    assert [one["object"] for one in records] == [about] + [about | {"uid": uid}] + [about] + [about | {"uid": uid}] * 5
    assert all(one["intent"] == before["id"] for before, one in zip(records[::2], records[1::2], strict=True))
    assert "h1dden" not in (tmp_path / "audit-000000000001.jsonl").read_text()


def test_an_end_is_told_by_its_status_and_its_class_and_never_in_the_servers_words(
    tmp_path: Path, trail: Trail
) -> None:
    request = Request(method="DELETE", path="/x", subject=Subject(ref=REF, uid="u"))
    refusal = Response.of_json(404, {"kind": "Status", "reason": "NotFound", "message": "h1dden"}, {"audit-id": "k"})
    line = AuditedClusterLine(Script(refusal, ClusterUnreachableError("cut", sent=True), RuntimeError("h1dden")), trail)
    line.send(request, timeout_seconds=1)
    with pytest.raises(ClusterUnreachableError):
        line.send(request, timeout_seconds=1)
    with pytest.raises(RuntimeError):
        line.send(request, timeout_seconds=1)

    assert [one["result"] for one in told(tmp_path) if one["stage"] == "outcome"] == [
        {"status": 404, "error": NotFoundError.__name__},
        {"error": "ClusterUnreachableError", "sent": True},
        {"error": "RuntimeError", "sent": True},
    ]
    assert "h1dden" not in (tmp_path / "audit-000000000001.jsonl").read_text()


def test_the_clusters_own_name_of_the_request_is_kept(tmp_path: Path, trail: Trail) -> None:
    answer = Response.of_json(200, {"metadata": {"uid": "u", "resourceVersion": "7"}}, {"Audit-Id": "k"})
    AuditedClusterLine(Script(answer), trail).send(Request(method="PATCH", path="/x"), timeout_seconds=1)
    intent, outcome = told(tmp_path)

    assert outcome["result"] == {"status": 200, "resourceVersion": "7", "auditID": "k"}
    assert shown(intent, "action", "facts") == {"action": "resource.patch", "facts": {"request": "PATCH /x"}}


def test_what_cannot_be_written_down_is_not_sent(tmp_path: Path) -> None:
    disk = Disk()
    script = Script(Response(status=200))
    line = AuditedClusterLine(script, open_trail_in(tmp_path, disk=disk))
    disk.room = 0
    with pytest.raises(AuditError):
        line.send(Request(method="DELETE", path="/x"), timeout_seconds=1)
    assert script.sent == []

    line.send(Request(method="GET", path="/x"), timeout_seconds=1)
    assert len(script.sent) == 1, "reading changes nothing"


def test_to_get_the_lease_is_written_down_and_to_keep_it_is_counted(tmp_path: Path, trail: Trail) -> None:
    good, gone = Response.of_json(200, {}), Response.of_json(409, {})
    line = AuditedClusterLine(Script(*[good] * 5, gone, good, good), trail)
    for _ in range(8):
        line.send(lease(), timeout_seconds=1)
    line.close()
    records = told(tmp_path)

    assert [one["action"] for one in records] == [
        *["resource.replace"] * 2,
        "lease.renew",
        *["resource.replace"] * 2,
        "lease.renew",
    ]
    assert [shown(one, "facts", "result") for one in records if one["action"] == "lease.renew"] == [
        {"facts": {"granted": 4}, "result": {"status": 409, "error": "StaleWriteError"}},
        {"facts": {"granted": 1}},
    ]
    assert all(one["own"] for one in records)


def test_to_get_the_lease_again_and_to_give_it_back_is_no_renewal(tmp_path: Path, trail: Trail) -> None:
    """Between two terms nothing need be written: somebody else holds it while this process sleeps."""
    line = AuditedClusterLine(Script(*[Response.of_json(200, {})] * 5), trail)
    for request in (lease(), lease(), lease("2"), lease("2"), lease("2", holder="")):
        line.send(request, timeout_seconds=1)
    line.close()

    got, kept = ["resource.replace"] * 2, ["lease.renew"]
    assert [one["action"] for one in told(tmp_path)] == [*got, *kept, *got, *kept, *got]


def test_a_lease_that_is_kept_for_long_is_told_every_hour_or_so(tmp_path: Path, trail: Trail) -> None:
    line = AuditedClusterLine(Script(*[Response.of_json(200, {})] * (RENEWALS + 1)), trail)
    for _ in range(RENEWALS + 1):
        line.send(lease(), timeout_seconds=1)

    assert [one["facts"] for one in told(tmp_path) if one["action"] == "lease.renew"] == [{"granted": RENEWALS}]


def asked(pak: str) -> Request:
    return Request(method="GET", path="/api/v1/agents/a", headers={"authorization": f"Bearer {pak}"})


def test_a_credential_is_told_when_it_is_first_taken_and_another_as_a_rotation(tmp_path: Path, trail: Trail) -> None:
    good, no = Response(status=200), Response(status=401)
    line = AuditedBrokerLine(
        Script(good, good, Response(status=503), no, no, good, good, no, no), trail, "agent.pak_file"
    )
    for pak in (PAK, PAK, PAK, OTHER, OTHER, OTHER, PAK, PAK, OTHER):
        line.send(asked(pak), timeout_seconds=1)
    records = told(tmp_path)

    assert [one["action"] for one in records] == [
        *("credential.use", "auth.rejected", "pak.rotate", "auth.rejected", "auth.rejected")
    ]
    assert [one["facts"] for one in records[:4]] == [
        {"source": "agent.pak_file", "fingerprint": fingerprint(PAK)},
        {"source": "agent.pak_file", "fingerprint": fingerprint(OTHER), "request": "GET /api/v1/agents/a"},
        {"source": "agent.pak_file", "fingerprint": fingerprint(OTHER), "replaces": fingerprint(PAK)},
        {"source": "agent.pak_file", "fingerprint": fingerprint(PAK), "request": "GET /api/v1/agents/a"},
    ]
    assert PAK.rpartition("_")[2] not in (tmp_path / "audit-000000000001.jsonl").read_text()


def test_a_fingerprint_is_short_and_no_plain_hash() -> None:
    assert len(fingerprint(PAK)) == FINGERPRINT_DIGITS
    assert fingerprint(PAK) != fingerprint(OTHER)


def test_what_goes_without_a_credential_is_no_use_of_one(tmp_path: Path, trail: Trail) -> None:
    line = AuditedBrokerLine(Script(Response(status=200)), trail, "agent.pak")
    line.send(Request(method="GET", path="/readyz"), timeout_seconds=1)

    assert told(tmp_path) == []
