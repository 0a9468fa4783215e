"""Resource quantities in the one spelling the server writes back (apimachinery ``resource/quantity.go``)."""

from __future__ import annotations

import re
from fractions import Fraction

_SYNTAX = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([EPTGMK]i|[numkMGTPE]|[eE][+-]?\d+)?")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIX_OF = {power: suffix for suffix, power in _DECIMAL.items()}
_SMALLEST = Fraction(1, 10**9)


def canonical(text: str) -> str:
    """Return a quantity as the server serialises it: ``1000m`` becomes ``1``, ``1024Mi`` becomes ``1Gi``.

    Args:
        text: a quantity as a manifest writes it.

    Raises:
        ValueError: it is no quantity.
    """
    number, suffix = _split(text)
    value = number * _unit(suffix)
    if suffix in _BINARY and suffix:
        return _binary(value)
    return _decimal(value) if suffix in _DECIMAL else _exponent(value)


def amount(text: str) -> Fraction:
    """Return how much a quantity is, so that two of them can be compared.

    Args:
        text: a quantity as a manifest writes it.

    Raises:
        ValueError: it is no quantity.
    """
    number, suffix = _split(text)
    return number * _unit(suffix)


def _split(text: str) -> tuple[Fraction, str]:
    match = _SYNTAX.fullmatch(text.strip())
    if match is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    return Fraction(match[1]), match[2] or ""


def _unit(suffix: str) -> Fraction:
    if suffix in _BINARY and suffix:
        return Fraction(1024) ** _BINARY.index(suffix)
    return Fraction(10) ** (_DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:]))


def _binary(value: Fraction) -> str:
    if value.denominator != 1 or abs(value) < 1024:
        return _decimal(value)
    whole, power = value.numerator, 0
    while whole % 1024 == 0 and power < len(_BINARY) - 1:
        whole, power = whole // 1024, power + 1
    return f"{whole}{_BINARY[power]}"


def _decimal(value: Fraction) -> str:
    whole, power = _scaled(value)
    return f"{whole}{_SUFFIX_OF[power]}"


def _exponent(value: Fraction) -> str:
    whole, power = _scaled(value)
    return f"{whole}e{power}" if power else str(whole)


def _scaled(value: Fraction) -> tuple[int, int]:
    """Return a whole number and the power of a thousand that goes with it; digits below nano round up."""
    steps = value / _SMALLEST
    whole = -(-steps.numerator // steps.denominator) if steps >= 0 else steps.numerator // steps.denominator
    power = -9
    while whole and whole % 1000 == 0 and power < 18:
        whole, power = whole // 1000, power + 3
    return (whole, power) if whole else (0, 0)
