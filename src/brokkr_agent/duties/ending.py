"""How a work order ends: its time, what a Job or BuildRun says, what is worth another try (contract 12.3). Pure."""

from __future__ import annotations

from brokkr_core.apply import State, assess
from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.errors import ApiError, BrokkrError, NetworkError
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.outcome import Report
from brokkr_core.model.work import WorkResult
from brokkr_core.retry import PASSING

#: A message is for people; the broker keeps it whole.
MESSAGE_CHARACTERS = 4000

#: Words that make a failed build not worth another try, looked for first, and those that make it so.
_LASTING = (
    *("notfound", "not found", "forbidden", "unauthorized", "badrequest", "bad request"),
    *("invalid", "unprocessable", "conflict"),
)
_PASSING_WORDS = ("timeout", "unavailable", "connection", "network", "internal", "too many requests", "throttl")

#: Reasons of failed writes that pass.
_PASSING_CODES = frozenset(
    {"Unreachable", "InternalError", "ServerTimeout", "ServiceUnavailable", "Timeout", "TooManyRequests"}
)


def margin(claim_timeout_seconds: int) -> float:
    """Return how long an order may take, so that its result is told before the claim runs out; 0 is a single look."""
    return max(0.0, claim_timeout_seconds - max(0.1 * claim_timeout_seconds, 60.0))


def failure(error: BrokkrError) -> WorkResult:
    """Turn what went wrong into a result; trouble on the way passes, a refusal does not."""
    passes = isinstance(error, NetworkError) or (isinstance(error, ApiError) and error.status in PASSING)
    return _failed(str(error), retryable=passes)


def of_report(report: Report, lines: list[str]) -> WorkResult:
    """Turn a run that did not succeed into a result.

    Args:
        report: the run.
        lines: what became of the objects, one line each.
    """
    head = f"{len(report.failed)} of {len(report.outcomes)} objects could not be applied"
    passes = all(one.code in _PASSING_CODES or one.action == "blocked" for one in report.failed)
    return _failed("\n".join([head, *lines]), retryable=passes)


def of_job(body: JsonObject | None, title: str) -> WorkResult | None:
    """Read how a Job ended.

    Args:
        body: the Job as read; None when it is gone.
        title: what to call it.

    Returns:
        The result, or None while it is under way; a Job that failed would fail again.
    """
    if body is None:
        return _failed(f"{title} was deleted before it had finished", retryable=False)
    found = assess(body)
    if found.state is State.FAILED:
        return _failed(f"{title} failed: {found.reason}: {found.message}", retryable=False)
    done = found.state is State.READY and found.reason != "Suspended"
    return WorkResult(success=True, message=f"{title} finished") if done else None


def of_build_run(body: JsonObject | None, title: str) -> WorkResult | None:
    """Read how a BuildRun ended.

    Args:
        body: the BuildRun as read; None when it is gone.
        title: what to call it.

    Returns:
        The result, with the digest of the image if there is one; None while it is under way.
    """
    if body is None:
        return _failed(f"{title} was deleted before it had finished", retryable=False)
    end = condition(body, "Succeeded")
    if end:
        return WorkResult(success=True, message=as_text(dig(body, "status", "output", "digest")) or None)
    if not end.false:
        return None
    text = f"{title} failed: {end.reason}: {end.message}"
    return _failed(text, retryable=worth_another_try(text))


def late(title: str, seconds: float) -> WorkResult:
    """Say that something did not finish in the time there was. It may still be running, so it is not tried again."""
    return _failed(f"{title} did not finish within {seconds:.0f} s", retryable=False)


def worth_another_try(text: str) -> bool:
    """Judge a failure by its words, where nothing better says whether it passes (contract 12.3)."""
    lower = text.lower()
    return not any(word in lower for word in _LASTING) and any(word in lower for word in _PASSING_WORDS)


def _failed(message: str, *, retryable: bool) -> WorkResult:
    return WorkResult(success=False, message=message[:MESSAGE_CHARACTERS], retryable=retryable)
