"""Unique ids and name suffixes, drawn from a counter so that every run is the same."""

from __future__ import annotations

from itertools import count

#: The letters Kubernetes uses for generated names: no vowels and nothing that reads like another letter.
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class Counted:
    """A source of ids that never repeats and never surprises."""

    def __init__(self) -> None:
        self._uids = count(1)
        self._suffixes = count(1)

    def uid(self) -> str:
        """Return a new uid in the shape of a version 4 UUID."""
        number = next(self._uids)
        return f"{number * 2_654_435_761 % 2**32:08x}-0000-4000-8000-{number:012x}"

    def suffix(self) -> str:
        """Return five letters for ``generateName``."""
        number = next(self._suffixes) * 5_647_913 % len(ALPHABET) ** 5
        letters = []
        for _ in range(5):
            number, rest = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[rest])
        return "".join(letters)
