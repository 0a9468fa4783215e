"""What the engine's pure parts promise for any input."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.apply.difference.paths import changed_paths, same
from brokkr_core.apply.frontier import Blocked, Frontier
from brokkr_core.apply.outcomes import failure, words
from brokkr_core.apply.readiness import State, assess
from brokkr_core.errors import ApiError, BadRequestError, Cause, ForbiddenError, InvalidError, ServerFaultError
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.ref import ObjectRef
from engine_strategies import Course, anything, bodies, courses
from engine_support import a_ref, live, wanted

#: Text that stands nowhere in the engine's own words.
VALUES = st.text(alphabet="QXZ0189€", min_size=4, max_size=12)


@given(one=anything, other=anything)
def test_two_values_are_the_same_exactly_when_their_json_is(one: Json, other: Json) -> None:
    assert same(one, other) is (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@given(one=bodies(), other=bodies())
def test_a_difference_is_found_in_both_directions_and_only_where_there_is_one(
    one: JsonObject, other: JsonObject
) -> None:
    assert changed_paths(one, one) == ()
    assert changed_paths(one, other) == changed_paths(other, one)
    if one["spec"] != other["spec"] or json.dumps(one["spec"], sort_keys=True) != json.dumps(
        other["spec"], sort_keys=True
    ):
        assert any(path.startswith("spec") for path in changed_paths(one, other))


@given(one=anything, other=anything)
def test_any_two_values_that_differ_have_a_path(one: Json, other: Json) -> None:
    assert bool(changed_paths({"spec": one}, {"spec": other})) is not same(one, other)


@given(secret=VALUES, keys=st.lists(st.sampled_from(["a", "b.c", "d"]), min_size=1, unique=True))
def test_a_path_never_holds_a_value(secret: str, keys: list[str]) -> None:
    filled: JsonObject = {"data": dict.fromkeys(keys, secret), "list": [secret, {"name": "x", "value": secret}]}

    assert secret not in str(changed_paths({}, filled))
    assert secret not in str(changed_paths({"data": {"a": "1"}, "list": []}, filled))


class Run:
    """Carries a course out on a frontier and writes down what happened."""

    def __init__(self, course: Course) -> None:
        self.frontier = Frontier(course.plan)
        self.course = course
        self.taken: list[ObjectRef] = []
        self.settled: list[ObjectRef] = []
        self.failed: set[ObjectRef] = set()
        self.blocked: dict[ObjectRef, Blocked] = {}
        self.settled_when_taken: dict[ObjectRef, set[ObjectRef]] = {}
        self._go()

    def _go(self) -> None:
        running: list[ObjectRef] = []
        for number in range(len(self.course.plan.manifests) + 1):
            for ref in self.frontier.take():
                self.taken.append(ref)
                self.settled_when_taken[ref] = {*self.settled, *self.blocked}
                running.append(ref)
            if running:
                self._finish(running.pop(self.course.dice[number % len(self.course.dice)] % len(running)))

    def _finish(self, ref: ObjectRef) -> None:
        self.settled.append(ref)
        if ref.name not in self.course.failing:
            self.frontier.succeed(ref)
            return
        self.failed.add(ref)
        for one in self.frontier.fail(ref):
            assert one.ref not in self.blocked
            self.blocked[one.ref] = one


def hangs_on(course: Course, failed: set[ObjectRef]) -> set[ObjectRef]:
    """Work out what hangs on failures by hard edges, the slow way."""
    found: set[ObjectRef] = set()
    for _ in course.plan.manifests:
        found |= {edge.after for edge in course.plan.edges if edge.hard and edge.before in failed | found}
    return found


@given(course=courses())
def test_every_object_is_handed_out_once_or_blocked(course: Course) -> None:
    run = Run(course)

    assert len(run.taken) == len(set(run.taken))
    assert {*run.taken} | {*run.blocked} == {*course.plan.by_ref}
    assert not {*run.taken} & {*run.blocked}
    assert run.frontier.untouched == []


@given(course=courses())
def test_nothing_starts_before_all_it_waits_for_has_ended(course: Course) -> None:
    run = Run(course)

    for ref in run.taken:
        assert {edge.before for edge in course.plan.waits_for(ref)} <= run.settled_when_taken[ref]


@given(course=courses())
def test_a_failure_blocks_exactly_what_hangs_on_it(course: Course) -> None:
    run = Run(course)

    assert {*run.blocked} == hangs_on(course, run.failed)


@given(course=courses())
def test_a_chain_is_a_way_through_the_plan_back_to_a_failure(course: Course) -> None:
    run = Run(course)

    for ref, blocked in run.blocked.items():
        assert {*blocked.chain} <= {*course.plan.edges}
        assert all(edge.hard for edge in blocked.chain)
        assert blocked.chain[0].after == ref
        assert blocked.chain[-1].before in run.failed
        assert all(near.before == far.after for near, far in zip(blocked.chain, blocked.chain[1:], strict=False))


@given(
    secret=VALUES,
    kind=st.sampled_from([ApiError, BadRequestError, ForbiddenError, InvalidError, ServerFaultError]),
    around=st.sampled_from(
        ["{}", 'Invalid value: "{}"', "data.{}", ".data.password{}", "data[{}]", "metadata.labels.{}"]
    ),
    place=st.sampled_from(["message", "reason", "cause reason", "cause message", "cause field"]),
)
def test_the_value_of_a_secret_never_leaves_wherever_a_server_quotes_it(
    secret: str, kind: type[ApiError], around: str, place: str
) -> None:
    quoted = around.format(secret)
    cause = Cause(
        reason=quoted if place == "cause reason" else "FieldValueInvalid",
        message=quoted if place == "cause message" else "too long",
        field=quoted if place == "cause field" else "data.password",
    )
    error = kind(
        status=422,
        reason=quoted if place == "reason" else "Invalid",
        message=quoted if place == "message" else "it is invalid",
        request="PATCH /api/v1/namespaces/shop/secrets/one",
        causes=[cause],
    )
    outcome = failure(wanted(live("Secret", data={"password": secret})), error)

    assert secret not in str(outcome)
    assert secret not in json.dumps(outcome.to_json(), ensure_ascii=False)
    assert secret not in words(a_ref(kind="Secret"), error)
    assert outcome.message


KINDS = st.sampled_from(
    [
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
        ("v1", "Pod"),
        ("v1", "Service"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("example.com/v1", "Gadget"),
    ]
)
CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["Ready", "Failed", "Complete", "Stalled", "Progressing", "Available", "NamesAccepted", "Established"]
            )
        },
        optional={
            "status": st.sampled_from(["True", "False", "Unknown"]),
            "reason": st.sampled_from(["ProgressDeadlineExceeded", "Installing", "Other"]),
            "observedGeneration": st.integers(0, 4),
        },
    ),
    max_size=4,
)


@given(kind=KINDS, spec=anything, status=anything, generation=anything)
def test_any_status_can_be_judged(kind: tuple[str, str], spec: Json, status: Json, generation: Json) -> None:
    body = live(kind[1], api_version=kind[0], metadata={"generation": generation}, spec=spec, status=status)

    assert assess(body).state in State


@given(
    kind=KINDS, conditions=CONDITIONS, phase=st.sampled_from(["Failed", "Lost", "Running"]), behind=st.integers(1, 3)
)
def test_no_status_of_an_earlier_generation_is_a_failure_or_a_success(
    kind: tuple[str, str], conditions: list[Json], phase: str, behind: int
) -> None:
    status: JsonObject = {"observedGeneration": 4 - behind, "conditions": conditions, "phase": phase, "replicas": 1}

    assert (
        assess(live(kind[1], api_version=kind[0], metadata={"generation": 4}, status=status)).state is State.IN_PROGRESS
    )
