"""``apply --atomic``, ``rollback`` and ``journal``, run as a user runs them, against a served cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokkr_agent.commands.options import OWNER
from brokkr_core.model.json import JsonObject, as_list, dig
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.rollback import SecretStore
from brokkr_core.testing.cluster import EmbeddedCluster, FaultPlan
from command_support import Shell
from engine_play import everything, live, owned_values
from stage_support import config_map

QUICK = ("--timeout", "1")
SECRET = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: default}\nstringData: {a: hunter2}\n"
NEVER_READY = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: late, namespace: default}
spec:
  selector: {matchLabels: {app: late}}
  template: {metadata: {labels: {app: late}}, spec: {containers: [{name: a, image: x}]}}
"""
JOB = """---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: default}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: x}]}}}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with EmbeddedCluster() as cluster:
        cluster.serve()
        yield Shell(cluster, tmp_path)


def state(shell: Shell) -> dict[ObjectRef, JsonObject]:
    """Everything but our own records."""
    found = everything(shell.client, owned_values)
    return {ref: body for ref, body in found.items() if not ref.name.startswith("brokkr-") and ref.kind != "Lease"}


@pytest.mark.parametrize("stack", [(), ("--stack", "web", "--prune")], ids=["no stack", "a stack"])
def test_a_failed_atomic_apply_is_put_back_and_says_so(shell: Shell, stack: tuple[str, ...]) -> None:
    assert shell.run("apply", "-f", "-", *stack, text=config_map("web", a="1") + SECRET).returncode == 0
    before = state(shell)
    text = config_map("web", a="2") + SECRET.replace("hunter2", "hunter3") + config_map("new") + NEVER_READY
    done = shell.run("apply", "-f", "-", "--atomic", *QUICK, *stack, text=text)

    assert state(shell) == before
    assert "VERIFIED_EXACT" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 10, "the verdict chooses the exit code"
    certificate = shell.run("journal", "certificate")
    told = json.loads(certificate.stdout)
    assert (told["verdict"], len(told["objects"])) == ("VERIFIED_EXACT", 4)
    assert told["predicates"]["P8"] is (True if stack else None)
    for words in (done.stdout, done.stderr, certificate.stdout):
        assert "hunter" not in words


def test_without_atomic_a_failed_apply_is_left_as_it_stands(shell: Shell) -> None:
    done = shell.run("apply", "-f", "-", *QUICK, text=config_map("new") + NEVER_READY)

    assert done.returncode == 1
    assert live(shell.client, "ConfigMap", "new") is not None


def test_where_nothing_was_put_back_there_is_no_certificate(shell: Shell) -> None:
    assert shell.run("apply", "-f", "-", "--atomic", text=config_map("web")).returncode == 0
    done = shell.run("journal", "certificate")

    assert done.returncode == 2
    assert "nothing was put back" in done.stderr


def test_a_good_atomic_apply_ends_with_0_and_leaves_no_open_journal(shell: Shell) -> None:
    done = shell.run("apply", "-f", "-", "--atomic", text=config_map("web"))

    assert done.returncode == 0, done.stderr
    (journal,) = SecretStore(shell.client, namespace="default", owner_id=OWNER).found()
    assert journal.ended


def test_what_cannot_be_put_back_is_refused_unless_it_is_allowed(shell: Shell) -> None:
    refused = shell.run("apply", "-f", "-", "--atomic", *QUICK, text=config_map("web") + JOB)

    assert refused.returncode == 1
    assert "Job/default/once" in refused.stdout
    assert "irreversible" in refused.stdout
    assert live(shell.client, "ConfigMap", "web") is None

    everything_allowed = ("--allow", "exact,value-only,identity-loss,irreversible")
    tried = shell.run("apply", "-f", "-", "--atomic", *QUICK, *everything_allowed, text=config_map("web") + JOB)
    assert tried.returncode == 22, tried.stdout + tried.stderr
    assert live(shell.client, "ConfigMap", "web") is None


def test_atomic_without_waiting_is_refused(shell: Shell) -> None:
    done = shell.run("apply", "-f", "-", "--atomic", "--no-wait", text=config_map("web"))

    assert done.returncode == 2
    assert "--wait" in done.stderr


def test_a_stack_returns_to_the_revision_before_and_back_again(shell: Shell) -> None:
    apply = ("apply", "-f", "-", "--stack", "web", "--prune")
    assert shell.run(*apply, text=config_map("web", a="1") + config_map("old") + SECRET).returncode == 0
    assert shell.run(*apply, text=config_map("web", a="2") + config_map("new")).returncode == 0
    back = shell.run("rollback", "--stack", "web", "--stability", "0")

    assert back.returncode == 11, back.stdout + back.stderr
    assert "verdict: VERIFIED_EQUIVALENT" in back.stdout
    assert dig(live(shell.client, "ConfigMap", "web"), "data") == {"a": "1"}
    assert live(shell.client, "ConfigMap", "new") is None
    assert live(shell.client, "ConfigMap", "old") is not None
    assert live(shell.client, "Secret", "key") is not None

    forth = shell.run("rollback", "--stack", "web", "--stability", "0", "-o", "json")
    assert json.loads(forth.stdout)["verdict"] == "VERIFIED_EQUIVALENT"
    assert dig(live(shell.client, "ConfigMap", "web"), "data") == {"a": "2"}
    assert live(shell.client, "ConfigMap", "old") is None


def test_a_return_takes_nothing_from_others_unless_told_so(shell: Shell) -> None:
    apply = ("apply", "-f", "-", "--stack", "web", "--prune")
    assert shell.run(*apply, text=config_map("web", a="1")).returncode == 0
    assert shell.run(*apply, text=config_map("web", a="2")).returncode == 0
    body = live(shell.client, "ConfigMap", "web")
    assert body is not None
    shell.client.replace({**body, "data": {"a": "theirs"}}, ref_of(body), manager="somebody-else")
    back = shell.run("rollback", "--stack", "web", "--stability", "0")

    assert back.returncode == 1, back.stdout
    assert "somebody-else" in back.stdout
    assert dig(live(shell.client, "ConfigMap", "web"), "data") == {"a": "theirs"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--stack", "unknown"), "no revision is kept"), (("--stack", "web"), "there is no such revision")],
)
def test_there_has_to_be_something_to_return_to(shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    shell.run("apply", "-f", "-", "--stack", "web", "--prune", text=config_map("web", a="1"))
    done = shell.run("rollback", *arguments)

    assert done.returncode == 2
    assert words in done.stderr


def test_journals_can_be_looked_into_and_hold_no_value(shell: Shell) -> None:
    shell.run("apply", "-f", "-", "--stack", "web", "--prune", text=config_map("web", a="precious") + SECRET)
    listed = shell.run("journal", "show")
    name = listed.stdout.split()[0]
    told, as_json = shell.run("journal", "show", name), shell.run("journal", "show", name, "-o", "json")

    assert listed.stdout == f"{name}  ended\n"
    assert "begin" in told.stdout
    assert "commit" in told.stdout
    assert "Secret/default/key" in told.stdout
    assert "how=committed" in told.stdout
    assert [one["number"] for one in json.loads(as_json.stdout)] == list(range(len(told.stdout.splitlines())))
    for done in (told, as_json):
        assert done.returncode == 0
        assert "precious" not in done.stdout
        assert "hunter2" not in done.stdout


def test_a_journal_that_was_altered_is_found_out(shell: Shell) -> None:
    shell.run("apply", "-f", "-", "--stack", "web", "--prune", text=config_map("web"))
    good = shell.run("journal", "verify")
    assert good.returncode == 0
    name, head = good.stdout.split()
    assert len(head) == 64

    resource = next(one for one in shell.client.discovery.resources() if one.kind == "Secret")
    for body in list(shell.client.list(resource, namespace="default")):
        if str(dig(body, "metadata", "name")).endswith("-000001-000"):
            ref = ObjectRef(
                group="", version="v1", kind="Secret", namespace="default", name=str(dig(body, "metadata", "name"))
            )
            shell.client.delete(ref, uid=str(dig(body, "metadata", "uid")))
    bad = shell.run("journal", "verify", name)

    assert bad.returncode == 1
    assert "missing" in bad.stdout


def test_an_apply_that_was_killed_is_put_back_by_the_next(shell: Shell) -> None:
    apply = ("apply", "-f", "-", "--atomic", "--stack", "web", "--prune")
    assert shell.run(*apply, text=config_map("web", a="1")).returncode == 0
    before = state(shell)
    shell.cluster.break_with(FaultPlan.dying(8))
    shell.run(*apply, text="".join(config_map(f"n{number}") for number in range(3)) + config_map("web", a="2"))
    shell.cluster.break_with(FaultPlan())
    shell.cluster.revive()
    assert state(shell) != before

    done = shell.run(*apply, text=config_map("web", a="1"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "waiting up to" in done.stderr, "what a dead process held is free after a while"
    assert "VERIFIED_EXACT" in done.stdout
    assert state(shell) == before
    assert as_list(dig(live(shell.client, "ConfigMap", "web"), "metadata", "managedFields")) != []
