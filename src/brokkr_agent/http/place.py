"""Where a server listens, and how it is called in the log."""

from __future__ import annotations

import errno
import socket

from attrs import frozen


@frozen(kw_only=True)
class Place:
    """Where a server listens.

    Args:
        name: of the server, in the log and of its threads.
        address: the address to listen on; empty for all of them.
        port: the port; 0 takes any that is free.
        setting: the setting that holds the port, to be named when it cannot be had.
    """

    name: str
    address: str
    port: int
    setting: str

    def __str__(self) -> str:
        return f"{self.setting} {self.port} at {self.address or 'all addresses'}"

    def listen(self, backlog: int) -> socket.socket:
        """Listen on the address, or on all of them whatever their family.

        Raises:
            OSError: address or port cannot be had.
        """
        if self.address:
            family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
            return socket.create_server((self.address, self.port), family=family, backlog=backlog)
        if socket.has_dualstack_ipv6():
            try:
                return socket.create_server(
                    ("", self.port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=backlog
                )
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:  # IPv6 may be there and switched off
                    raise
        return socket.create_server(("", self.port), backlog=backlog)
