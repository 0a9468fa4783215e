"""Keep others from working on the same thing while a command does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from brokkr_agent.turn import holder
from brokkr_core.errors import ApiError, NetworkError, UsageError
from brokkr_core.kube import KubeClient, Lease

_SECONDS = 15


@contextmanager
def hold(client: KubeClient, *, namespace: str, name: str, what: str) -> Iterator[Callable[[], bool]]:
    """Hold a Lease as long as the block lasts.

    Args:
        client: the cluster.
        namespace: where the Lease lives.
        name: its name.
        what: what is worked on, for the message.

    Yields:
        Tells whether it was lost: then nothing more may be begun.

    Raises:
        UsageError: somebody else holds it.
    """
    lease = Lease(client, namespace=namespace, name=name, holder=holder(), duration_seconds=_SECONDS)
    if not lease.take():
        raise UsageError(
            f"{what} is being worked on by {lease.holder or 'somebody else'}; wait until that ends. "
            f"What a dead process held is free after {_SECONDS} s"
        )
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(lease, over), name="lease", daemon=True)
    keeper.start()
    try:
        yield lambda: not lease.held
    finally:
        over.set()
        keeper.join()
        with suppress(ApiError, NetworkError):  # then it runs out by itself
            lease.release()


def _keep(lease: Lease, over: threading.Event) -> None:
    while not over.wait(_SECONDS / 5):
        try:
            lease.take()
        except (ApiError, NetworkError):
            continue  # when it lasts, ``held`` says so
