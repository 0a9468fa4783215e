"""``brokkr-agent stack`` and ``brokkr-agent dev broker`` as an operator uses them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker import EmbeddedBroker
from command_support import clean
from fake_broker_support import Door, Member, new_agent, new_generator, over_http, report, unique
from receiver_support import Receiver
from stage_support import config_map
from webhook_support import subscribe

OTHER_PAK = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"


class Operator:
    """A shell with a broker behind it."""

    def __init__(self, broker: EmbeddedBroker, folder: Path) -> None:
        self.broker = broker
        self.folder = folder
        self.door = Door(broker.handle, broker.admin_pak)
        self.generator = new_generator(self.door)

    def run(
        self, *arguments: str, pak: str = "", text: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        known = {"BROKKR_BROKER_URL": self.broker.url, "BROKKR_PAK": pak or self.broker.admin_pak}
        return subprocess.run(
            [sys.executable, "-m", "brokkr_agent", "stack", *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.folder,
            env=clean(**{**known, **environment}),
        )

    def create(self, *arguments: str) -> str:
        name = unique("web")
        done = self.run("create", name, "--generator", self.generator.name, *arguments)
        assert done.returncode == 0, done.stderr
        return name

    def newest(self, agent: Member) -> JsonObject:
        return self.door.get(f"/agents/{agent.id}/target-state", query={"mode": "full"}).items[0]


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with EmbeddedBroker() as broker:
        yield Operator(broker, tmp_path)


def test_a_stack_is_made_pushed_watched_and_deleted(operator: Operator) -> None:
    one, other = (new_agent(operator.door, operator.generator) for _ in range(2))
    name = operator.create("--agent", one.name, "--agent", f"{other.cluster_name}/{other.name}")
    (operator.folder / "a.yaml").write_text(config_map("one"))

    pushed = operator.run("push", name, "-f", "a.yaml")
    assert pushed.returncode == 0, pushed.stderr
    assert pushed.stdout.startswith(f"pushed revision 1 of {name}")
    made = operator.newest(one)
    assert made["yaml_content"] == config_map("one")

    waiting = operator.run("status", name)
    assert waiting.returncode == 1
    assert waiting.stdout.count("pending") == 2
    assert "INACTIVE and touches nothing" in waiting.stdout

    report(operator.door, one, str(made["id"]))
    report(operator.door, other, str(made["id"]), "FAILURE")
    failed = operator.run("status", name, "-o", "json")
    assert failed.returncode == 1
    told = {agent["id"]: agent["progress"] for agent in json.loads(failed.stdout)["agents"]}
    assert told == {one.id: "done", other.id: "failed"}

    report(operator.door, other, str(made["id"]))
    done = operator.run("status", name, "--wait", "30")
    assert (done.returncode, done.stdout.count("done")) == (0, 2)

    gone = operator.run("delete", name, "--yes")
    assert gone.stdout.startswith(f"deleted {name}")
    assert operator.run("status", name).returncode == 2


def test_a_push_that_waits_sees_what_the_agents_tell(operator: Operator) -> None:
    agent = new_agent(operator.door, operator.generator)
    name = operator.create("--agent", agent.id)

    def tell() -> None:
        while not (items := operator.door.get(f"/agents/{agent.id}/target-state").items):
            pass
        report(operator.door, agent, str(items[0]["id"]))

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    done = operator.run("push", name, "-f", "-", "--wait", "60", text=config_map("one"))
    assert done.returncode == 0, done.stdout + done.stderr
    telling.join()


def test_several_sources_become_one_text_and_a_fault_in_one_pushes_nothing(operator: Operator) -> None:
    agent = new_agent(operator.door, operator.generator)
    name = operator.create("--agent", agent.name)
    (operator.folder / "a.yaml").write_text(config_map("one"))
    (operator.folder / "b.yaml").write_text(config_map("two"))
    assert operator.run("push", name, "-f", ".").returncode == 0
    assert operator.newest(agent)["yaml_content"] == f"{config_map('one')}\n---\n{config_map('two')}"

    (operator.folder / "b.yaml").write_text("kind: [")
    refused = operator.run("push", name, "-f", ".")
    assert refused.returncode == 2
    assert "b.yaml" in refused.stderr
    assert operator.newest(agent)["sequence_id"] == 1


def test_labels_and_annotations_choose_agents(operator: Operator) -> None:
    agent = new_agent(operator.door, operator.generator)
    operator.door.post(f"/agents/{agent.id}/labels", {"agent_id": agent.id, "label": "edge"})
    name = operator.create("--label", "edge", "--annotation", "region=eu")
    assert [stack["name"] for stack in operator.door.get(f"/agents/{agent.id}/stacks").items] == [name]
    assert operator.run("create", "x", "--annotation", "region").returncode == 2


def test_agents_of_other_generators_cost_no_call(operator: Operator) -> None:
    agent, stranger = new_agent(operator.door, operator.generator), new_agent(operator.door)
    name = operator.create("--agent", agent.id)
    operator.broker.forget_requests()
    operator.run("status", name)
    asked = {one.path for one in operator.broker.requests}
    assert f"/api/v1/agents/{agent.id}/stacks" in asked
    assert not [path for path in asked if stranger.id in path]


def test_a_generator_needs_no_owner_and_may_not_read_events(operator: Operator) -> None:
    made = operator.run("create", "own", pak=operator.generator.pak)
    assert made.returncode == 0, made.stderr
    refused = operator.run("status", "own", pak=operator.generator.pak)
    assert refused.returncode == 2
    assert "only an admin's PAK" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "x"), "name the owner with --generator"),
        (("create", "x", "--generator", "nobody"), "there is no generator 'nobody'"),
        (("create", "x", "--generator", "admin-generator", "--agent", "nobody"), "there is no agent 'nobody'"),
        (("status", "nobody"), "there is no stack 'nobody'"),
        (("delete", "nobody"), "there is no stack 'nobody'"),
    ],
)
def test_names_of_nothing_are_told_before_anything_is_done(
    operator: Operator, arguments: tuple[str, ...], message: str
) -> None:
    refused = operator.run(*arguments)
    assert refused.returncode == 2
    assert message in refused.stderr
    assert operator.door.get("/stacks").json == []


def test_a_deletion_is_asked_for(operator: Operator) -> None:
    name = operator.create()
    assert operator.run("delete", name, text="n\n").returncode == 1
    assert [stack["name"] for stack in operator.door.get("/stacks").items] == [name]


def test_a_stack_nobody_has_and_an_empty_one_are_not_done(operator: Operator) -> None:
    name = operator.create()
    assert operator.run("status", name).returncode == 1
    operator.run("push", name, "-f", "-", text=config_map("one"))
    alone = operator.run("status", name)
    assert (alone.returncode, "no agent is to have it" in alone.stdout) == (1, True)


def test_a_pak_comes_from_a_file_or_the_environment_and_is_never_printed(operator: Operator) -> None:
    file = operator.folder / "pak"
    file.write_text(operator.broker.admin_pak)
    name = operator.create()
    assert operator.run("delete", name, "--yes", "--pak-file", str(file), pak=OTHER_PAK).returncode == 0
    refused = operator.run("status", name, pak=OTHER_PAK)
    assert refused.returncode == 3
    nothing = operator.run("status", name, BROKKR_PAK="")
    assert (nothing.returncode, "BROKKR_PAK" in nothing.stderr) == (2, True)
    assert OTHER_PAK.rpartition("_")[2] not in refused.stdout + refused.stderr


@contextmanager
def dev_broker(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The process and the words it printed, by the first of each line."""
    command = [sys.executable, "-m", "brokkr_agent", "dev", "broker", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean())
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        told: dict[str, str] = {}
        for line in iter(process.stdout.readline, ""):
            word, _, rest = line.strip().partition("  ")
            told[word] = rest.strip()
            if line.startswith("Ctrl-C"):
                break
        yield process, told
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30)[0] == "ended\n"
        assert process.returncode == 0
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def test_a_served_broker_keeps_its_data_and_its_agents(tmp_path: Path) -> None:
    data = str(tmp_path / "broker.db")
    with dev_broker("--port", "0", "--data", data, "--agent", "edge-1") as (_, told):
        door = Door(over_http(told["broker"]), told["admin PAK"])
        pak = told["agent"].rpartition("PAK ")[2]
        whoami = door.post("/auth/pak", pak=pak).members["agent"]
        (agent,) = door.get("/agents").items
        assert (agent["id"], agent["status"]) == (whoami, "ACTIVE")
        with Receiver() as receiver:
            tried = door.post(f"/webhooks/{subscribe(door, url=f'{receiver.url}/200')}/test")
            assert (tried.status, len(receiver.got)) == (200, 1), "it really posts"
    with dev_broker("--port", "0", "--data", data, "--agent", "edge-1") as (_, told):
        door = Door(over_http(told["broker"]), told["admin PAK"])
        assert "made earlier" in told["agent"]
        assert door.post("/auth/pak", pak=pak).members["agent"] == whoami


def test_a_served_broker_refuses_a_strange_file_and_a_taken_port(tmp_path: Path, operator: Operator) -> None:
    file = tmp_path / "notes"
    file.write_text("no database " * 100)
    port = operator.broker.url.rpartition(":")[2]
    for arguments, message in ((("--data", str(file)), "no database of a fake broker"), (("--port", port), "--port")):
        command = [sys.executable, "-m", "brokkr_agent", "dev", "broker", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=clean())
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr
