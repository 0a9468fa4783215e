"""What is counted, under which name: upstream's names and buckets, labels of closed sets, and what the lines told."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from brokkr_agent.lines import OPERATIONS, BrokerLine, ClusterLine, Heard, Side, broker_kind, cluster_kind
from brokkr_agent.metrics import Families, Ledger, written
from brokkr_agent.metrics.families import OPERATION_BUCKETS, POLL_BUCKETS, code_of, result_of
from brokkr_agent.metrics.memory import memory_limit
from brokkr_agent.verdicts import Attempt
from brokkr_core.errors import BrokerUnreachableError, ClusterUnreachableError
from brokkr_core.kube.transport import Stream
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.http import Request, Response
from brokkr_core.model.outcome import Report
from metrics_support import AT, readings

API = "/api/v1"


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"brokkr_agent_{name}", labels)


def heard(side: Side, kind: str, status: int | None = 200, *, again: bool = False) -> Heard:
    return Heard(side=side, kind=kind, seconds=0.2, status=status, again=again)


def test_upstreams_names_and_buckets_are_kept() -> None:
    registry = CollectorRegistry()
    families = Families(registry)
    families.hear(heard(Side.BROKER, "target-state"))
    families.hear(heard(Side.BROKER, "target-state", 503))
    families.hear(heard(Side.BROKER, "heartbeat", None))
    assert value(registry, "last_successful_poll_timestamp") == 0.0
    families.hear(heard(Side.BROKER, "heartbeat", 204))
    families.hear(heard(Side.KUBERNETES, "apply"))

    assert value(registry, "poll_requests_total", status="success") == 1
    assert value(registry, "poll_requests_total", status="error") == 1
    assert value(registry, "poll_duration_seconds_count") == 2
    assert value(registry, "heartbeat_sent_total") == 2, "those that failed count, as upstream's do"
    assert (value(registry, "last_successful_poll_timestamp") or 0.0) > 1.7e9
    assert value(registry, "kubernetes_operations_total", operation="apply") == 1
    assert value(registry, "kubernetes_operation_duration_seconds_count", operation="apply") == 1
    assert POLL_BUCKETS == (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
    assert OPERATION_BUCKETS == (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def test_a_certificate_that_is_not_used_has_no_date() -> None:
    registry = CollectorRegistry()
    registry.register(readings(Ledger(1)))
    dates = [value(registry, "tls_certificate_not_after_timestamp_seconds", use=use) for use in ("client", "ca")]

    assert dates == [AT.timestamp(), None]


def test_two_agents_of_one_process_do_not_count_together() -> None:
    one, two = CollectorRegistry(), CollectorRegistry()
    Families(one).hear(heard(Side.BROKER, "heartbeat"))
    Families(two)

    assert (value(one, "heartbeat_sent_total"), value(two, "heartbeat_sent_total")) == (1, 0)


def test_what_was_not_granted_and_what_was_sent_again_is_counted() -> None:
    registry = CollectorRegistry()
    families = Families(registry)
    families.hear(heard(Side.KUBERNETES, "get", 404))
    families.hear(heard(Side.KUBERNETES, "apply", None))
    families.hear(heard(Side.KUBERNETES, "apply", 201, again=True))

    assert value(registry, "kubernetes_request_errors_total", operation="get", code="404") == 1
    assert value(registry, "kubernetes_request_errors_total", operation="apply", code="none") == 1
    assert value(registry, "kubernetes_retries_total") == 1


def test_no_status_makes_a_series_of_its_own_that_is_not_known() -> None:
    codes = {code_of(heard(Side.BROKER, "poll", status)) for status in range(100, 600)}

    assert len(codes) == 16 + 5
    assert code_of(heard(Side.BROKER, "poll", None)) == "none"


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", f"{API}/agents/a/target-state", "target-state"),
        ("POST", f"{API}/agents/a/heartbeat", "heartbeat"),
        ("POST", f"{API}/agents/a/events", "outcome"),
        ("GET", f"{API}/agents/a/stacks", "poll"),
        ("GET", f"{API}/agents/a", "other"),
        ("GET", "/readyz", "probe"),
    ],
)
def test_a_request_to_the_broker_has_a_class(method: str, path: str, kind: str) -> None:
    assert broker_kind(Request(method=method, path=path)) == kind


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (Request(method="PATCH", path="/x", headers={"content-type": "application/apply-patch+yaml"}), "apply"),
        (Request(method="PATCH", path="/x", query={"dryRun": "All"}), "dry-run"),
        (Request(method="PATCH", path="/x"), "patch"),
        (Request(method="POST", path="/x"), "create"),
        (Request(method="PUT", path="/x"), "replace"),
        (Request(method="DELETE", path="/x"), "delete"),
        (Request(method="OPTIONS", path="/x"), "patch"),
        (Request(method="GET", path="/version"), "version"),
        (Request(method="GET", path="/apis"), "discovery"),
        (Request(method="GET", path="/api/v1"), "discovery"),
        (Request(method="GET", path="/apis/apps/v1"), "discovery"),
        (Request(method="GET", path="/openapi/v3/apis/apps/v1"), "discovery"),
        (Request(method="GET", path="/api/v1/pods", query={"watch": "true"}), "watch"),
        (Request(method="GET", path="/api/v1/pods", query={"limit": "500"}), "list"),
        (Request(method="GET", path="/api/v1/namespaces/a/pods/version"), "get"),
    ],
)
def test_a_request_to_a_cluster_has_a_class(request_: Request, kind: str) -> None:
    assert cluster_kind(request_) == kind
    assert kind in OPERATIONS


class Script:
    """A transport that answers from a list."""

    def __init__(self, *answers: Response | Exception) -> None:
        self._answers = iter(answers)

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        raise ClusterUnreachableError("no stream")

    def close(self) -> None:
        return


def test_the_line_to_a_cluster_tells_every_try_and_which_one_is_a_repeat() -> None:
    told: list[Heard] = []
    line = ClusterLine(Script(ClusterUnreachableError("cut"), Response(status=200), Response(status=500)), told.append)
    one, like_it = Request(method="GET", path="/version"), Request(method="GET", path="/version")
    with pytest.raises(ClusterUnreachableError):
        line.send(one, timeout_seconds=1)
    line.send(one, timeout_seconds=1)
    line.send(like_it, timeout_seconds=1)
    with pytest.raises(ClusterUnreachableError):
        line.stream(Request(method="GET", path="/x", query={"watch": "true"}), timeout_seconds=1)

    assert [(one.kind, one.status, one.error, one.again) for one in told] == [
        ("version", None, "cut", False),
        ("version", 200, "", True),
        ("version", 500, "", False),
        ("watch", None, "no stream", False),
    ]


def test_the_line_to_a_broker_tells_every_try() -> None:
    told: list[Heard] = []
    line = BrokerLine(Script(BrokerUnreachableError("cut"), Response(status=503)), told.append)
    with pytest.raises(BrokerUnreachableError):
        line.send(Request(method="GET", path="/readyz"), timeout_seconds=1)
    line.send(Request(method="GET", path="/readyz"), timeout_seconds=1)

    assert [(one.kind, one.status, one.error, one.good) for one in told] == [
        ("probe", None, "cut", False),
        ("probe", 503, "", False),
    ]


def test_the_line_to_a_broker_tells_credentials_before_they_are_sent() -> None:
    known: list[str] = []
    line = BrokerLine(Script(BrokerUnreachableError("cut")), lambda _heard: None, know=known.append)
    with pytest.raises(BrokerUnreachableError):
        line.send(Request(method="GET", path="/a", headers={"authorization": "Bearer abc"}), timeout_seconds=1)

    assert known == ["abc"]


def attempt(*, ok: bool, report: Report | None) -> Attempt:
    revision = DeploymentObject(
        id="r", sequence_id=1, stack_id="s", yaml_content="", yaml_checksum="", is_deletion_marker=False
    )
    return Attempt(revision=revision, ok=ok, report=report)


@pytest.mark.parametrize(
    ("one", "result"),
    [
        (attempt(ok=True, report=Report()), "success"),
        (attempt(ok=False, report=Report()), "failure"),
        (attempt(ok=False, report=Report(begun=False)), "refused"),
        (attempt(ok=False, report=None), "error"),
    ],
)
def test_an_attempt_ends_in_one_word(one: Attempt, result: str) -> None:
    registry = CollectorRegistry()
    Families(registry).ended(one)

    assert result_of(one) == result
    assert value(registry, "deployments_total", result=result) == 1


def test_what_is_written_has_no_series_about_its_own_making() -> None:
    registry = CollectorRegistry()
    Families(registry).hear(heard(Side.BROKER, "heartbeat"))
    text = written(registry).decode()

    assert "brokkr_agent_heartbeat_sent_total 1.0\n" in text
    assert "_created" not in text


def test_a_stack_is_forgotten_when_the_broker_does_not_name_it_any_more() -> None:
    ledger = Ledger(most=10)
    for stack in ("a", "b", "c"):
        ledger.ended(stack, ok=False)
    ledger.ended("a", ok=True)
    ledger.ended("b", ok=False)
    shown, others = ledger.shown()
    assert ({stack: end.failures for stack, end in shown.items()}, others) == ({"a": 0, "b": 2, "c": 1}, 0)
    assert shown["a"].last_success is not None
    assert ledger.failing == 2

    ledger.keep({"b"})
    assert (list(ledger.shown()[0]), ledger.failing) == (["b"], 1)


def test_a_stack_that_fails_keeps_the_time_at_which_it_was_well() -> None:
    ledger = Ledger(most=10)
    ledger.ended("a", ok=True)
    ledger.ended("a", ok=False)

    assert ledger.shown()[0]["a"].last_success is not None


@pytest.mark.parametrize(("most", "shown", "others"), [(0, 0, 5), (3, 3, 2), (5, 5, 0)])
def test_no_more_stacks_have_series_than_the_settings_say(most: int, shown: int, others: int) -> None:
    ledger = Ledger(most=most)
    for number in range(5):
        ledger.ended(str(number), ok=True)

    assert (len(ledger.shown()[0]), ledger.shown()[1]) == (shown, others)


def machine(root: Path, cgroup: str, **limits: str) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(cgroup)
    for place, limit in limits.items():
        file = root / "sys/fs/cgroup" / place.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".max").write_text(limit) if file.name == "memory" else file.write_text(limit)
    return root


def test_the_limit_is_the_lowest_of_all_groups_above(tmp_path: Path) -> None:
    root = machine(tmp_path, "0::/a/b\n", memory="max\n", a__memory="300\n", a__b__memory="500\n")

    assert memory_limit(root) == 300


def test_the_limit_of_a_container_stands_at_the_top(tmp_path: Path) -> None:
    assert memory_limit(machine(tmp_path, "0::/\n", memory="268435456\n")) == 268435456


def test_the_first_version_of_cgroups_is_read_too(tmp_path: Path) -> None:
    root = machine(tmp_path, "5:memory:/x\n2:cpu:/x\n", memory__x__memory_="1")
    (root / "sys/fs/cgroup/memory/x/memory.limit_in_bytes").write_text("700\n")
    (root / "sys/fs/cgroup/memory/memory.limit_in_bytes").write_text("9223372036854771712\n")

    assert memory_limit(root) == 700


@pytest.mark.parametrize("cgroup", ["0::/\n", "", "nonsense", "0::/../../etc\n"])
def test_without_a_limit_there_is_none(tmp_path: Path, cgroup: str) -> None:
    assert memory_limit(machine(tmp_path, cgroup, memory="max\n")) is None
    assert memory_limit(tmp_path / "nowhere") is None
