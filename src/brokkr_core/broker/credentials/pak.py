"""The PAK that opens the broker: its shape, and that it never shows itself."""

from __future__ import annotations

import re

from attrs import field, frozen

from brokkr_core.errors import ConfigError

#: Prefix and short token are settings of the broker, the long token is base58 (contract 2.2). The prefix has an end so
#: that looking for PAKs in foreign text takes time in proportion to it.
_SHAPE = re.compile(r"(?P<public>[A-Za-z0-9-]{1,100}_[A-Za-z0-9]++)_[1-9A-HJ-NP-Za-km-z]{16,}")
_EXPECTED = "three parts joined by '_': prefix, short token, base58 long token"


def _stripped(text: str) -> str:
    return text.strip()


def _well_formed(_instance: object, _attribute: object, text: str) -> None:
    if _SHAPE.fullmatch(text) is None:
        raise ConfigError([f"PAK: not well-formed ({len(text)} characters); it has {_EXPECTED}"])


@frozen(kw_only=True, repr=False)
class Pak:
    """A broker credential that never shows itself: printing gives the public part only.

    Args:
        text: the PAK; white space around it is dropped.

    Raises:
        ConfigError: the text does not have the shape of contract 2.2; the text is not repeated.
    """

    _text: str = field(converter=_stripped, validator=_well_formed)

    def reveal(self) -> str:
        """Return the secret text, for the Authorization header and for nothing else."""
        return self._text

    @property
    def public_part(self) -> str:
        """Prefix and short token: enough to tell two PAKs apart, of no use to a thief (contract 2.2)."""
        return self._text.rpartition("_")[0]

    def __repr__(self) -> str:
        return f"Pak({self.public_part}_…)"

    __str__ = __repr__


def hide_paks(text: str) -> str:
    """Replace whatever looks like a PAK in foreign text by its public part."""
    return _SHAPE.sub(lambda match: f"{match['public']}_…", text)
