"""Bad input: one clear message, a FAILURE event where a broker is there to take it, and the cluster as it was."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from attrs import evolve

from brokkr_core.testing.broker import EmbeddedBroker
from brokkr_core.testing.cluster import EmbeddedCluster
from brokkr_core.testing.serving import ThreadedServer
from command_support import command
from engine_play import writes
from stage_support import config_map, playing, wait_for

GOOD = config_map("good")


def linked(name: str, after: str) -> str:
    return (
        f"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: default\n  annotations:\n"
        f"    config.kubernetes.io/depends-on: /namespaces/default/ConfigMap/{after}\n"
    )


BAD = {
    "unreadable YAML": (GOOD + "---\nkind: [ConfigMap\n", ("document 2", "flow sequence")),
    "no kind": (GOOD + "---\napiVersion: v1\nmetadata: {name: a}\n", ("document 2", "kind: is missing")),
    "a duplicate object": (GOOD + config_map("twice") + config_map("twice"), ("ConfigMap/default/twice", "twice")),
    "a cycle of depends-on": (GOOD + linked("a", "b") + linked("b", "a"), ("ConfigMap/default/a", "depends-on")),
    "an unknown kind": (
        GOOD + "---\napiVersion: example.com/v1\nkind: Gizmo\nmetadata: {name: a}\n",
        ("Gizmo/a", "example.com/v1", "CustomResourceDefinition"),
    ),
    "an unknown field": (
        GOOD + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\ndatum: {}\n",
        ("ConfigMap/default/a", "datum"),
    ),
    "a namespace that is not there": (config_map("a", namespace="nowhere"), ("ConfigMap/nowhere/a", "nowhere")),
    "a document that is no object": (GOOD + "---\n- 1\n- 2\n", ("document 2",)),
    "nothing at all": ("# only a comment\n", ("",)),
}

#: Text that is no YAML, or holds no document, never reaches an agent: the broker answers 400 (contract 6.4).
REFUSED_BY_THE_BROKER = frozenset({"unreadable YAML", "nothing at all"})


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedCluster, Path]]:
    kubeconfig = tmp_path_factory.mktemp("cluster") / "kubeconfig"
    with EmbeddedCluster() as embedded:
        embedded.serve()
        embedded.write_kubeconfig(kubeconfig)
        yield embedded, kubeconfig


@pytest.mark.parametrize("case", BAD)
def test_apply_says_what_is_wrong_and_leaves_the_cluster_as_it_was(
    cluster: tuple[EmbeddedCluster, Path], case: str
) -> None:
    embedded, kubeconfig = cluster
    text, words = BAD[case]
    done = command("apply", "-f", "-", "--kubeconfig", str(kubeconfig), text=text)

    said = done.stdout + done.stderr
    assert done.returncode in (1, 2), said
    assert [word for word in words if word not in said] == [], said
    assert "Traceback" not in said
    assert writes(embedded) == []


@pytest.mark.parametrize("case", [case for case in BAD if case not in REFUSED_BY_THE_BROKER])
def test_the_agent_reports_a_bad_revision_and_keeps_the_last_good_one(tmp_path: Path, case: str) -> None:
    text, words = BAD[case]
    with playing(tmp_path) as play:
        assert play.event(play.post(GOOD)).status == "SUCCESS"
        play.stage.embedded.requests.clear()
        event = play.event(play.post(text))

        assert event.status == "FAILURE"
        assert [word for word in words if word not in (event.message or "")] == [], event.message
        assert play.live("ConfigMap", "good") is not None
        assert play.changes() == []
        assert "Traceback" not in play.log


def test_a_revision_whose_text_was_changed_on_the_way_is_not_applied(tmp_path: Path) -> None:
    with playing(tmp_path, start=False) as play:
        posted = play.post(GOOD)
        objects = play.stage.broker.state.objects
        stored = objects.live(posted.id)
        assert stored is not None
        objects.put(evolve(stored, yaml_content=GOOD.replace("good", "evil")))
        play.activate()
        play.start()
        event = play.event(posted)

        assert event.status == "FAILURE"
        assert "SHA-256" in (event.message or "")
        assert play.changes() == []


def test_a_cluster_that_is_down_is_a_failure_first_and_a_success_when_it_is_back(tmp_path: Path) -> None:
    with playing(tmp_path, start=False) as play:
        port = int(play.stage.embedded.url.rpartition(":")[2])
        play.stage.embedded.close()
        posted = play.post(GOOD)
        play.activate()
        play.start()
        event = play.event(posted)
        assert event.status == "FAILURE"
        assert "cannot reach the cluster" in (event.message or "")

        play.stage.embedded.serve(port)
        wait_for(lambda: len(play.events(posted)) > 1, f"the second event; log:\n{play.log}")
        assert [one.status for one in play.events(posted)] == ["SUCCESS", "FAILURE"]


def test_commands_say_that_the_cluster_is_down(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    with EmbeddedCluster() as embedded:
        embedded.serve()
        embedded.write_kubeconfig(kubeconfig)
    done = command("apply", "-f", "-", "--kubeconfig", str(kubeconfig), text=GOOD)

    assert done.returncode == 3, done.stderr
    assert "cannot reach the cluster" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_says_that_the_broker_is_down(cluster: tuple[EmbeddedCluster, Path]) -> None:
    with EmbeddedBroker() as broker:
        url, pak = broker.url, broker.admin_pak
    done = run_agent(url, pak, cluster[1])

    assert done.returncode == 3, done.stderr
    assert "error:" in done.stderr
    assert url in done.stderr


def test_run_says_that_something_else_answers_instead_of_a_broker(cluster: tuple[EmbeddedCluster, Path]) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>welcome</html>", content_type="text/html")

    def build() -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", page)
        return application

    with EmbeddedBroker() as broker:
        pak = broker.admin_pak
    with ThreadedServer(build) as server:
        done = run_agent(server.url, pak, cluster[1])

    assert done.returncode == 3, done.stderr
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_says_that_the_pak_is_refused_without_showing_it(cluster: tuple[EmbeddedCluster, Path]) -> None:
    with EmbeddedBroker() as broker:
        pak = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"
        done = run_agent(broker.url, pak, cluster[1])

    assert done.returncode == 3, done.stderr
    assert "401" in done.stderr
    assert pak.rpartition("_")[2] not in done.stderr
    assert "Traceback" not in done.stderr


def test_run_refuses_the_pak_of_an_administrator(cluster: tuple[EmbeddedCluster, Path]) -> None:
    with EmbeddedBroker() as broker:
        done = run_agent(broker.url, broker.admin_pak, cluster[1])

    assert done.returncode == 2, done.stderr
    assert "agent PAK" in done.stderr


def run_agent(url: str, pak: str, kubeconfig: Path) -> subprocess.CompletedProcess[str]:
    return command(
        "run",
        "--broker-url",
        url,
        "--kubeconfig",
        str(kubeconfig),
        BROKKR__AGENT__PAK=pak,
        BROKKR__AGENT__MAX_RETRIES="1",
    )
