"""How a work order ends: by its time, by its Job, by its BuildRun, by the words of a failure."""

from __future__ import annotations

import pytest

from brokkr_agent.duties.build import run_of, wanted
from brokkr_agent.duties.ending import MESSAGE_CHARACTERS, failure, margin, of_build_run, of_job, worth_another_try
from brokkr_agent.reading import read
from brokkr_core.errors import ApiError, ClusterUnreachableError, InputError, NotFoundError
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.work import WorkOrder

BUILD = "apiVersion: shipwright.io/v1beta1\nkind: Build\nmetadata: {name: %s, namespace: ci}\nspec: {}\n"
NAMED = "apiVersion: brokkr.io/v1\nkind: WorkOrder\nmetadata: {name: w}\nspec: {buildRef: {name: api}}\n"


def order(retries: int = 0) -> WorkOrder:
    return WorkOrder(
        id="30303030-0005-4000-8000-000000000005",
        work_type="build",
        yaml_content="",
        status="CLAIMED",
        claim_timeout_seconds=3600,
        max_retries=3,
        retry_count=retries,
        backoff_seconds=60,
    )


@pytest.mark.parametrize(("claim", "budget"), [(3600, 3240.0), (600, 540.0), (300, 240.0), (60, 0.0), (1, 0.0)])
def test_a_result_is_told_before_the_claim_runs_out(claim: int, budget: float) -> None:
    assert margin(claim) == budget


def job(**status: object) -> JsonObject:
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "status": status}  # type: ignore[dict-item]


def test_how_a_job_ends() -> None:
    done = of_job(job(conditions=[{"type": "Complete", "status": "True"}]), "Job/j")
    bad = of_job(job(conditions=[{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]), "Job/j")
    gone = of_job(None, "Job/j")

    assert of_job(job(active=1), "Job/j") is None
    assert of_job({**job(), "spec": {"suspend": True}}, "Job/j") is None, "a suspended Job has not finished"
    assert done is not None
    assert done.success
    assert bad is not None
    assert (bad.success, bad.retryable) == (False, False)
    assert "BackoffLimitExceeded" in (bad.message or "")
    assert gone is not None
    assert (gone.success, gone.retryable) == (False, False)


def test_how_a_build_run_ends() -> None:
    def run(status: str, reason: str = "", message: str = "") -> JsonObject:
        told: JsonObject = {"type": "Succeeded", "status": status, "reason": reason, "message": message}
        return {"status": {"conditions": [told], "output": {"digest": "sha256:abc"}}}

    assert of_build_run({}, "x") is None
    assert of_build_run(run("Unknown", "Running"), "x") is None
    good, passes = of_build_run(run("True"), "x"), of_build_run(run("False", "Failed", "registry timeout"), "x")
    lasts = of_build_run(run("False", "Failed", "push forbidden after a timeout"), "x")
    assert good is not None
    assert (good.success, good.message) == (True, "sha256:abc")
    assert passes is not None
    assert (passes.success, passes.retryable) == (False, True)
    assert lasts is not None
    assert (lasts.success, lasts.retryable) == (False, False)


def test_words_that_last_win_over_words_that_pass() -> None:
    assert worth_another_try("Connection reset")
    assert not worth_another_try("connection: 404 Not Found")
    assert not worth_another_try("it timed out"), "as upstream has it"


def test_which_errors_are_worth_another_try() -> None:
    assert failure(ClusterUnreachableError("x")).retryable
    assert failure(ApiError(status=503, reason="ServiceUnavailable", message="x")).retryable
    assert not failure(NotFoundError(status=404, reason="NotFound", message="x")).retryable
    assert not failure(InputError("x")).retryable
    assert len(failure(InputError("x" * 100_000)).message or "") == MESSAGE_CHARACTERS


def test_the_last_build_wins_and_a_reference_does_without_one() -> None:
    build, ref = wanted(read(BUILD % "one" + "---\n" + BUILD % "two" + "---\n" + NAMED, source="x"))
    assert build is not None
    assert (build.ref.name, ref.name, ref.namespace) == ("two", "two", "ci")
    build, ref = wanted(read(NAMED, source="x"))
    assert (build, ref.kind, ref.name, ref.namespace) == (None, "Build", "api", "default")
    with pytest.raises(InputError, match="needs a Build"):
        wanted(read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", source="x"))


def test_a_run_is_named_after_its_order_and_try() -> None:
    ref = ObjectRef(group="shipwright.io", version="v1beta1", kind="Build", namespace="ci", name="api")
    assert run_of(ref, order()).name == "api-30303030"
    assert run_of(ref, order(2)).name == "api-30303030-2"
