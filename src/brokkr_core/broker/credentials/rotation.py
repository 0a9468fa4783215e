"""Gives an agent a new PAK, so that a crash at any point loses as little as the broker's contract allows.

The broker tells a new PAK once and kills the old one at once (contract 2.7). So: write down the intent, ask, make the
answer durable, check it, put it in the place of the old one. One gap is left that nobody on this side can close: the
broker has rotated and the answer is lost, on the line or with this process. That is found out and told, not guessed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from attrs import frozen

from brokkr_core.broker.answer import decode, refusal
from brokkr_core.broker.credentials.check import owner_of, with_pak
from brokkr_core.broker.credentials.pak import Pak
from brokkr_core.broker.credentials.sources import FilePak
from brokkr_core.broker.credentials.vault import Intent, PakVault
from brokkr_core.broker.endpoints.issued import IssuedAgent
from brokkr_core.broker.operations import AGENT_ROTATE, WHO_AM_I
from brokkr_core.broker.transport import BrokerTransport
from brokkr_core.errors import (
    BrokerAuthError,
    BrokerError,
    BrokerUnreachableError,
    ConfigError,
    DecodeError,
    NetworkError,
    NotABrokerError,
    UsageError,
)
from brokkr_core.model.http import Response

#: So long a replica of the broker may go on taking a PAK that another one has rotated (contract 2.3, 2.7).
CACHE_SECONDS = 60.0

#: Answers after which the broker certainly has not rotated: it refused before it did anything.
_REFUSED = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 425, 429})


class Recovery(StrEnum):
    """What became of an interrupted rotation."""

    NOTHING = "nothing"  #: none was interrupted
    UNDONE = "undone"  #: the broker had not rotated; the old PAK stays
    DONE = "done"  #: the new PAK had come and is in place now
    OPEN = "open"  #: the old PAK works, but too little time has passed to be sure that it goes on working


@frozen(kw_only=True)
class Rotated:
    """A rotation that is complete; the parts name the PAKs without telling them."""

    agent_id: str
    old: str
    new: str


def rotate_pak(
    path: str | Path,
    transport: BrokerTransport,
    *,
    timeout_seconds: float = 30.0,
    now: Callable[[], float] = time.time,
) -> Rotated:
    """Give the agent whose PAK a file holds a new one; what an earlier try left is settled first.

    Args:
        path: the PAK file; its directory has to be writable. A running agent picks the new PAK up by itself.
        transport: the way to the broker.
        timeout_seconds: how long each request may wait.
        now: the time of day in seconds, for the record.

    Returns:
        Which PAK took the place of which.

    Raises:
        ConfigError: the file is not fit for it; nothing was asked of the broker.
        UsageError: the PAK is no agent's, or an interrupted rotation is not settled yet.
        BrokerAuthError: the broker does not know the PAK, or does not let the agent rotate it.
        BrokerError, DecodeError, BrokerUnreachableError: no good answer. Call :func:`recover_pak` or this again: it
            finds out what happened.
    """
    vault = PakVault(path)
    with vault.locked():
        if _recovered(vault, transport, timeout_seconds, now) is Recovery.OPEN:
            raise UsageError(f"PAK file {path}: an interrupted rotation is settled {CACHE_SECONDS:g} s after it; wait")
        old = vault.current()
        agent_id = _agent_of(old, transport, timeout_seconds)
        vault.begin(Intent(agent_id=agent_id, old=old.public_part, began=now()))
        new = _asked_for(vault, agent_id, old, transport, timeout_seconds)
        vault.keep(new)
        if _agent_of(new, transport, timeout_seconds) != agent_id:
            problem = f"{new} belongs to another agent than the one it was given to; it is kept beside the file"
            raise NotABrokerError(status=200, endpoint=AGENT_ROTATE.request(agent_id=agent_id).endpoint, detail=problem)
        vault.promote()
        return Rotated(agent_id=agent_id, old=old.public_part, new=new.public_part)


def recover_pak(
    path: str | Path,
    transport: BrokerTransport,
    *,
    timeout_seconds: float = 30.0,
    now: Callable[[], float] = time.time,
) -> Recovery:
    """Find out what became of a rotation that was interrupted, and end it.

    Args:
        path: the PAK file.
        transport: the way to the broker.
        timeout_seconds: how long each request may wait.
        now: the time of day in seconds.

    Returns:
        What became of it.

    Raises:
        ConfigError: the files cannot be read or written.
        BrokerAuthError: the broker knows neither PAK: it has rotated, and the answer was lost. Nothing is deleted;
            an admin has to rotate again and put the new PAK into the file.
        BrokerError, DecodeError, BrokerUnreachableError: the broker could not be asked; nothing was changed.
    """
    vault = PakVault(path)
    if not vault.rotating:
        return Recovery.NOTHING
    with vault.locked():
        return _recovered(vault, transport, timeout_seconds, now)


class RotatedFilePak:
    """A PAK in a file that :func:`rotate_pak` may be changing: what an interrupted rotation left is settled first.

    So an agent gets the new PAK also when the process that rotated it has died in between.

    Args:
        path: the PAK file, or a directory as for :class:`FilePak`, where nothing is ever rotated.
        transport: the way to the broker.
        timeout_seconds: how long each request may wait.
    """

    def __init__(self, path: str | Path, transport: BrokerTransport, *, timeout_seconds: float = 30.0) -> None:
        self._path = path
        self._transport = transport
        self._timeout = timeout_seconds

    def __repr__(self) -> str:
        return f"RotatedFilePak({str(self._path)!r})"

    def pak(self) -> Pak:
        """Return the PAK as the file has it now.

        Raises:
            ConfigError: the file is unusable, or the broker has rotated and the answer is lost.
        """
        try:
            recover_pak(self._path, self._transport, timeout_seconds=self._timeout)
        except BrokerAuthError as error:
            raise ConfigError([f"PAK file {self._path}: {error}"]) from None
        except (BrokerError, ConfigError, DecodeError, NetworkError):
            pass  # being rotated right now, or nobody to ask: what the file has is the best there is
        return FilePak(self._path).pak()


def _recovered(
    vault: PakVault, transport: BrokerTransport, timeout_seconds: float, now: Callable[[], float]
) -> Recovery:
    if not vault.rotating:
        return Recovery.NOTHING
    intent, following = vault.intent(), vault.following()
    if following is not None:
        owner = owner_of(following, transport, timeout_seconds=timeout_seconds)
        if owner is not None and owner.agent is not None and (intent is None or intent.agent_id == owner.agent):
            vault.promote()
            return Recovery.DONE
    present = vault.current()
    if owner_of(present, transport, timeout_seconds=timeout_seconds) is None:
        lost = f"knows {present} no longer: it was rotated and the answer was lost, or an admin replaced it"
        advice = f"let an admin rotate the agent's PAK and write the new one into {vault.path}"
        raise BrokerAuthError(status=401, endpoint=WHO_AM_I.request().endpoint, detail=f"the broker {lost}; {advice}")
    if intent is not None and intent.old != present.public_part:
        vault.end()
        return Recovery.DONE
    if intent is not None and now() - intent.began <= CACHE_SECONDS:
        return Recovery.OPEN
    vault.end()
    return Recovery.UNDONE


def _agent_of(pak: Pak, transport: BrokerTransport, timeout_seconds: float) -> str:
    owner = owner_of(pak, transport, timeout_seconds=timeout_seconds)
    if owner is None:
        raise refusal(Response(status=401), endpoint=WHO_AM_I.request().endpoint)
    if owner.agent is None:
        raise UsageError(f"{pak} belongs to an administrator or a generator; only an agent's PAK is rotated by itself")
    return owner.agent


def _asked_for(vault: PakVault, agent_id: str, old: Pak, transport: BrokerTransport, timeout_seconds: float) -> Pak:
    """Ask for the new PAK, once: every further call would kill the PAK before."""
    request = AGENT_ROTATE.request(agent_id=agent_id)
    try:
        response = transport.send(with_pak(request, old), timeout_seconds=timeout_seconds)
    except BrokerUnreachableError as error:
        if not error.sent:
            vault.end()
        raise
    if response.status in _REFUSED:
        vault.end()
    if not 200 <= response.status < 300:
        raise refusal(response, endpoint=request.endpoint)
    return decode(IssuedAgent, response, endpoint=request.endpoint).pak
