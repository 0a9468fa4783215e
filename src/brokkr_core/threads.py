"""Threads that keep the context they were asked for in: what a run is marked with reaches all of its threads.

A thread begins with an empty context (PEP 567), so a context variable such as a trace id would be lost in it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


def carried(work: Callable[[], _T]) -> Callable[[], _T]:
    """Take the context of this moment along.

    Args:
        work: what another thread is going to call.

    Returns:
        The same work, done in a copy of the caller's context; to be called by one thread at a time.
    """
    return partial(copy_context().run, work)


class Pool(ThreadPoolExecutor):
    """A pool whose workers do each piece of work in a copy of the context it was submitted in."""

    def submit(self, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Hand in a piece of work; ``map`` does so, too."""
        return super().submit(carried(partial(work, *args, **kwargs)))
