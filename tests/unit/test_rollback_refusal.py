"""What kept an object from going back is told by the server's own words."""

from __future__ import annotations

import pytest

from brokkr_core.errors import (
    ApiError,
    BadRequestError,
    BrokkrError,
    Cause,
    ClusterUnreachableError,
    ForbiddenError,
    InvalidError,
    ServerFaultError,
    StaleWriteError,
    ThrottledError,
    UnauthenticatedError,
    UnknownKindError,
)
from brokkr_core.rollback import ObjectState
from brokkr_core.rollback.refusal import blocked_state, may_pass

IMMUTABLE = Cause(reason="FieldValueInvalid", message="Invalid value: 1: field is immutable", field="spec.selector")
WRONG = Cause(reason="FieldValueRequired", message="Required value", field="spec.ports")


def no(kind: type[ApiError], status: int, message: str, *causes: Cause, reason: str = "Forbidden") -> ApiError:
    return kind(status=status, reason=reason, message=message, causes=causes)


def forbidden(message: str) -> ApiError:
    return no(ForbiddenError, 403, message)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (no(InvalidError, 422, "it is invalid", IMMUTABLE, reason="Invalid"), ObjectState.IMMUTABLE_BLOCKED),
        (no(InvalidError, 422, "it is invalid", IMMUTABLE, WRONG, reason="Invalid"), ObjectState.NOT_RESTORED),
        (no(InvalidError, 422, "it is invalid", WRONG, reason="Invalid"), ObjectState.NOT_RESTORED),
        (forbidden('admission webhook "a.b" denied the request: no'), ObjectState.ADMISSION_DENIED),
        (no(InvalidError, 422, 'admission webhook "a.b" denied the request: no'), ObjectState.ADMISSION_DENIED),
        (no(BadRequestError, 400, 'admission webhook "a" denied the request'), ObjectState.ADMISSION_DENIED),
        (
            no(InvalidError, 422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"),
            ObjectState.ADMISSION_DENIED,
        ),
        (forbidden('pods "a" is forbidden: violates PodSecurity "restricted:latest"'), ObjectState.ADMISSION_DENIED),
        (
            no(ServerFaultError, 500, 'Internal error occurred: failed calling webhook "a.b": failed to call webhook'),
            ObjectState.ADMISSION_DENIED,
        ),
        (forbidden('pods "a" is forbidden: exceeded quota: few, requested: pods=1'), ObjectState.QUOTA_BLOCKED),
        (forbidden('pods "a" is forbidden: failed quota: few: must specify limits.cpu'), ObjectState.QUOTA_BLOCKED),
        (
            forbidden('pods "a" is forbidden: maximum cpu usage per Container is 1, but limit is 2'),
            ObjectState.QUOTA_BLOCKED,
        ),
        (
            forbidden('configmaps "a" is forbidden: User "x" cannot update resource "configmaps"'),
            ObjectState.FORBIDDEN,
        ),
        (no(UnauthenticatedError, 401, "Unauthorized"), ObjectState.FORBIDDEN),
        (no(StaleWriteError, 409, "the object has been modified"), ObjectState.NOT_RESTORED),
        (UnknownKindError("nobody serves it"), ObjectState.NOT_RESTORED),
        (ClusterUnreachableError("the line is down"), ObjectState.NOT_RESTORED),
    ],
)
def test_a_refusal_is_called_what_its_words_say(error: BrokkrError, state: ObjectState) -> None:
    assert blocked_state(error) is state


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (ClusterUnreachableError("the line is down"), True),
        (no(ServerFaultError, 503, "unavailable"), True),
        (no(ThrottledError, 429, "slower"), True),
        (forbidden('pods "a" is forbidden: exceeded quota: few'), True),
        (forbidden('pods "a" is forbidden: User "x" cannot get'), False),
        (no(InvalidError, 422, "it is invalid", IMMUTABLE, reason="Invalid"), False),
    ],
)
def test_only_what_can_pass_is_waited_for(error: BrokkrError, passes: bool) -> None:
    assert may_pass(error) is passes
