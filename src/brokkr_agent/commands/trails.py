"""Tell what an audit trail says, and whether it is whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from brokkr_agent.audit.chain import HASH, ChainFaultError, canonical, read
from brokkr_agent.audit.verify import Verified, lines_of, trail_in, verify
from brokkr_agent.errors import FAILED
from brokkr_core.errors import UsageError
from brokkr_core.model.json import JsonObject, as_object, as_text


def verify_trail(path: Path, anchor: str, output: str) -> None:
    """Follow the chain, and tell where it is broken.

    Args:
        path: the directory of the trail.
        anchor: a hash that has to be in it; empty for none.
        output: ``text`` or ``json``.

    Raises:
        SystemExit: it is broken.
        UsageError: there is no trail, or the anchor is no hash.
    """
    if anchor and not HASH.fullmatch(anchor):
        raise UsageError(f"--from {anchor!r}: a hash has 64 hexadecimal digits; the agent logs it as head")
    found = verify(path, anchor=anchor)
    click.echo(json.dumps(_told(found), indent=2) if output == "json" else "\n".join(_lines(found)))
    if not found.whole:
        raise SystemExit(FAILED)


def show_trail(path: Path, *, stack: str | None, since: str | None, own: bool, output: str) -> None:
    """Print records.

    Args:
        path: the directory of the trail.
        stack: only of this stack.
        since: only from this time on.
        own: also those about the agent's own records: inventories, journals, the Lease.
        output: ``text`` or ``json``.

    Raises:
        SystemExit: a line is no record.
        UsageError: the time cannot be read.
    """
    begin = _time(since) if since else None
    broken = False
    for segment in trail_in(path):
        for number, line in lines_of(segment):
            try:
                record = read(line.removesuffix(b"\n"))
            except ChainFaultError as error:
                broken = True
                click.echo(f"{segment.path.name}:{number}: {error}", err=True)
                continue
            if (stack and record.get("stack_id") != stack) or (record.get("own") and not own):
                continue
            if begin and _time(as_text(record.get("at"))) < begin:
                continue
            click.echo(canonical(record) if output == "json" else _line(record))
    if broken:
        raise SystemExit(FAILED)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since {text!r}: write a time such as 2026-11-30T09:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _line(record: JsonObject) -> str:
    about = as_object(record.get("object"))
    names = (as_text(about.get(word)) for word in ("kind", "namespace", "name"))
    words = [f"{key}={_word(value)}" for key, value in as_object(record.get("facts")).items()]
    words += [f"{key}={_word(value)}" for key, value in as_object(record.get("result")).items()]
    stack = as_text(record.get("stack_id"))
    return "  ".join(
        part
        for part in (
            f"{record['seq']:>8}",
            as_text(record.get("at")),
            f"{as_text(record.get('stage')):<7}",
            f"{as_text(record.get('action')):<19}",
            "/".join(filter(None, names)),
            f"stack={stack}" if stack else "",
            " ".join(words),
        )
        if part
    )


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _lines(found: Verified) -> list[str]:
    head, faults = found.head, [str(one) for one in found.faults]
    if found.more_faults:
        faults.append(f"and {found.more_faults} more")
    counted = f"{found.records} records in {found.segments} segments, from {found.first} to {head.seq}"
    if not found.whole:
        return [f"BROKEN: {counted}", *faults]
    lines = [f"whole: {counted}", f"head: {head.hash}"]
    if found.after_anchor is not None:
        lines.append(f"the head that was noted is in the chain, {found.after_anchor} records before its end")
    else:
        lines.append("the chain alone does not show a missing end or a trail that was written anew; see --from")
    if found.open_intents:
        lines.append(f"{found.open_intents} intents have no outcome: a process ended in between, or is at work")
    return lines


def _told(found: Verified) -> JsonObject:
    return {
        "whole": found.whole,
        "segments": found.segments,
        "records": found.records,
        "first": found.first,
        "seq": found.head.seq,
        "head": found.head.hash,
        "openIntents": found.open_intents,
        "afterAnchor": found.after_anchor,
        "faults": [
            {"segment": one.segment, "line": one.line, "after": one.seq, "problem": one.problem} for one in found.faults
        ],
        "moreFaults": found.more_faults,
    }
