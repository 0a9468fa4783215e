"""Keep others from working on the same thing while a command does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click

from brokkr_agent.turn import holder
from brokkr_core.apply import StackKey
from brokkr_core.errors import ApiError, NetworkError, UsageError
from brokkr_core.kube import KubeClient, Lease

_SECONDS = 15
#: A holder that is alive renews within this time; one that is dead has lost the Lease by then.
_WAIT_SECONDS = _SECONDS + 1.0


@contextmanager
def hold(client: KubeClient, stack: StackKey, *, what: str, stop: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
    """Hold the Lease of a stack as long as the block lasts.

    Args:
        client: the cluster; the Lease lives in its namespace, beside the stack's records.
        stack: which one.
        what: how to call it in messages.
        stop: asks for an end.

    Yields:
        Tells whether nothing more may be begun: a stop was asked for, or the Lease was lost.

    Raises:
        UsageError: somebody else holds it and goes on renewing it.
    """
    lease = Lease(
        client,
        namespace=client.namespace,
        name=f"brokkr-stack-{stack.digest}",
        holder=holder(),
        duration_seconds=_SECONDS,
    )
    _take(lease, what)
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(lease, over), name="lease", daemon=True)
    keeper.start()
    try:
        yield lambda: stop() or not lease.held
    finally:
        over.set()
        keeper.join()
        with suppress(ApiError, NetworkError):  # then it runs out by itself
            lease.release()


def _take(lease: Lease, what: str) -> None:
    """Take the Lease; wait as long as one lasts that a dead process has left."""
    latest = time.monotonic() + _WAIT_SECONDS
    said = False
    while not lease.take():
        if time.monotonic() > latest:
            raise UsageError(f"{what} is being worked on by {lease.holder}; wait until that ends")
        if not said:
            click.echo(f"{what} is held by {lease.holder}; waiting up to {_WAIT_SECONDS:.0f} s", err=True)
        said = True
        time.sleep(1.0)


def _keep(lease: Lease, over: threading.Event) -> None:
    while not over.wait(_SECONDS / 5):
        try:
            lease.take()
        except (ApiError, NetworkError):
            continue  # when it lasts, ``held`` says so
