"""The commands that need no broker, run as a user runs them, against a served cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ref_of
from brokkr_core.testing.cluster import EmbeddedCluster
from command_support import Shell
from engine_play import live, writes
from reversibility_texts import JOB
from stage_support import config_map


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with EmbeddedCluster() as cluster:
        cluster.serve()
        yield Shell(cluster, tmp_path)


def test_apply_takes_a_directory_and_tells_the_end_of_every_object(shell: Shell) -> None:
    manifests = shell.folder / "manifests"
    (manifests / "deeper").mkdir(parents=True)
    (manifests / "one.yaml").write_text(config_map("one"))
    (manifests / "two.json").write_text(
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two", "namespace": "default"}}'
    )
    (manifests / "notes.txt").write_text("not a manifest")
    (manifests / "deeper" / "three.yml").write_text(config_map("three"))
    done = shell.run("apply", "-f", "manifests")

    assert done.returncode == 0, done.stderr
    assert "+ ConfigMap/default/one  created" in done.stdout
    assert "+ ConfigMap/default/two  created" in done.stdout
    assert live(shell.client, "ConfigMap", "three") is None

    again = shell.run("apply", "-R", "-f", "manifests")
    assert "= ConfigMap/default/one  unchanged" in again.stdout
    assert "+ ConfigMap/default/three  created" in again.stdout


def test_apply_prints_one_json_document_for_programs(shell: Shell) -> None:
    done = shell.run("apply", "-f", "-", "-o", "json", text=config_map("one"))
    report = json.loads(done.stdout)

    assert report["ok"] is True
    assert report["counts"] == {"created": 1}
    assert report["outcomes"][0]["object"] == "ConfigMap/default/one"


def test_a_dry_run_on_the_server_says_what_would_change_and_changes_nothing(shell: Shell) -> None:
    assert shell.run("apply", "-f", "-", text=config_map("one", a="1")).returncode == 0
    shell.cluster.requests.clear()
    done = shell.run("apply", "-f", "-", "--dry-run=server", text=config_map("one", a="2") + config_map("two"))

    assert done.returncode == 0, done.stderr
    assert '~ ConfigMap/default/one  configured\n    data.a: "1" -> "2"\n' in done.stdout
    assert "+ ConfigMap/default/two  created" in done.stdout
    assert "dry run: 1 created, 1 configured" in done.stdout
    assert writes(shell.cluster) == []


def test_plan_for_programs_has_every_change_and_no_secret(shell: Shell) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{password: {}}}\n"
    before = config_map("one", a="1") + "---\n" + secret.format("hunter2")
    assert shell.run("apply", "-f", "-", text=before).returncode == 0
    text = config_map("one", a="2") + "---\n" + secret.format("hunter3")
    done = shell.run("plan", "-f", "-", "-o", "json", text=text)
    found = {one["object"]: one["changes"] for one in json.loads(done.stdout)["outcomes"]}

    assert found["ConfigMap/default/one"] == [{"path": "data.a", "before": '"1"', "after": '"2"'}]
    assert [change["path"] for change in found["Secret/default/s"]] == ["data.password"]
    assert "hunter" not in done.stdout
    assert "aHVudGVy" not in done.stdout


def test_a_dry_run_on_the_client_asks_no_cluster_at_all(shell: Shell) -> None:
    shell.cluster.close()
    done = shell.run("apply", "-f", "-", "--dry-run=client", text=config_map("one"))

    assert done.returncode == 0, done.stderr
    assert "plan: 1 objects in 1 waves" in done.stdout


def test_plan_shows_waves_with_reasons_and_what_would_change(shell: Shell) -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n"
    done = shell.run("plan", "-f", "-", text=config_map("one", namespace="lab") + "---\n" + namespace)

    assert done.returncode == 0, done.stderr
    assert "ConfigMap/lab/one  after Namespace/lab (namespace)" in done.stdout
    assert "+ Namespace/lab  created" in done.stdout
    assert writes(shell.cluster) == []


def test_a_named_stack_prunes_what_left_it_and_nothing_else(shell: Shell) -> None:
    stack = ("apply", "--prune", "--stack", "mine", "-f", "-")
    assert shell.run("apply", "-f", "-", text=config_map("loose")).returncode == 0
    assert shell.run(*stack, text=config_map("stays") + config_map("leaves")).returncode == 0
    preview = shell.run(*stack, "--dry-run=server", text=config_map("stays"))
    assert "- ConfigMap/default/leaves  pruned" in preview.stdout
    assert live(shell.client, "ConfigMap", "leaves") is not None

    done = shell.run(*stack, text=config_map("stays"))
    assert done.returncode == 0, done.stderr
    assert live(shell.client, "ConfigMap", "leaves") is None
    assert live(shell.client, "ConfigMap", "loose") is not None


def test_prune_without_a_stack_is_refused_before_anything_is_read(shell: Shell) -> None:
    done = shell.run("apply", "--prune", "-f", "nowhere.yaml")

    assert done.returncode == 2
    assert "--stack" in done.stderr


def test_a_conflict_ends_with_exit_code_one_and_names_manager_and_field(shell: Shell) -> None:
    assert shell.run("apply", "-f", "-", text=config_map("one", a="1")).returncode == 0
    body = live(shell.client, "ConfigMap", "one")
    assert body is not None
    taken: JsonObject = {**body, "data": {"a": "theirs"}}
    shell.client.replace(taken, ref_of(body), manager="by-hand")
    done = shell.run("apply", "-f", "-", text=config_map("one", a="2"))

    assert done.returncode == 1
    assert "! ConfigMap/default/one  conflict" in done.stdout
    assert "by-hand" in done.stdout
    assert ".data.a" in done.stdout
    assert shell.run("apply", "--force-conflicts", "-f", "-", text=config_map("one", a="2")).returncode == 0


def test_what_could_not_be_taken_back_is_shown_and_refused_unless_it_is_allowed(shell: Shell) -> None:
    job = JOB.format("1")
    shown = shell.run("plan", "-f", "-", text=job)
    (told,) = json.loads(shell.run("plan", "-o", "json", "-f", "-", text=job).stdout)["outcomes"]
    careful = shell.run("apply", "--no-wait", "--allow", "exact,value-only", "-f", "-", text=job + config_map("one"))

    assert (shown.returncode, careful.returncode) == (0, 1)
    assert "+ Job/default/one  created  irreversible: what it does outside of the API" in shown.stdout
    assert (told["action"], told["reversibility"]["class"]) == ("created", "irreversible")
    assert "! Job/default/one  forbidden  Irreversible: it could not be taken back: irreversible" in careful.stdout
    assert "! ConfigMap/default/one  blocked  PreflightFailed" in careful.stdout
    assert writes(shell.cluster) == []

    classes = ("--allow", "value-only", "--allow", "irreversible")
    assert shell.run("apply", "--no-wait", *classes, "-f", "-", text=job).returncode == 0


def test_a_class_that_does_not_exist_is_a_mistake_of_the_command_line(shell: Shell) -> None:
    done = shell.run("plan", "--allow", "some", "-f", "-", text=config_map("one"))

    assert done.returncode == 2
    assert "write one or more of exact, value-only, identity-loss, irreversible" in done.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("apply", "--help"), ("run", "--help"), ("--version",)])
def test_help_is_there(shell: Shell, arguments: tuple[str, ...]) -> None:
    done = shell.run(*arguments)

    assert done.returncode == 0
    assert "brokkr-agent" in done.stdout
