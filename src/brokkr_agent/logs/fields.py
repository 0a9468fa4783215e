"""The fields that lines of the log have, whoever writes them; a line may have others of its own beside them."""

from __future__ import annotations

#: What every line begins with, in this order.
HEAD = {
    "timestamp": "When it happened, by the clock of the machine: RFC 3339 in UTC, to the microsecond.",
    "level": "How grave it is: debug, info, warning or error.",
    "component": "Which part of the agent says it, or the logger of which library.",
    "event": "What happened, in words that stay the same.",
}

#: What every line carries that belongs to an attempt, as far as it is known.
MARKS = {
    "trace_id": "Of the attempt, as in the header `traceparent` of all its requests (W3C Trace Context).",
    "stack_id": "Which stack.",
    "deployment_object_id": "Which revision of it.",
    "attempt": "Which attempt at this revision it is, from 1; after a success it begins anew.",
    "order_id": "Which work order, when it is one and no revision.",
}

#: What the log adds to a line.
ADDED = {
    "recorded": "`true` on a line of the flight recorder: it is printed late, because its attempt failed.",
    "suppressed": "How many equal warnings were held back before this one.",
    "exception": "The traceback, in one text.",
}
