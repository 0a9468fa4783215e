"""Writes down every change of the cluster: its intent before the request leaves, its outcome when it is known."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable

from attrs import evolve

from brokkr_agent.audit.record import Action, Draft, Stage
from brokkr_agent.audit.trail import Trail
from brokkr_agent.deployments.kube_events import EVENT_MANAGER
from brokkr_core.apply.inventory.store import INVENTORY_MANAGER
from brokkr_core.errors import ApiError, BrokkrError, NetworkError
from brokkr_core.kube.errors import api_error
from brokkr_core.kube.lease import LEASE_MANAGER
from brokkr_core.kube.transport import Stream, Transport
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.rollback.journal.secrets import JOURNAL_MANAGER

_ACTIONS = {
    "POST": Action.RESOURCE_CREATE,
    "PUT": Action.RESOURCE_REPLACE,
    "PATCH": Action.RESOURCE_PATCH,
    "DELETE": Action.RESOURCE_DELETE,
}

#: Field managers of the agent's own records.
_OWN_MANAGERS = frozenset({EVENT_MANAGER, INVENTORY_MANAGER, JOURNAL_MANAGER, LEASE_MANAGER})
#: And their names, for deletions, which tell no manager.
_OWN_NAMES = ("brokkr-inventory-", "brokkr-journal-")

#: So many renewals of the Lease make one record; at the usual pace that is an hour.
RENEWALS = 1200


class AuditedClusterLine:
    """A transport to a cluster that writes down what is changed, each try by itself.

    What only reads, and a dry run, is not written down. Of the Lease the renewals are counted instead, as long as they
    are granted: there is one every few seconds.

    Args:
        line: carries the requests.
        trail: where it is written.
        begins: called before the first record of a change, to write down what it belongs to.
    """

    def __init__(self, line: Transport, trail: Trail, begins: Callable[[], None] = lambda: None) -> None:
        self._line = line
        self._trail = trail
        self._begins = begins
        self._lock = threading.Lock()
        self._renewals = 0
        self._term = ""  #: for which the Lease is held; empty when it is not known to be

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send once; see :class:`Transport`.

        Raises:
            AuditError: the intent cannot be written down, so nothing was sent.
        """
        if request.method not in _ACTIONS or request.query.get("dryRun"):
            return self._line.send(request, timeout_seconds=timeout_seconds)
        if request.query.get("fieldManager") == LEASE_MANAGER:
            return self._lease(request, timeout_seconds)
        return self._change(request, timeout_seconds)

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        """Open a stream; see :class:`Transport`. Nothing is changed by one."""
        return self._line.stream(request, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Write down what was only counted, and give back the connections."""
        self._tell_renewals()
        self._line.close()

    def _change(self, request: Request, timeout_seconds: float) -> Response:
        self._begins()
        draft = draft_of(request)
        intent = self._trail.intent(draft)
        try:
            answer = self._line.send(request, timeout_seconds=timeout_seconds)
        except BaseException as error:
            self._ended(draft, intent, error_result(error))
            raise
        self._ended(draft, intent, answer_result(request, answer))
        return answer

    def _ended(self, draft: Draft, intent: str, result: JsonObject) -> None:
        uid = draft.uid or as_text(result.pop("uid", None))
        self._trail.tell(evolve(draft, stage=Stage.OUTCOME, intent=intent, uid=uid, result=result))

    def _lease(self, request: Request, timeout_seconds: float) -> Response:
        """Send what is about the Lease: taking and giving it back is written down like all else, keeping it counted."""
        term = _term_of(request)
        with self._lock:
            held, self._term = self._term, ""
        if term and term == held:
            answer = self._renewed(request, timeout_seconds)
        else:
            self._tell_renewals()
            answer = self._change(request, timeout_seconds)
        with self._lock:
            self._term = term if 200 <= answer.status < 300 else ""
        return answer

    def _renewed(self, request: Request, timeout_seconds: float) -> Response:
        try:
            answer = self._line.send(request, timeout_seconds=timeout_seconds)
        except BaseException as error:
            self._tell_renewals(error_result(error))
            raise
        if not 200 <= answer.status < 300:
            self._tell_renewals(answer_result(request, answer))
            return answer
        with self._lock:
            self._renewals += 1
            many = self._renewals >= RENEWALS
        if many:
            self._tell_renewals()
        return answer

    def _tell_renewals(self, failure: JsonObject | None = None) -> None:
        """Write down how often the Lease was renewed, and how that came to an end."""
        with self._lock:
            count, self._renewals = self._renewals, 0
        if count or failure:
            facts: JsonObject = {"granted": count}
            result = failure or {}
            self._trail.tell(Draft(stage=Stage.EVENT, action=Action.LEASE_RENEW, own=True, facts=facts, result=result))


def _term_of(request: Request) -> str:
    """Name the term for which a Lease is written, by its begin; empty when it is given back."""
    spec = dig(json.loads(request.body), "spec")
    return as_text(dig(spec, "acquireTime")) if dig(spec, "holderIdentity") else ""


def draft_of(request: Request) -> Draft:
    """Return what may be written down of a request: which object, never what is in it."""
    applies = "apply-patch" in request.headers.get("content-type", "")
    manager = request.query.get("fieldManager", "")
    subject = request.subject
    own = manager in _OWN_MANAGERS or (subject is not None and subject.ref.name.startswith(_OWN_NAMES))
    return Draft(
        stage=Stage.INTENT,
        action=Action.RESOURCE_APPLY if applies else _ACTIONS[request.method],
        ref=subject.ref if subject else None,
        uid=subject.uid if subject else "",
        manager=manager,
        own=own,
        facts={} if subject else {"request": request.endpoint},
    )


def answer_result(request: Request, answer: Response) -> JsonObject:
    """Return what may be written down of an answer: its status, its class, and names of what came of it."""
    result: JsonObject = {"status": answer.status}
    with contextlib.suppress(ValueError, RecursionError):
        if answer.status >= 400:
            refused: ApiError = api_error(request, answer)
            return result | {"error": type(refused).__name__}
        told = dig(json.loads(answer.body), "metadata")
        names = {"uid": as_text(dig(told, "uid")), "resourceVersion": as_text(dig(told, "resourceVersion"))}
        result |= {key: value for key, value in names.items() if value}
    audit_id = answer.headers.get("audit-id", "")
    return result | ({"auditID": audit_id} if audit_id else {})


def error_result(error: BaseException) -> JsonObject:
    """Return what may be written down of a try without an answer: its class, and whether it may have arrived."""
    unknown = not isinstance(error, BrokkrError) or (isinstance(error, NetworkError) and error.sent)
    return {"error": type(error).__name__, "sent": unknown}
