"""The evidence of one rollback as one document (design 5.3(9)): digests, predicates and names, never a value. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime

from attrs import Attribute, field, frozen

from brokkr_core.apply.difference.paths import comparable
from brokkr_core.apply.identity import resource_version, uid
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.owners import owners_at
from brokkr_core.rollback.predicates import Predicates
from brokkr_core.rollback.undo import Timing, Undone
from brokkr_core.rollback.verdict import Finding, ObjectState, Verdict

#: The version of the document's own form; a reader refuses one that it does not know.
FORM = 1

#: Bytes that the key of a run has at least.
SHORTEST_KEY = 16


def _zoned(_self: object, attribute: Attribute[datetime], moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError(f"{attribute.name}: a certificate needs times with a time zone")


@frozen(kw_only=True)
class RunFacts:
    """What a certificate says of the run itself, beyond what the rollback knows."""

    run_id: str
    plan_digest: str
    journal_head: str = ""  #: digest of the journal's last record; empty without a journal that outlives the process
    started: datetime = field(validator=_zoned)  #: of the rollback
    finished: datetime = field(validator=_zoned)
    engine: str  #: version of brokkr
    server: str = ""  #: version of the API server, if anybody has asked


@frozen(kw_only=True)
class Sides:
    """One fact of an object before the run, after its write, and at the last look; empty where there was no object."""

    before: str = ""
    after: str = ""
    now: str = ""

    def to_json(self) -> JsonObject:
        """Return it as JSON; null stands for no object, or for nobody knows."""
        return {"before": self.before or None, "after": self.after or None, "now": self.now or None}


@frozen(kw_only=True)
class Claim:
    """A path that somebody else has written to, and the managers that own it now."""

    path: str
    managers: tuple[str, ...] = ()


@frozen(kw_only=True)
class Proof:
    """What is certified about one object."""

    ref: ObjectRef
    state: ObjectState
    irreversible: bool
    bounded: bool  #: somebody else may have written between the record and the write
    uids: Sides
    versions: Sides  #: resourceVersions, as the server counts them
    digests: Sides
    predicates: Predicates
    contested: tuple[Claim, ...] = ()
    foreign: tuple[Claim, ...] = ()
    not_back: tuple[str, ...] = ()  #: paths of ours that do not hold what they held before
    retained: str = ""  #: why it was kept on purpose

    def to_json(self) -> JsonObject:
        """Return it as JSON."""
        return {
            "object": _identity(self.ref),
            "state": str(self.state),
            "irreversible": self.irreversible,
            "evidence": "bounded" if self.bounded else "exact",
            "uid": self.uids.to_json(),
            "resourceVersion": self.versions.to_json(),
            "digest": self.digests.to_json(),
            "predicates": _predicates(self.predicates),
            "contested": _claims(self.contested),
            "foreign": _claims(self.foreign),
            "notBack": list(self.not_back),
            "retained": self.retained or None,
        }


@frozen(kw_only=True)
class Certificate:
    """The evidence of one rollback."""

    verdict: Verdict
    facts: RunFacts
    timing: Timing
    inventory: bool | None  #: P8
    steady: bool | None  #: P10
    proofs: tuple[Proof, ...] = field(factory=tuple)

    def to_json(self) -> JsonObject:
        """Return the document."""
        facts = self.facts
        return {
            "form": FORM,
            "verdict": str(self.verdict),
            "run": {
                "id": facts.run_id,
                "planDigest": facts.plan_digest,
                "journalHead": facts.journal_head or None,
            },
            "versions": {"brokkr": facts.engine, "apiServer": facts.server or None},
            "times": {
                "started": _moment(facts.started),
                "finished": _moment(facts.finished),
                "restoringSeconds": round(self.timing.restoring_seconds, 3),
                "settlingSeconds": round(self.timing.settling_seconds, 3),
                "windowSeconds": round(self.timing.window_seconds, 3),
            },
            "predicates": {"P8": self.inventory, "P10": self.steady},
            "objects": [proof.to_json() for proof in self.proofs],
        }


def certify(undone: Undone, entries: Iterable[Entry], facts: RunFacts, *, key: bytes) -> Certificate:
    """Write down what a rollback rests on.

    Args:
        undone: the rollback.
        entries: the run's record that it put back.
        facts: which run it was.
        key: random and of this run alone, at least 16 bytes: a digest tells whoever holds the key that two states are
            equal, and nobody else anything. The certificate does not hold it.

    Returns:
        The certificate, one proof per finding. It holds no value of any object, and none of the server's words.

    Raises:
        ValueError: the key is too short.
    """
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"the key of a certificate has at least {SHORTEST_KEY} bytes")
    known = {entry.ref: entry for entry in entries}
    proofs = (_proof(one, known[one.ref], undone.bodies.get(one.ref), key) for one in undone.findings)
    return Certificate(
        verdict=undone.verdict,
        facts=facts,
        timing=undone.timing,
        inventory=undone.inventory,
        steady=undone.steady,
        proofs=tuple(proofs),
    )


def digest(body: JsonObject, key: bytes) -> str:
    """Return what stands for the values of an object: equal for equal values of one run.

    Args:
        body: the object; what the server manages and its status do not count.
        key: the key of the run.

    Returns:
        ``hmac-sha256:`` and the digest in hex.
    """
    text = json.dumps(comparable(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"hmac-sha256:{hmac.new(key, text.encode('utf-8', 'surrogatepass'), hashlib.sha256).hexdigest()}"


def _proof(finding: Finding, entry: Entry, live: JsonObject | None, key: bytes) -> Proof:
    states = (entry.before, entry.after, live)
    contested = finding.paths if finding.state is ObjectState.CONTESTED else ()
    return Proof(
        ref=finding.ref,
        state=finding.state,
        irreversible=finding.irreversible,
        bounded=entry.bounded or (entry.after is None and finding.state is not ObjectState.UNTOUCHED),
        uids=_sides(*(uid(body) for body in states)),
        versions=_sides(*(resource_version(body) for body in states)),
        digests=_sides(*(digest(body, key) if body is not None else "" for body in states)),
        predicates=finding.predicates,
        contested=_owned(contested, live),
        foreign=_owned(finding.predicates.drift, live),
        not_back=finding.paths if finding.state is ObjectState.NOT_RESTORED else (),
        retained=finding.note if finding.state is ObjectState.RETAINED_GUARDED else "",
    )


def _sides(before: str, after: str, now: str) -> Sides:
    return Sides(before=before, after=after, now=now)


def _owned(paths: tuple[str, ...], live: JsonObject | None) -> tuple[Claim, ...]:
    return tuple(Claim(path=path, managers=owners_at(live, path) if live is not None else ()) for path in paths)


def _identity(ref: ObjectRef) -> JsonObject:
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "namespace": ref.namespace or None,
        "name": ref.name,
    }


def _predicates(found: Predicates) -> JsonObject:
    return {
        "P1": found.existence,
        "P2": found.identity,
        "P3": found.own_fields,
        "P4": found.values,
        "P5": found.no_residue,
        "P6": found.other_owners,
        "P7": list(found.drift),
        "P9": found.health,
    }


def _claims(claims: tuple[Claim, ...]) -> Json:
    return [{"path": claim.path, "managers": list(claim.managers)} for claim in claims]


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
