"""Every error ends in the right kind of outcome, and a Secret's error in none of the server's words."""

from __future__ import annotations

import pytest

from brokkr_core.apply.outcomes import code_of, failure, words
from brokkr_core.errors import (
    AlreadyExistsError,
    ApiError,
    BadRequestError,
    BrokkrError,
    Cause,
    ClusterUnreachableError,
    FieldConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ServerFaultError,
    StaleWriteError,
    StoppedError,
    ThrottledError,
    UnauthenticatedError,
    UnknownKindError,
)
from brokkr_core.model.outcome import Action
from engine_support import a_ref, live, wanted

SECRET = wanted(live("Secret", data={"password": "aHVudGVyMg=="}))
SECRET_REF = a_ref(kind="Secret")


def no(kind: type[ApiError], status: int, reason: str, *causes: Cause, message: str = "because") -> ApiError:
    return kind(status=status, reason=reason, message=message, causes=causes)


@pytest.mark.parametrize(
    ("error", "action", "code"),
    [
        (no(FieldConflictError, 409, "Conflict"), Action.CONFLICT, "Conflict"),
        (no(InvalidError, 422, "Invalid"), Action.INVALID, "Invalid"),
        (no(BadRequestError, 400, "BadRequest"), Action.INVALID, "BadRequest"),
        (no(ForbiddenError, 403, "Forbidden"), Action.FORBIDDEN, "Forbidden"),
        (no(UnauthenticatedError, 401, "Unauthorized"), Action.FORBIDDEN, "Unauthorized"),
        (no(NotFoundError, 404, "NotFound"), Action.FAILED, "NotFound"),
        (no(StaleWriteError, 409, "Conflict"), Action.FAILED, "Conflict"),
        (no(AlreadyExistsError, 409, "AlreadyExists"), Action.FAILED, "AlreadyExists"),
        (no(ThrottledError, 429, "TooManyRequests"), Action.FAILED, "TooManyRequests"),
        (no(ServerFaultError, 500, "InternalError"), Action.FAILED, "InternalError"),
        (ClusterUnreachableError("gone"), Action.FAILED, "Unreachable"),
        (UnknownKindError("no such kind"), Action.FAILED, "UnknownKind"),
        (StoppedError("stop"), Action.NOT_OBSERVED, "Stopped"),
    ],
)
def test_an_error_becomes_the_outcome_of_its_kind(error: BrokkrError, action: Action, code: str) -> None:
    outcome = failure(wanted(live()), error)

    assert (outcome.action, outcome.code) == (action, code)
    assert outcome.message
    assert not outcome.ok
    assert outcome.origin is not None


def test_what_the_server_said_is_kept_with_every_cause() -> None:
    causes = (Cause(reason="FieldValueInvalid", message="too long", field="data.a"), Cause(reason="X", message="y"))
    outcome = failure(wanted(live()), no(InvalidError, 422, "Invalid", *causes, message="two faults"))

    assert (outcome.message, outcome.causes) == ("two faults", causes)


def test_of_a_secrets_refusal_the_known_facts_stay() -> None:
    causes = (
        Cause(reason="FieldValueInvalid", message='Invalid value: "hunter2"', field="data.password"),
        Cause(reason="FieldManagerConflict", message="conflict", field=".metadata.labels.app"),
        Cause(reason="hunter2", message="hunter2", field="hunter2"),
        Cause(reason="FieldValueInvalid", message="", field="data[hunter2]"),
    )
    outcome = failure(SECRET, no(InvalidError, 422, "Invalid", *causes, message="hunter2 is bad"))

    assert "hunter2" not in str(outcome)
    assert [cause.field for cause in outcome.causes] == ["data.password", "metadata", "", "data"]
    assert outcome.code == "Invalid"
    assert "data.password" in outcome.message


def test_a_reason_a_webhook_made_up_for_a_secret_is_not_repeated() -> None:
    assert failure(SECRET, no(ForbiddenError, 403, "hunter2")).code == "HTTP403"
    assert code_of(SECRET_REF, no(ForbiddenError, 403, "hunter2")) == "HTTP403"


def test_a_secret_behind_a_line_that_is_down_is_not_called_refused() -> None:
    outcome = failure(SECRET, ClusterUnreachableError("the line is down"))

    assert (outcome.code, outcome.message) == ("Unreachable", "the line is down")


def test_words_about_a_secret_are_ours_and_about_anything_else_the_servers() -> None:
    error = no(InvalidError, 422, "Invalid", message="hunter2 is bad")

    assert "hunter2" not in words(SECRET_REF, error)
    assert "Invalid" in words(SECRET_REF, error)
    assert words(a_ref(), error) == str(error)


def test_a_kind_called_secret_in_another_group_is_not_one() -> None:
    assert "hunter2" in words(
        a_ref(kind="Secret", group="example.com"), no(InvalidError, 422, "Invalid", message="hunter2")
    )
