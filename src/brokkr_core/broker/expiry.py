"""When certificates run out (RFC 5280, section 4.1). Pure.

Neither ``ssl`` nor what this library needs otherwise tells it of a file: only the few fields up to the dates are read.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from attrs import frozen

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
#: Tags of ASN.1 (X.690).
_INTEGER, _SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x02, 0x30, 0x17, 0x18, 0xA0


@frozen(kw_only=True)
class Expiry:
    """When what is used towards a broker runs out; None for what is not used or cannot be read."""

    client: datetime | None = None  #: the certificate that is shown
    authority: datetime | None = None  #: the last of the authorities that are trusted


def expiries(pem: str) -> tuple[datetime, ...]:
    """Read when the certificates of a PEM file run out.

    Args:
        pem: its text; keys and whatever else stands there are passed over.

    Returns:
        A time for each certificate, in their order.

    Raises:
        ValueError: something is no certificate.
    """
    return tuple(_not_after(der) for der in _certificates(pem))


def _certificates(pem: str) -> Iterator[bytes]:
    for piece in pem.split(_BEGIN)[1:]:
        body, end, _ = piece.partition(_END)
        if not end:
            raise ValueError("a certificate has no end")
        yield ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{body}{_END}\n")


def _not_after(der: bytes) -> datetime:
    """Certificate > TBSCertificate > version?, serial, algorithm, issuer, validity > not before, not after."""
    fields = _parts(_inside(_inside(der)))
    tag, _ = first = next(fields)
    serial, _ = next(fields) if tag == _VERSION else first
    if serial != _INTEGER:
        raise ValueError("not an X.509 certificate")
    next(fields), next(fields)
    _, validity = next(fields)
    times = _parts(validity)
    next(times)
    return _time(*next(times))


def _time(tag: int, content: bytes) -> datetime:
    text = content.decode("ascii")
    if tag == _UTC_TIME:  # two digits of a year: 50 and above are of the last century
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _inside(data: bytes) -> bytes:
    tag, content = next(_parts(data))
    if tag != _SEQUENCE:
        raise ValueError("not an X.509 certificate")
    return content


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Take DER apart, one level deep: a tag and its content each."""
    at = 0
    while at < len(data):
        tag, length, start = data[at], *_length(data, at + 1)
        if start + length > len(data):
            raise ValueError("a certificate is cut off")
        yield tag, data[start : start + length]
        at = start + length
    raise ValueError("a certificate ends too soon")


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Read a length; return it and where the content begins."""
    if at >= len(data):
        raise ValueError("a certificate is cut off")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    size = first & 0x7F
    return int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size
