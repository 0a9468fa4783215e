"""From a login to urllib3's connection pool, with the proxy that the environment or the kubeconfig names."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from brokkr_core.errors import UsageError
from brokkr_core.kube.login import Login
from brokkr_core.kube.tls import Tls, tls_context

#: TCP keepalive as client-go asks for it: seconds of silence, seconds between probes, probes.
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 9}


def open_pool(login: Login, tls: Tls | None, *, pool_size: int) -> urllib3.PoolManager:
    """Make the pool; nothing is connected yet.

    Args:
        login: where to.
        tls: for https.
        pool_size: connections to keep.

    Returns:
        The pool.

    Raises:
        UsageError: the proxy cannot be used.
    """
    options: dict[str, Any] = {"maxsize": pool_size, "socket_options": _socket_options()}
    if tls is not None:
        options["ssl_context"] = tls.context
    if login.server_name:
        options["server_hostname"] = login.server_name
    proxy = proxy_for(login)
    return _behind(proxy, login, options) if proxy else urllib3.PoolManager(**options)


def proxy_for(login: Login) -> str:
    """Choose the proxy as the ``kubernetes`` package does.

    Args:
        login: its ``proxy`` goes before the environment's, but not before ``NO_PROXY``.

    Returns:
        The proxy's address, empty for none.
    """
    named = _proxies()
    scheme = urlsplit(login.server).scheme
    proxy = login.proxy or named.get(scheme) or named.get("all") or ""
    if not proxy or _bypassed(login.server, named.get("no", "")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _proxies() -> Mapping[str, str]:
    """Ask Python, which knows the rules, if there is something to ask about: loading ``urllib.request`` takes long."""
    if sys.platform not in ("darwin", "win32") and not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    from urllib.request import getproxies  # noqa: PLC0415

    return getproxies()


def _bypassed(server: str, no_proxy: str) -> bool:
    parts = urlsplit(server)
    host, with_port = (parts.hostname or "").lower(), parts.netloc.lower()
    for entry in filter(None, (entry.strip().lower() for entry in no_proxy.split(","))):
        if entry == "*" or _in_network(host, entry):
            return True
        name = entry.lstrip(".")
        if any(one == name or one.endswith(f".{name}") for one in (host, with_port)):
            return True
    return False


def _in_network(host: str, entry: str) -> bool:
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        return False


def _behind(proxy: str, login: Login, options: dict[str, Any]) -> urllib3.PoolManager:
    scheme = proxy.partition("://")[0].lower()
    advice = "write http://, https:// or socks5:// and a host in proxy-url or HTTPS_PROXY"
    try:
        if scheme.startswith("socks"):
            from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - needs PySocks

            return SOCKSProxyManager(proxy, **options)
        if scheme == "https" and login.server.startswith("https"):
            options["proxy_ssl_context"] = tls_context(login, with_certificate=False)
        return urllib3.ProxyManager(proxy, **options)
    except ImportError as error:
        raise UsageError(f"{login.where}: a SOCKS proxy needs the package PySocks; install urllib3[socks]") from error
    except (HTTPError, ValueError) as error:
        raise UsageError(f"{login.where}: the proxy cannot be used; {advice}") from error


def _socket_options() -> list[tuple[int, int, int]]:
    options = [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    known = {name: getattr(socket, name, None) for name in KEEPALIVE}
    options += [(socket.IPPROTO_TCP, number, KEEPALIVE[name]) for name, number in known.items() if number is not None]
    return [(level, name, int(value)) for level, name, value in options]
