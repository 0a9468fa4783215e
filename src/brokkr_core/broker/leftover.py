"""Finds what a server said beyond its answer, where the HTTP library does not show it."""

from __future__ import annotations

from typing import Any


def more_than_asked(client: Any) -> bool:
    """Tell whether bytes after the answer were read together with it.

    The library would take them for the answer to the next request on that connection, and they may be anything:
    another agent's deployments, from a proxy that has mixed up two clients. It shows them nowhere, so its inside is
    looked at; where that has changed every connection counts as spoilt, none is used twice, and a test fails.

    Args:
        client: the ``httpx.Client``, after the answer was read to its end.

    Returns:
        Whether its connection must not be used again.
    """
    try:
        for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - see above
            for connection in transport._pool.connections if transport is not None else ():  # noqa: SLF001 - see above
                inner = connection
                while not hasattr(inner, "_h11_state"):
                    inner = inner._connection  # noqa: SLF001 - a tunnel, or a connection that picks its protocol
                if inner._h11_state.trailing_data[0]:  # noqa: SLF001 - see above
                    return True
    except AttributeError:
        return True
    return False
