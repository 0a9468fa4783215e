"""Tell what journals say, without a single value of any object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from attrs import frozen

from brokkr_agent.errors import FAILED
from brokkr_core.errors import JournalError, UsageError
from brokkr_core.kube import connect
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.rollback import DirectoryStore, JournalStore, SecretStore
from brokkr_core.rollback.journal import Record, RecordKind, records_of
from brokkr_core.rollback.journal.encoding import ref_from_json


@frozen(kw_only=True)
class Where:
    """Which journals, one field per option."""

    kubeconfig: str | None
    context: str | None
    namespace: str | None
    owner: str
    directory: Path | None

    @contextmanager
    def store(self) -> Iterator[JournalStore]:
        """Open the place where they are kept."""
        if self.directory is not None:
            yield DirectoryStore(path=self.directory)
            return
        with connect(self.kubeconfig, context=self.context) as client:
            yield SecretStore(client, namespace=self.namespace or client.namespace, owner_id=self.owner)


def show(name: str | None, where: Where, output: str) -> None:
    """List the journals, or tell what one of them says.

    Args:
        name: the journal; None lists them.
        where: where they are.
        output: ``text`` or ``json``.
    """
    with where.store() as store:
        if name is not None:
            told = [_told(record) for record in _records(store, name)]
            _print([*told], [_line(one) for one in told], output)
            return
        found = store.found()
    lines = [f"{one.name}  {'ended' if one.ended else 'open'}" for one in found]
    _print([{"name": one.name, "ended": one.ended} for one in found], lines or ["no journals"], output)


def verify(name: str | None, where: Where, output: str) -> None:
    """Follow the chain of one journal, or of all.

    Args:
        name: the journal; None takes all.
        where: where they are.
        output: ``text`` or ``json``.

    Raises:
        SystemExit: a journal was altered or is not whole.
    """
    with where.store() as store:
        rows = [_verified(store, one) for one in ([name] if name else [found.name for found in store.found()])]
    lines = [f"{row['name']}  {row['problem'] or row['head']}" for row in rows]
    _print([*rows], lines or ["no journals"], output)
    if any(row["problem"] for row in rows):
        raise SystemExit(FAILED)


def certificate(name: str | None, where: Where) -> None:
    """Print the certificate of a rollback.

    Args:
        name: the journal; None takes the newest that has one.
        where: where they are.

    Raises:
        UsageError: there is none.
    """
    with where.store() as store:
        names = [name] if name else [found.name for found in reversed(store.found()) if found.ended]
        ends = (_records(store, one)[-1].facts.get("certificate") for one in names)
        found = next((one for one in ends if one), None)
    if found is None:
        raise UsageError("there is no certificate: nothing was put back, or its journal is no longer kept")
    click.echo(json.dumps(found, indent=2))


def _records(store: JournalStore, name: str) -> tuple[Record, ...]:
    records = records_of(store, name)
    if not records:
        raise UsageError(f"there is no journal {name}; brokkr-agent journal show lists them")
    return records


def _verified(store: JournalStore, name: str) -> JsonObject:
    try:
        records = _records(store, name)
    except JournalError as error:
        return {"name": name, "records": 0, "head": "", "problem": str(error)}
    return {"name": name, "records": len(records), "head": records[-1].digest, "problem": ""}


def _told(record: Record) -> JsonObject:
    """Return what may be shown of a record: names, versions and flags."""
    facts = record.facts
    shown: JsonObject = {"number": record.number, "kind": str(record.kind)}
    if "ref" in facts:
        ref = ref_from_json(facts["ref"])
        shown |= {"object": str(ref), "before": _version(facts.get("before")), "after": _version(facts.get("after"))}
    words = ("stack", "owner", "revision", "checksum", "plan", "token", "because", "how", "reversibility")
    flags = ("created", "bounded", "locked")
    shown |= {word: as_text(facts.get(word)) for word in words}
    shown |= {flag: True for flag in flags if facts.get(flag) is True}
    if record.kind is RecordKind.COMMIT:
        shown["leaving"] = [
            str(ref_from_json(as_list(row)[0])) for row in as_list(facts.get("leaving")) if as_list(row)
        ]
    shown["digest"] = record.digest
    for key in [key for key, value in shown.items() if value in ("", None, [])]:
        del shown[key]
    return shown


def _version(body: Json) -> str:
    """Name a state of an object: uid and resourceVersion."""
    found = as_text(dig(body, "metadata", "uid")), as_text(dig(body, "metadata", "resourceVersion"))
    return "@".join(filter(None, found))


def _line(shown: JsonObject) -> str:
    rest = {key: value for key, value in shown.items() if key not in ("number", "kind", "object", "digest")}
    words = " ".join(f"{key}={_word(value)}" for key, value in rest.items())
    return "  ".join(
        filter(None, (f"{shown['number']:>4}", f"{shown['kind']:<9}", as_text(shown.get("object")), words))
    )


def _word(value: Json) -> str:
    return ",".join(as_text(one) for one in value) if isinstance(value, list) else str(value)


def _print(rows: list[Json], lines: list[str], output: str) -> None:
    if output == "json":
        click.echo(json.dumps(rows, indent=2))
        return
    for line in lines:
        click.echo(line)
