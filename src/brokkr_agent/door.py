"""The way to the broker that the settings describe: its transport, and where the PAK comes from."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from attrs import frozen

from brokkr_agent.config import AgentSettings
from brokkr_agent.public_pak import FAULT, is_public, on_loopback
from brokkr_core.broker import (
    BrokerTransport,
    CredentialSource,
    HttpxTransport,
    LiteralPak,
    Pak,
    RotatedFilePak,
    TlsFiles,
    TransportLimits,
)
from brokkr_core.errors import ConfigError


def transport_of(settings: AgentSettings) -> HttpxTransport:
    """Make the transport; certificate files are read again when they change.

    Args:
        settings: the section ``[agent]``.

    Returns:
        The transport; nothing is sent yet.

    Raises:
        ConfigError: the URL or a file is unusable.
    """
    limits = TransportLimits(target_state_bytes=settings.target_state_mebibytes * 2**20)
    return HttpxTransport(settings.broker_url, tls=tls_of(settings), limits=limits)


def tls_of(settings: AgentSettings) -> TlsFiles:
    """Read from the settings which certificates to trust and to show."""
    return TlsFiles(
        ca_file=settings.broker_ca_file or None,
        certificate_file=settings.broker_certificate_file or None,
        key_file=settings.broker_key_file or None,
    )


def source_of(settings: AgentSettings, transport: BrokerTransport) -> CredentialSource:
    """Find where the PAK comes from.

    Args:
        settings: the section ``[agent]``.
        transport: the way to the broker, to settle an interrupted rotation.

    Returns:
        The file if one is named, else the PAK of the settings.

    Raises:
        ConfigError: neither is given, or the PAK is not well-formed.
    """
    if settings.pak_file:
        found = RotatedFilePak(settings.pak_file, transport)
        return found if on_loopback(settings.broker_url) else PrivatePak(source=found)
    if not settings.pak:
        raise ConfigError(["agent.pak is not set: give BROKKR__AGENT__PAK, or a file by agent.pak_file"])
    return LiteralPak(value=Pak(text=settings.pak))


@frozen(kw_only=True)
class PrivatePak:
    """Passes on the PAK of a source, but never the public one: a file may hold another PAK at any time.

    Args:
        source: where the PAK comes from.
    """

    source: CredentialSource

    def pak(self) -> Pak:
        """Return the PAK as it is now.

        Raises:
            ConfigError: there is none, it is not well-formed, or it is the public one.
        """
        pak = self.source.pak()
        if is_public(pak.reveal()):
            raise ConfigError([f"PAK {pak.public_part}_…: {FAULT}"])
        return pak


class Trouble:
    """Tells the log, once each, why a new PAK or new certificates are not in use.

    Args:
        trouble: what is wrong now, or the empty text; it never shows a PAK.
    """

    def __init__(self, trouble: Callable[[], str]) -> None:
        self._trouble = trouble
        self._told = ""

    def look(self) -> None:
        """Log what is new."""
        now = self._trouble()
        if now and now != self._told:
            structlog.get_logger("credentials").warning("what is there now is not used", why=now)
        if self._told and not now:
            structlog.get_logger("credentials").info("what is there now is used")
        self._told = now
