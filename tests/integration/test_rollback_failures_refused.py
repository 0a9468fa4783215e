"""Failures of design 5.5 in which the server says no, or says nothing: policies, rights, quotas, lost answers."""

from __future__ import annotations

import pytest

from brokkr_core.model.http import Request
from brokkr_core.model.json import dig
from brokkr_core.rollback import ObjectState, Verdict
from brokkr_core.testing.cluster import (
    Denied,
    FaultRule,
    Grant,
    Moment,
    Rbac,
    Refuse,
    Reset,
    Review,
    Truncate,
    User,
    ValidatingHook,
)
from engine_play import QUICK
from rollback_support import ANEW, Lab, by_name, definition, fixed, gadget, only
from stage_support import config_map

HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
WEBHOOK = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: gate}\n"
QUOTA = 'configmaps "one" is forbidden: exceeded quota: few, requested: count/configmaps=1, used: 5, limited: 5'
ONE = "/configmaps/one$"


class Gate:
    """A policy that can be changed: what it forbids is refused."""

    def __init__(self) -> None:
        self.forbidden = ""

    def __call__(self, review: Review) -> None:
        if self.forbidden and dig(review.body, "data", "a") == self.forbidden:
            raise Denied(f"no {self.forbidden} here")


def test_failure_21_a_policy_now_rejects_what_stood_there() -> None:
    gate = Gate()
    with Lab(hooks=[ValidatingHook(name="policy", call=gate)]) as lab:
        lab.stands(config_map("one", a="old"), config_map("two", a="1"))
        lab.run(config_map("one", a="new"), config_map("two", a="2"))
        gate.forbidden = "old"
        undone = lab.put_back()

        assert undone.verdict is Verdict.PARTIAL
        assert by_name(undone) == {"one": "admission_denied", "two": "restored_exact"}
        assert "no old here" in next(one.note for one in undone.findings if one.ref.name == "one")


class FailClosed:
    """A webhook whose backend is down: as long as its configuration stands, it refuses everything but its removal."""

    def __init__(self) -> None:
        self.lab: Lab | None = None

    def __call__(self, review: Review) -> None:
        if self.lab is None or review.kind.endswith("WebhookConfiguration"):
            return
        if self.lab.cluster.cluster.handle(Request(method="GET", path=f"{HOOKS}/gate"), trusted=True).status == 200:
            raise Denied("its backend is down", status=500, reason="InternalError")


def test_failure_22_our_own_webhook_is_broken_and_fails_closed() -> None:
    hook = FailClosed()
    with Lab(hooks=[ValidatingHook(name="gate", call=hook)]) as lab:
        before = lab.stands(config_map("one", a="1"))
        lab.run(config_map("one", a="2"))
        lab.run(WEBHOOK)
        hook.lab = lab
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_EXACT
        assert undone.findings[0].ref.name == "gate"
        assert lab.state() == before


def test_failure_23_an_api_whose_backend_is_down_cannot_be_verified() -> None:
    with Lab() as lab:
        lab.stands(definition(), config_map("one", a="1"), policy=QUICK)
        lab.stands(gadget("thing", 1))
        lab.run(gadget("thing", 2), config_map("one", a="2"))
        lab.go_wrong(FaultRule(effect=Refuse(status=503), path="/apis/example.com/v1/.*gadgets"))
        undone = lab.put_back()

        assert undone.verdict is Verdict.UNVERIFIABLE
        assert by_name(undone) == {"thing": "unverifiable", "one": "restored_exact"}
        lab.go_wrong()
        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT


READER = Rbac(
    users=[
        User(name="agent", token="a", grants=[Grant(verbs=["*"], resources=["*"], groups=["*"])]),
        User(name="reader", token="r", grants=[Grant(verbs=["get", "list"], resources=["*"], groups=["*"])]),
    ]
)


def test_failure_24_rights_changed_by_the_bundle_lock_the_agent_out() -> None:
    with Lab(rbac=READER) as lab:
        lab.stands(config_map("one", a="1"))
        lab.run(config_map("one", a="2"), config_map("new", a="1"))
        undone = lab.put_back(user="reader")

        assert undone.verdict is Verdict.FAILED
        assert by_name(undone) == {"one": "forbidden", "new": "forbidden"}


def test_failure_25_a_quota_that_is_full_only_for_a_while() -> None:
    with Lab() as lab:
        lab.stands(fixed("one", "1"), policy=ANEW)
        assert lab.run(fixed("one", "2"), policy=ANEW).ok
        lab.go_wrong(FaultRule(effect=Refuse(status=403, message=QUOTA), method="POST", nth=(1, 2)))
        undone = lab.put_back()

        assert (undone.verdict, only(undone).state) == (
            Verdict.VERIFIED_EQUIVALENT,
            ObjectState.RESTORED_NEW_IDENTITY,
        )


@pytest.mark.parametrize(
    "words",
    [QUOTA, 'configmaps "one" is forbidden: failed quota: few: must specify limits.cpu'],
    ids=["exceeded", "unspecified"],
)
def test_failure_25_a_quota_that_stays_full(words: str) -> None:
    with Lab() as lab:
        lab.stands(fixed("one", "1"), policy=ANEW)
        assert lab.run(fixed("one", "2"), policy=ANEW).ok
        lab.go_wrong(FaultRule(effect=Refuse(status=403, message=words), method="POST"))
        undone = lab.put_back()

        assert (undone.verdict, only(undone).state) == (Verdict.FAILED, ObjectState.QUOTA_BLOCKED)
        assert not lab.see("ConfigMap", "one")


def test_failure_25_what_another_object_of_the_run_forbids_goes_back_after_it() -> None:
    """The policy stands for a quota or a role of the same run that is put back later than what it keeps from going."""
    gate = Gate()

    def governed(review: Review) -> None:
        if review.name == "limits":
            gate.forbidden = "" if dig(review.body, "data", "a") == "loose" else "1"
        elif not review.dry_run:
            gate(review)

    with Lab(hooks=[ValidatingHook(name="policy", call=governed)]) as lab:
        before = lab.stands(config_map("limits", a="loose"), config_map("one", a="1"))
        lab.run(config_map("one", a="2"))
        lab.run(config_map("limits", a="tight"))
        entries = lab.journal.entries()
        undone = lab.put_back(entries=(entries[1], entries[0]))

        assert undone.verdict is Verdict.VERIFIED_EXACT
        assert lab.state() == before


@pytest.mark.parametrize("moment", list(Moment), ids=["lost before", "lost after"])
@pytest.mark.parametrize("nth", [1, 2, 3], ids=["values", "owners", "deletion"])
def test_failure_26_an_answer_to_the_restore_that_is_lost_costs_nothing(moment: Moment, nth: int) -> None:
    with Lab() as lab:
        before = lab.stands(config_map("one", a="1"), config_map("same"))
        lab.run(config_map("one", a="2", b="3"), config_map("new"))
        lab.go_wrong(FaultRule(effect=Reset(moment=moment), writes=True, nth=(nth,)))

        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT
        assert lab.state() == before


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_failure_26_a_server_in_trouble_is_outlasted(status: int) -> None:
    with Lab() as lab:
        before = lab.stands(config_map("one", a="1"))
        lab.run(config_map("one", a="2"), config_map("new"))
        lab.go_wrong(FaultRule(effect=Refuse(status=status), writes=True, nth=range(1, 6)))

        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT
        assert lab.state() == before


@pytest.mark.parametrize("effect", [Reset(moment=Moment.AFTER), Truncate()], ids=["reset", "truncated"])
def test_failure_26_a_creation_by_the_restore_whose_answer_is_lost_is_recognised(effect: Reset | Truncate) -> None:
    with Lab() as lab:
        lab.stands(fixed("one", "1"), policy=ANEW)
        assert lab.run(fixed("one", "2"), policy=ANEW).ok
        lab.go_wrong(FaultRule(effect=effect, method="POST", nth=(1,)))
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_EQUIVALENT
        assert (only(undone).state, only(undone).predicates.own_fields) == (ObjectState.RESTORED_NEW_IDENTITY, True)


@pytest.mark.parametrize("moment", list(Moment), ids=["lost before", "lost after"])
def test_failure_26_a_write_of_the_run_whose_answer_was_lost_is_classified_by_what_stands_there(moment: Moment) -> None:
    with Lab() as lab:
        lab.stands(config_map("one", a="1"))
        lab.go_wrong(FaultRule(effect=Reset(moment=moment), method="PATCH", path=ONE, writes=True))
        assert not lab.run(config_map("one", a="2")).ok
        lab.go_wrong()
        undone = lab.put_back()

        assert dig(lab.see("ConfigMap", "one"), "data", "a") == "1"
        expected = ObjectState.UNTOUCHED if moment is Moment.BEFORE else ObjectState.RESTORED_VALUES_ONLY
        assert only(undone).state is expected


def test_failure_31_what_is_too_large_for_the_server_was_never_written() -> None:
    with Lab() as lab:
        before = lab.stands(config_map("one", a="1"))
        lab.go_wrong(FaultRule(effect=Refuse(status=413), method="PATCH", path=ONE, writes=True))
        assert not lab.run(config_map("one", a="2"), config_map("new")).ok
        lab.go_wrong()
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_EXACT
        assert by_name(undone) == {"one": "untouched", "new": "deleted_created"}
        assert lab.state() == before
