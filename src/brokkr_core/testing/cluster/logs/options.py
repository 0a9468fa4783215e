"""What may be asked of a log: ``PodLogOptions`` of core/v1, read and checked as the API server does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from brokkr_core.testing.cluster.clock import parse_rfc3339
from brokkr_core.testing.cluster.options import is_true
from brokkr_core.testing.cluster.status import Fault, Refusal, Target, bad_request, invalid, invalid_value

_KIND = "PodLogOptions"


@frozen(kw_only=True)
class LogOptions:
    """What is asked; None where nothing is said."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    since_seconds: int | None = None
    since_time: datetime | None = None  #: in whole seconds, as it is passed on to a kubelet
    tail_lines: int | None = None
    limit_bytes: int | None = None


def read_log_options(query: Mapping[str, str], pod: str) -> LogOptions:
    """Read the query of a request for a log.

    Args:
        query: of the request.
        pod: its name, for the refusal.

    Raises:
        Refusal: 400, something is no number or no time; 422, something is out of range (``ValidatePodLogOptions``).
    """
    options = LogOptions(
        container=query.get("container", ""),
        follow=is_true(query, "follow"),
        previous=is_true(query, "previous"),
        timestamps=is_true(query, "timestamps"),
        since_seconds=_number(query, "sinceSeconds"),
        since_time=_time(query, "sinceTime"),
        tail_lines=_number(query, "tailLines"),
        limit_bytes=_number(query, "limitBytes"),
    )
    faults = _faults(options)
    if faults:
        raise invalid(Target(group="", plural="pods", kind=_KIND, name=pod), faults)
    return options


def _faults(options: LogOptions) -> list[Fault]:
    found = []
    if options.tail_lines is not None and options.tail_lines < 0:
        found.append(invalid_value("tailLines", options.tail_lines, "must be greater than or equal to 0"))
    if options.limit_bytes is not None and options.limit_bytes < 1:
        found.append(invalid_value("limitBytes", options.limit_bytes, "must be greater than 0"))
    if options.since_seconds is not None and options.since_time is not None:
        message = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        found.append(Fault(reason="FieldValueForbidden", message=message))
    elif options.since_seconds is not None and options.since_seconds < 1:
        found.append(invalid_value("sinceSeconds", options.since_seconds, "must be greater than 0"))
    return found


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise _unreadable(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _time(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        return parse_rfc3339(text).replace(microsecond=0)
    except ValueError:
        raise _unreadable(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse it') from None


def _unreadable(problem: str) -> Refusal:
    return bad_request(problem)
