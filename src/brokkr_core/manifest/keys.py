"""Mapping keys -> text, as sigs.k8s.io/yaml turns them into JSON object keys."""

from __future__ import annotations

import math
import struct

from brokkr_core.manifest.scalars import HINTS, INT64_MAX, NUMBER_STARTS, WORDS, ScalarError, number

#: Go's %g with the shortest digits changes to exponent form from here on.
EXPONENT_FROM, EXPONENT_BELOW = 6, -4
#: Nine significant digits tell any two 32-bit floats apart.
FLOAT32_DIGITS = 9


def key_text(text: str) -> str:
    """Turn a plain scalar in key position into the key kubectl reads.

    Args:
        text: the scalar, unquoted and untagged.

    Returns:
        Booleans as ``true`` and ``false``, integers as decimal digits, floats as a 32-bit float prints,
        anything else unchanged.

    Raises:
        ScalarError: null and integers beyond 63 bit cannot be keys.
    """
    if text and text[0] not in HINTS:
        return text
    if not text or text in WORDS:
        return _word_text(text)
    if text[0] not in NUMBER_STARTS:
        return text
    value = number(text)
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return float32_text(value)
    if value > INT64_MAX:
        raise ScalarError("an integer beyond 63 bit cannot be a key; quote it")
    return str(value)


def _word_text(text: str) -> str:
    word = WORDS[text]
    if word is None:
        raise ScalarError("null cannot be a key; quote it if text is meant")
    if isinstance(word, bool):
        return "true" if word else "false"
    return float32_text(word)


def float32_text(value: float) -> str:
    """Print a float as Go prints a float32 with ``%g`` and the shortest digits.

    Args:
        value: the float; out of the 32-bit range it counts as infinite.

    Returns:
        For example ``1000``, ``1e+06``, ``1.2345679`` or ``.inf``.
    """
    if math.isnan(value):
        return ".nan"
    packed = _float32_bytes(value)
    rounded: float = struct.unpack("<f", packed)[0] if packed else value
    if packed is None or math.isinf(rounded):
        return ".inf" if value > 0 else "-.inf"
    if rounded == 0:
        return "-0" if packed[3] else "0"
    mantissa, exponent = _shortest(rounded, packed)
    return ("-" if rounded < 0 else "") + _general(mantissa, exponent)


def _float32_bytes(value: float) -> bytes | None:
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return None


def _shortest(value: float, packed: bytes) -> tuple[str, int]:
    """Return the fewest digits that read back as the same 32-bit float, and their exponent."""
    for precision in range(FLOAT32_DIGITS):
        text = f"{abs(value):.{precision}e}"
        read_back = _float32_bytes(math.copysign(float(text), value))
        if read_back == packed:
            break
    mantissa, _, exponent = text.partition("e")
    return mantissa.replace(".", "").rstrip("0"), int(exponent)


def _general(digits: str, exponent: int) -> str:
    """Lay digits out as ``%g`` does; the value is ``d.ddd`` times ten to the exponent."""
    if exponent < EXPONENT_BELOW or exponent >= EXPONENT_FROM:
        fraction = "." + digits[1:] if len(digits) > 1 else ""
        return f"{digits[0]}{fraction}e{exponent:+03d}"
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
