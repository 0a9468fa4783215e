"""What counts as ready where that is a matter of taste."""

from __future__ import annotations

import pytest

from brokkr_core.apply import ClassTimeout, PodPatience, ReadyPolicy, assess
from brokkr_core.apply.readiness import Facts, State
from brokkr_core.apply.readiness.extensions import backends
from brokkr_core.apply.readiness.subject import Backend
from brokkr_core.errors import UsageError
from brokkr_core.model.json import Json, JsonObject
from engine_support import with_status

ADDRESS: JsonObject = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
JUDGE, OTHER = Backend(namespace="lab", name="judge"), Backend(namespace="lab", name="other")


@pytest.mark.parametrize(
    ("strict", "status", "state", "reason"),
    [
        (False, {}, State.READY, "NoAddress"),
        (False, ADDRESS, State.READY, ""),
        (True, {}, State.IN_PROGRESS, "NoAddress"),
        (True, ADDRESS, State.READY, ""),
    ],
)
def test_an_ingress_is_waited_for_only_where_the_policy_says_so(
    strict: bool, status: JsonObject, state: State, reason: str
) -> None:
    found = assess(with_status("Ingress", status), policy=ReadyPolicy(ingress_address=strict))

    assert (found.state, found.reason) == (state, reason)


TIMEOUTS = ClassTimeout.parse_several("example.com/slow=900; *=60 ;example.com/late=1")


@pytest.mark.parametrize(
    ("name", "seconds"), [("example.com/slow", 900), ("", 60), ("example.com/other", 60), ("example.com/late", 60)]
)
def test_the_first_timeout_that_covers_a_class_decides(name: str, seconds: float) -> None:
    assert ReadyPolicy(load_balancer_timeouts=TIMEOUTS).load_balancer_seconds(name) == seconds


def test_a_class_that_nobody_speaks_of_has_no_timeout_of_its_own() -> None:
    assert ReadyPolicy(load_balancer_timeouts=ClassTimeout.parse_several("a=1")).load_balancer_seconds("") is None
    assert ReadyPolicy(load_balancer_timeouts=ClassTimeout.parse_several(" ; ")).load_balancer_timeouts == ()


@pytest.mark.parametrize("text", ["60", "a", "a=", "=60", "a=soon", "a=0", "a=-1", "a=nan"])
def test_a_timeout_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="class=seconds"):
        ClassTimeout.parse_several(text)


@pytest.mark.parametrize("wrong", [{"start_seconds": 0}, {"crash_restarts": -1}, {"unschedulable_seconds": -5}])
def test_nonsense_is_no_patience(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PodPatience(**wrong)


def webhook(service: str, policy: str = "Fail", bundle: str = "eA==") -> JsonObject:
    config: JsonObject = {"service": {"namespace": "lab", "name": service}, "caBundle": bundle}
    return {"name": f"{service}.example.com", "failurePolicy": policy, "clientConfig": config}


OUTSIDE: JsonObject = {"name": "x.example.com", "clientConfig": {"url": "https://hook.example.com"}}

#: Webhooks, the Services among theirs that nobody answers for, and what comes of it.
WEBHOOKS = [
    ([webhook("judge")], [], State.READY, ""),
    ([webhook("judge")], [JUDGE], State.IN_PROGRESS, "NoEndpoints"),
    ([webhook("judge"), webhook("other")], [OTHER], State.IN_PROGRESS, "NoEndpoints"),
    ([webhook("judge", "Ignore")], [JUDGE], State.READY, "NoEndpoints"),
    ([webhook("judge", "Ignore"), webhook("other")], [JUDGE, OTHER], State.IN_PROGRESS, "NoEndpoints"),
    ([webhook("judge", bundle="")], [], State.READY, "NoCaBundle"),
    ([webhook("judge", bundle="")], [JUDGE], State.IN_PROGRESS, "NoEndpoints"),
    ([OUTSIDE], [], State.READY, ""),
    ([], [], State.READY, ""),
]


@pytest.mark.parametrize("kind", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
@pytest.mark.parametrize(("entries", "unreached", "state", "reason"), WEBHOOKS)
def test_a_webhook_configuration_is_ready_when_somebody_answers(
    kind: str, entries: list[Json], unreached: list[Backend], state: State, reason: str
) -> None:
    found = assess({**with_status(kind), "webhooks": entries}, facts=Facts(unreached=frozenset(unreached)))

    assert (found.state, found.reason) == (state, reason)


def test_the_services_that_are_called_are_named_once() -> None:
    body: JsonObject = {"webhooks": [webhook("judge"), webhook("judge"), webhook("other"), OUTSIDE, "nonsense"]}

    assert backends(body) == {JUDGE, OTHER}
