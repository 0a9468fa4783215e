"""For which deployment this thread works, so that whatever it sends can be put down to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from attrs import frozen


@frozen(kw_only=True)
class Work:
    """What is being done: a revision of a stack; both empty for what belongs to none."""

    stack_id: str = ""
    deployment_object_id: str = ""


_NONE = Work()
_work: ContextVar[Work] = ContextVar("brokkr_work", default=_NONE)


def current_work() -> Work:
    """Return what this thread works for."""
    return _work.get()


@contextmanager
def working(stack_id: str, deployment_object_id: str = "") -> Iterator[None]:
    """Put down to a deployment whatever is done within a ``with`` block, also by threads of the engine.

    Args:
        stack_id: the stack.
        deployment_object_id: its revision; empty for a stack that is removed.

    Yields:
        Nothing.
    """
    token = _work.set(Work(stack_id=stack_id, deployment_object_id=deployment_object_id))
    try:
        yield
    finally:
        _work.reset(token)
