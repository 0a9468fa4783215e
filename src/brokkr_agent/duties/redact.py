"""Take secrets out of what leaves the cluster: known values, and lines that tell one by their words. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from attrs import field, frozen

from brokkr_agent.hiding import hide, lines_of, longest_first
from brokkr_core.apply.difference.credentials import sounds_secret, tells_secret
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig

LINE_HIDDEN = "(hidden: the line tells a credential)"

_LISTS = ("initContainers", "containers", "ephemeralContainers")


@frozen(kw_only=True)
class Redaction:
    """Hides values that are known to be secret; the longest first, so that no rest of one stays."""

    values: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, values: Iterable[str]) -> Redaction:
        """Make one from any texts; a text of several lines is hidden line by line too, as a log shows it."""
        return cls(values=longest_first(lines_of(values)))

    def text(self, text: str) -> str:
        """Return a text without the values, and without lines that tell a credential."""
        text = hide(text, self.values)
        if not tells_secret(text):
            return text
        return "".join(LINE_HIDDEN + _ending(line) if tells_secret(line) else line for line in text.splitlines(True))

    def json(self, value: Json) -> Json:
        """Return JSON with every text in it redacted; names of members stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(one) for one in value]
        return {key: self.json(one) for key, one in value.items()} if isinstance(value, dict) else value


def secret_values(secret: JsonObject) -> Iterator[str]:
    """Return the values of a Secret, both as they are and as they are encoded."""
    for encoded in as_object(secret.get("data")).values():
        text = as_text(encoded)
        yield text
        try:
            yield base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue  # it is no text, so no log holds it


def environment_values(pod: JsonObject) -> Iterator[str]:
    """Return the values that stand in a pod's environment under a name that sounds secret."""
    for container in _containers(pod):
        for one in as_list(dig(container, "env")):
            value = as_text(dig(one, "value"))
            if value and sounds_secret(as_text(dig(one, "name"))):
                yield value


def secrets_of(pod: JsonObject) -> frozenset[str]:
    """Name the Secrets whose values the containers of a pod get to see."""
    named: set[Json] = set()
    for volume in as_list(dig(pod, "spec", "volumes")):
        named.add(as_text(dig(volume, "secret", "secretName")))
        for source in as_list(dig(volume, "projected", "sources")):
            named.add(as_text(dig(source, "secret", "name")))
    for container in _containers(pod):
        for one in as_list(dig(container, "env")):
            named.add(as_text(dig(one, "valueFrom", "secretKeyRef", "name")))
        for one in as_list(dig(container, "envFrom")):
            named.add(as_text(dig(one, "secretRef", "name")))
    return frozenset(as_text(one) for one in named if one)


def _containers(pod: JsonObject) -> Iterator[Json]:
    for name in _LISTS:
        yield from as_list(dig(pod, "spec", name))


def _ending(line: str) -> str:
    return "\n" if line.endswith("\n") else ""
