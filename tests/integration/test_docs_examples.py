"""Every Python example of the documentation does what the documentation says it does."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from brokkr_core import KubeClient, ObjectRef, connect
from brokkr_core.broker import BrokerClient
from brokkr_core.model.json import dig
from brokkr_core.testing.broker import EmbeddedBroker
from brokkr_core.testing.cluster import EmbeddedCluster
from channel_stage import set_up
from channel_support import log_line
from cluster_support import MERGE_PATCH, Client, HttpTransport, deployment
from stage_support import config_map

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
WIDGETS = ROOT / "src" / "brokkr_agent" / "examples" / "widgets.yaml"

NEVER_READY = (
    "---\napiVersion: batch/v1\nkind: Job\n"
    "metadata: {name: long, namespace: default, annotations: {brokkr.io/idempotent: 'true'}}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}\n"
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run() -> Run:
    def run_example(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run_example


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Iterator[Path]:
    with EmbeddedCluster() as cluster:
        cluster.serve()
        yield cluster.write_kubeconfig(tmp_path / "kubeconfig")


@pytest.fixture
def client(kubeconfig: Path) -> Iterator[KubeClient]:
    with connect(str(kubeconfig)) as connected:
        yield connected


def written(folder: Path, *documents: str) -> Path:
    file = folder / "manifests.yaml"
    file.write_text("".join(documents))
    return file


def live_value(client: KubeClient, name: str) -> object:
    ref = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name=name)
    return dig(client.find(ref), "data", "a")


def test_every_example_is_shown_in_a_page_and_run_here() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    tests = Path(__file__).read_text()
    examples = [file.name for file in EXAMPLES.glob("*.py")]

    assert examples
    assert [name for name in examples if f"examples/{name}" not in pages or f'"{name}"' not in tests] == []


def test_the_pages_hold_no_python_that_nothing_runs() -> None:
    pages = sorted((ROOT / "docs").rglob("*.md"))

    assert [page.name for page in pages if "```python" in page.read_text()] == []


def test_the_readme_shows_the_first_example_as_it_is() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    _, _, code = (EXAMPLES / "apply.py").read_text().partition('"""\n\n')

    assert blocks == [code]


def test_apply_creates_what_the_file_says_in_an_order_that_works(run: Run, kubeconfig: Path) -> None:
    first = run("apply.py", kubeconfig, WIDGETS)
    second = run("apply.py", kubeconfig, WIDGETS)

    assert first.returncode == 0, first.stderr
    assert sorted(first.stdout.split()[1::2]) == [
        "CustomResourceDefinition/widgets.example.com",
        "Namespace/workshop",
        "Widget/workshop/left",
        "Widget/workshop/right",
    ]
    assert first.stdout.count("created") == 4
    assert second.stdout.count("unchanged") == 4


def test_apply_is_about_fifteen_lines() -> None:
    code = (EXAMPLES / "apply.py").read_text().splitlines()

    assert len([line for line in code if line]) <= 15


def test_apply_or_undo_puts_a_failed_run_back_and_says_what_it_compared(
    run: Run, kubeconfig: Path, client: KubeClient, tmp_path: Path
) -> None:
    good = run("apply_or_undo.py", kubeconfig, written(tmp_path, config_map("one", a="1")), 1)
    bad = run("apply_or_undo.py", kubeconfig, written(tmp_path, config_map("one", a="2"), NEVER_READY), 1)

    assert (good.returncode, good.stdout) == (0, "all 1 objects are ready\n"), good.stderr
    assert bad.returncode == 1, bad.stderr
    assert "timed-out Job/default/long" in bad.stdout
    assert "rollback: VERIFIED_EXACT" in bad.stdout
    assert "ConfigMap/default/one: restored_exact" in bad.stdout
    assert live_value(client, "one") == "1"


def test_plan_shows_waves_and_reasons_without_a_cluster(run: Run) -> None:
    done = run("plan.py", WIDGETS)

    assert done.returncode == 0, done.stderr
    assert "1 Namespace/workshop" in done.stdout
    assert "crd Widget/workshop/left waits for CustomResourceDefinition/widgets.example.com" in done.stdout


def test_plan_names_the_place_of_a_fault(run: Run, tmp_path: Path) -> None:
    done = run("plan.py", written(tmp_path, "kind: ConfigMap\nmetadata: {name: a}\n"))

    assert done.returncode == 1
    assert "manifests.yaml:1" in done.stderr
    assert "apiVersion" in done.stderr


def test_target_state_lists_what_the_broker_wants(run: Run, tmp_path: Path) -> None:
    with EmbeddedBroker() as server, BrokerClient.connect(server.url, pak=server.admin_pak) as operator:
        generator = operator.generators.create("docs").generator
        issued = operator.agents.create("edge", "cluster", generator_ids=[generator.id])
        stack = operator.stacks.create("web", generator_id=generator.id)
        operator.agents.targets.add(issued.agent.id, stack.id)
        operator.stacks.deployment_objects.create(stack.id, config_map("one"))
        pak_file = tmp_path / "pak"
        pak_file.write_text(issued.pak.reveal())
        done = run("target_state.py", server.url, pak_file)

    assert done.returncode == 0, done.stderr
    assert f"stack {stack.id} revision" in done.stdout
    assert "ConfigMap/default/one" in done.stdout


def test_report_tells_once_what_is_reported_twice_and_sets_aside_what_the_broker_will_not_take(
    run: Run, tmp_path: Path
) -> None:
    pak_file, outbox = tmp_path / "pak", tmp_path / "outbox"
    with EmbeddedBroker() as server, BrokerClient.connect(server.url, pak=server.admin_pak) as operator:
        generator = operator.generators.create("docs").generator
        issued = operator.agents.create("edge", "cluster", generator_ids=[generator.id])
        stack = operator.stacks.create("web", generator_id=generator.id)
        posted = operator.stacks.deployment_objects.create(stack.id, config_map("one"))
        pak_file.write_text(issued.pak.reveal())
        first = run("report.py", server.url, pak_file, outbox, "attempt-1", stack.id, posted.id)
        again = run("report.py", server.url, pak_file, outbox, "attempt-1", stack.id, posted.id)
        wrong = run("report.py", server.url, pak_file, outbox, "attempt-2", stack.id, stack.id)
        events = operator.agents.events.list(issued.agent.id)

    assert (first.stdout, first.stderr) == ("delivered 1 waiting 0 \n", "")
    assert again.stdout == "delivered 0 waiting 0 \n"
    assert "never taken: attempt-2" in wrong.stdout
    assert "foreign_key_violation" in wrong.stdout
    assert [event.deployment_object_id for event in events] == [posted.id]


def test_listen_looks_when_something_was_posted_and_not_only_when_time_has_passed(tmp_path: Path) -> None:
    with EmbeddedBroker() as server, BrokerClient.connect(server.url, pak=server.admin_pak) as operator:
        generator = operator.generators.create("docs").generator
        issued = operator.agents.create("edge", "cluster", generator_ids=[generator.id])
        stack = operator.stacks.create("web", generator_id=generator.id)
        operator.agents.targets.add(issued.agent.id, stack.id)
        pak_file = tmp_path / "pak"
        pak_file.write_text(issued.pak.reveal())
        command = [sys.executable, str(EXAMPLES / "listen.py"), server.url, str(pak_file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listening:
            assert listening.stdout is not None
            first = listening.stdout.readline()
            operator.stacks.deployment_objects.create(stack.id, config_map("one"))
            second, _ = listening.communicate(timeout=60)

    assert (first, second) == (
        "connected: 0 stacks, newest revision 0\n",
        "stack_changed: 1 stacks, newest revision 1\n",
    )


def test_tail_shows_what_an_agent_tells_of_the_stack(tmp_path: Path) -> None:
    pak_file = tmp_path / "pak"
    with set_up() as scene:
        pak_file.write_text(scene.broker.admin_pak)
        command = [sys.executable, str(EXAMPLES / "tail.py"), scene.broker.url, scene.stack.id, str(pak_file), "2"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tail:
            assert tail.stdout is not None
            first = tail.stdout.readline()
            for text in ("one", "two"):
                assert scene.channel.offer(log_line(text, scene.stack.id))
            rest, _ = tail.communicate(timeout=60)

    assert first == "listening\n"
    assert [line.partition(" ")[2] for line in rest.splitlines()] == ["one", "two"]


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), EXAMPLES / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_test_for_users_passes() -> None:
    loaded("own_test.py").test_the_namespace_comes_first_and_a_second_apply_changes_nothing()


def test_the_tests_of_an_unkind_cluster_pass() -> None:
    module = loaded("unkind_cluster.py")
    for name in (
        "a_lost_answer_and_a_busy_server_are_survived",
        "an_agent_without_rights_reports_it_and_writes_nothing",
    ):
        getattr(module, f"test_{name}")()
    module.test_a_webhook_that_adds_a_label_is_no_endless_change()


def test_the_example_that_shares_fields_yields_to_one_and_takes_from_another(
    run: Run, kubeconfig: Path, tmp_path: Path
) -> None:
    other = Client(HttpTransport(str(connect(str(kubeconfig)).host)))
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n"
        "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
        "    spec: {containers: [{name: main, image: 'nginx:2'}]}\n"
    )
    other.create(deployment(replicas=7, image="nginx:2"), fieldManager="autoscaler").expect(201)
    other.patch(deployment(), {"metadata": {"labels": {"tier": "old"}}}, MERGE_PATCH, fieldManager="kubectl-edit")
    labelled = text.replace("{name: web}", "{name: web, labels: {tier: new}}")
    done = run("share_fields.py", kubeconfig, written(tmp_path, labelled))

    assert done.returncode == 0, done.stdout + done.stderr
    assert ".spec.replicas: yield (autoscaler)" in done.stdout
    assert ".metadata.labels.tier: take (kubectl-edit)" in done.stdout
    assert "run 2 unchanged Deployment/default/web" in done.stdout
    assert other.read(deployment()).get("spec", "replicas") == 7
