"""Journals in Secrets of one namespace: where values of Secrets may be, encrypted as the cluster encrypts them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from collections.abc import Iterable

from attrs import frozen

from brokkr_core.apply.identity import uid
from brokkr_core.errors import AlreadyExistsError, JournalError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject, as_text, dig, text_map
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.rollback.journal.store import Found, Kept, whole_lines

#: Type of the Secrets, and field manager of what is written here.
SECRET_TYPE = "brokkr.io/journal"  # noqa: S105 - a type, not a password
JOURNAL_MANAGER = "brokkr-journal"

#: Bytes of a segment that one Secret holds, before base64: the API server takes 1 MiB of data (core/v1 validation).
PART_BYTES = 700 * 1024

_OWNER, _JOURNAL, _END = "brokkr.io/journal-owner", "brokkr.io/journal", "brokkr.io/journal-end"
_SEGMENT, _PART, _PARTS = (f"brokkr.io/journal-{word}" for word in ("segment", "part", "parts"))
_TEXT = "lines"


@frozen(kw_only=True)
class _Place:
    """Where a Secret belongs in its journal."""

    number: int
    part: int
    parts: int

    @classmethod
    def of(cls, body: JsonObject) -> _Place:
        notes = text_map(dig(body, "metadata", "annotations"))
        try:
            return cls(number=int(notes[_SEGMENT]), part=int(notes[_PART]), parts=int(notes[_PARTS]))
        except (KeyError, ValueError) as error:
            raise JournalError(f"Secret {ref_of(body)}: it does not say where in its journal it belongs") from error

    def notes(self) -> JsonObject:
        return {_SEGMENT: str(self.number), _PART: str(self.part), _PARTS: str(self.parts)}


class SecretStore:
    """Keeps journals as immutable Secrets, one or more per segment; gzip inside.

    Args:
        client: the cluster.
        namespace: where the records are kept; must exist.
        owner_id: whose journals; nobody else's are seen.
    """

    holds_secrets = True

    def __init__(self, client: KubeClient, *, namespace: str, owner_id: str) -> None:
        self._client = client
        self._namespace = namespace
        self._owner = hashlib.sha256(owner_id.encode()).hexdigest()[:32]

    def append(self, name: str, number: int, lines: bytes, *, last: bool = False) -> None:
        """Create the Secrets of a segment. It counts when its last part is there.

        Raises:
            JournalError: somebody else writes this journal.
            ApiError, NetworkError: the cluster did not take it.
        """
        packed = gzip.compress(lines, compresslevel=1, mtime=0)
        parts = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
        for part, data in enumerate(parts):
            self._create(name, _Place(number=number, part=part, parts=len(parts)), data, last=last)

    def read(self, name: str) -> Kept:
        """Return the lines of all segments of which every part is there.

        Raises:
            JournalError: a Secret was altered.
            ApiError, NetworkError: the cluster did not answer.
        """
        segments: dict[int, dict[int, JsonObject]] = {}
        wanted: dict[int, int] = {}
        for body in self._listed(f"{_JOURNAL}={name}"):
            place = _Place.of(body)
            segments.setdefault(place.number, {})[place.part] = body
            wanted[place.number] = place.parts
        lines: list[bytes] = []
        for number in sorted(segments):
            parts = segments[number]
            if len(parts) == wanted[number]:
                lines += whole_lines(_unpacked(name, (parts[part] for part in sorted(parts))))
        return Kept(lines=tuple(lines), segments=max(segments, default=-1) + 1)

    def found(self) -> tuple[Found, ...]:
        """Return all journals of the owner, oldest first; only metadata is read."""
        names: dict[str, bool] = {}
        for body in self._listed("", metadata_only=True):
            labels = dig(body, "metadata", "labels")
            name = as_text(dig(labels, _JOURNAL))
            names[name] = names.get(name, False) or dig(labels, _END) == "true"
        return tuple(sorted(Found(name=name, ended=ended) for name, ended in names.items()))

    def remove(self, name: str) -> None:
        """Delete the Secrets of a journal, the last segment first, so that what is left is never believed whole."""
        bodies = list(self._listed(f"{_JOURNAL}={name}", metadata_only=True))
        for body in sorted(bodies, key=lambda one: as_text(dig(one, "metadata", "name")), reverse=True):
            ref = self._ref(as_text(dig(body, "metadata", "name")))
            self._client.delete(ref, uid=uid(body))

    def _create(self, name: str, place: _Place, data: bytes, *, last: bool) -> None:
        ref = self._ref(f"brokkr-journal-{name}-{place.number:06d}-{place.part:03d}")
        labels: JsonObject = {"app.kubernetes.io/managed-by": "brokkr", _OWNER: self._owner, _JOURNAL: name}
        text = base64.b64encode(data).decode()
        body: JsonObject = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": SECRET_TYPE,
            "immutable": True,
            "metadata": {
                "name": ref.name,
                "namespace": ref.namespace,
                "labels": labels | ({_END: "true"} if last else {}),
                "annotations": place.notes(),
            },
            "data": {_TEXT: text},
        }
        try:
            self._client.create(body, ref, manager=JOURNAL_MANAGER)
        except AlreadyExistsError as error:
            # Ours when the answer to an earlier try was lost; else another process believes that it is us.
            if as_text(dig(self._client.get(ref), "data", _TEXT)) != text:
                raise JournalError(f"Secret {ref.namespace}/{ref.name}: somebody else writes this journal") from error

    def _listed(self, labels: str, *, metadata_only: bool = False) -> Iterable[JsonObject]:
        resource = self._client.resource(self._ref("any"))
        selector = ",".join(filter(None, (f"{_OWNER}={self._owner}", labels)))
        return self._client.list(resource, namespace=self._namespace, labels=selector, metadata_only=metadata_only)

    def _ref(self, name: str) -> ObjectRef:
        return ObjectRef(group="", version="v1", kind="Secret", namespace=self._namespace, name=name)


def _unpacked(name: str, parts: Iterable[JsonObject]) -> bytes:
    try:
        return gzip.decompress(b"".join(base64.b64decode(as_text(dig(part, "data", _TEXT))) for part in parts))
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise JournalError(f"journal {name}: a segment cannot be unpacked") from error
