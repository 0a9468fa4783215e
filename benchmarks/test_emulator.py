"""How many server-side applies a second the emulated cluster answers, and what ten thousand objects weigh.

Run with ``pytest benchmarks/test_emulator.py -s``. In process one thread sends. Over HTTP it is another process, with
connections that stay open: first one thread that waits for every answer, which tells how long one answer takes, then
eight, which tell how much the server can do.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from brokkr_core.model.http import Request
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster import EmbeddedCluster, EmbeddedTransport

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

OBJECTS = 1_000
MANY = 10_000
MOST_MEBIBYTES = 300

_CLIENT = """
import http.client, json, sys, threading, time

port, threads, objects = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def apply(worker, value):
    line = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(objects // threads):
        name = f"c{worker}-{number}"
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": value, "b": "2"}}
        path = f"/api/v1/namespaces/default/configmaps/{name}?fieldManager=bench"
        line.request("PATCH", path, json.dumps(body), {"content-type": "application/apply-patch+yaml"})
        answer = line.getresponse()
        assert answer.status in (200, 201), answer.read()
        answer.read()

rates = []
for value in ("1", "1", "2"):
    workers = [threading.Thread(target=apply, args=(worker, value)) for worker in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rates.append(round(objects / (time.perf_counter() - start)))
print(json.dumps(rates))
"""

_WEIGHT = f"""
import json, sys
from pathlib import Path
sys.path.insert(0, {str(__file__).rpartition("/")[0]!r})
from brokkr_core.testing.cluster import EmbeddedCluster
import test_emulator

def resident():
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024

before = resident()
embedded = EmbeddedCluster()
test_emulator.apply_all(embedded.transport(), test_emulator.requests({MANY}, "1"))
print(json.dumps([before, resident()]))
"""


def requests(count: int, value: str) -> list[Request]:
    """Applies of small ConfigMaps."""
    return [_apply(f"c{number}", value) for number in range(count)]


def _apply(name: str, value: str) -> Request:
    metadata: JsonObject = {"name": name, "namespace": "default", "labels": {"app": "bench"}}
    data: JsonObject = {"a": value, "b": "2", "c": "x" * 50}
    body: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    return Request(
        method="PATCH",
        path=f"/api/v1/namespaces/default/configmaps/{name}",
        query={"fieldManager": "bench"},
        headers={"content-type": "application/apply-patch+yaml"},
        body=json.dumps(body).encode(),
    )


def apply_all(transport: EmbeddedTransport, asked: list[Request]) -> None:
    """Send one after the other."""
    for request in asked:
        response = transport.send(request, timeout_seconds=10.0)
        assert response.status in {200, 201}, response.body


@pytest.fixture
def embedded() -> Iterator[EmbeddedCluster]:
    """A cluster that a test may fill."""
    with EmbeddedCluster() as cluster:
        yield cluster


def _told(benchmark: BenchmarkFixture, what: str) -> None:
    assert benchmark.stats is not None
    rate = OBJECTS / benchmark.stats.stats.min
    benchmark.extra_info["applies_per_second"] = round(rate)
    print(f"\n{what}: {rate:,.0f} applies/s")


def test_creates_in_process(benchmark: BenchmarkFixture) -> None:
    """Every apply makes an object."""
    asked = requests(OBJECTS, "1")

    def setup() -> tuple[tuple[EmbeddedTransport, list[Request]], dict[str, object]]:
        return (EmbeddedCluster().transport(), asked), {}

    benchmark.pedantic(apply_all, setup=setup, rounds=10)  # type: ignore[no-untyped-call]
    _told(benchmark, "create, in process")


def test_no_ops_in_process(benchmark: BenchmarkFixture, embedded: EmbeddedCluster) -> None:
    """Every apply finds its object as it wants it."""
    asked = requests(OBJECTS, "1")
    apply_all(embedded.transport(), asked)
    benchmark.pedantic(apply_all, args=(embedded.transport(), asked), rounds=10)  # type: ignore[no-untyped-call]
    _told(benchmark, "no-op, in process")


def test_updates_in_process(benchmark: BenchmarkFixture, embedded: EmbeddedCluster) -> None:
    """Every apply changes one value."""
    turns = iter(range(1_000))

    def setup() -> tuple[tuple[EmbeddedTransport, list[Request]], dict[str, object]]:
        return (embedded.transport(), requests(OBJECTS, f"value {next(turns)}")), {}

    apply_all(embedded.transport(), requests(OBJECTS, "first"))
    benchmark.pedantic(apply_all, setup=setup, rounds=10)  # type: ignore[no-untyped-call]
    _told(benchmark, "update, in process")


@pytest.mark.parametrize("threads", [1, 8])
def test_applies_over_http(threads: int) -> None:
    """The client is a process of its own; create, no-op and update one after the other."""
    with EmbeddedCluster() as cluster:
        port = cluster.serve().rpartition(":")[2]
        command = [sys.executable, "-c", _CLIENT, port, str(threads), str(2 * OBJECTS)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    create, same, update = json.loads(done.stdout)
    print(f"\nover HTTP, {threads} thread(s): create {create:,}/s, no-op {same:,}/s, update {update:,}/s")
    assert min(create, same, update) > 0


def test_the_weight_of_ten_thousand_objects() -> None:
    """A process that holds them stays small."""
    done = subprocess.run([sys.executable, "-c", _WEIGHT], capture_output=True, text=True, check=True, timeout=100)
    before, after = json.loads(done.stdout)
    print(f"\n{MANY:,} ConfigMaps: {after} MiB resident, {before} MiB of it without a cluster")
    assert after < MOST_MEBIBYTES
