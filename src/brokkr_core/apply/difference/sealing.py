"""Turn values into texts that may be shown: short JSON, with keyed digests for what is secret. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from attrs import field, frozen

from brokkr_core.apply.difference.credentials import announces_secret, hidden_members, leads_to_secret, tells_secret
from brokkr_core.apply.difference.paths import Step
from brokkr_core.model.json import Json, JsonObject

#: Characters of a value that are shown; more of it belongs into the manifest.
LONGEST_TEXT = 120

#: What stands before a digest.
SEALED = "sealed"


def _long_enough(_self: object, _attribute: object, key: bytes) -> None:
    if not 16 <= len(key) <= 64:
        raise ValueError("the key of a sealer has 16 to 64 bytes")


@frozen(kw_only=True)
class Sealer:
    """Makes the texts of one run.

    Args:
        key: random and new for every run, so that nobody can try out guesses against a digest or compare reports.
        mute: say only that something is sealed; for objects that do not exist yet there is nothing to compare.
    """

    key: bytes = field(repr=False, eq=False, validator=_long_enough)
    mute: bool = False

    def digest(self, value: Json) -> str:
        """Return what stands for a secret value: equal for equal values of one run."""
        if self.mute:
            return SEALED
        text = json.dumps(value, sort_keys=True, ensure_ascii=False)
        keyed = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self.key, digest_size=8)
        return f"{SEALED}:{keyed.hexdigest()}"

    def text(self, value: Json, trail: tuple[Step, ...], roots: tuple[JsonObject, ...]) -> str:
        """Return the text of a value.

        Args:
            value: what stands at the end of the trail.
            trail: how it is reached from the root.
            roots: the object in each of its states.

        Returns:
            Short JSON, or a digest where the place or the value itself is secret; true, false and null are none.
        """
        if _is_plain(value):
            return json.dumps(value)
        if leads_to_secret(trail, roots):
            return self.digest(value)
        above = next((step.key for step in reversed(trail) if step.inside), "")
        shown = self._shown(value, above, roots)
        if isinstance(value, str) and shown != value:
            return str(shown)
        text = _printable(json.dumps(shown, sort_keys=True, ensure_ascii=False))
        return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"

    def _shown(self, value: Json, above: str, roots: tuple[JsonObject, ...]) -> Json:
        if isinstance(value, str):
            return self.digest(value) if tells_secret(value) else value
        if isinstance(value, dict):
            hidden = {key for root in roots for key in hidden_members(value, above, root)}
            return {
                key: self.digest(member) if key in hidden and not _is_plain(member) else self._shown(member, key, roots)
                for key, member in value.items()
            }
        if isinstance(value, list):
            return list(self._items(value, above, roots))
        return value

    def _items(self, items: list[Json], above: str, roots: tuple[JsonObject, ...]) -> Iterable[Json]:
        announced = False
        for item in items:
            yield self.digest(item) if announced else self._shown(item, above, roots)
            announced = announces_secret(item)


def _is_plain(value: Json) -> bool:
    return isinstance(value, bool) or value is None


def _printable(text: str) -> str:
    """Escape what could move a cursor or turn a line around."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("ascii", "backslashreplace").decode() for one in text)
