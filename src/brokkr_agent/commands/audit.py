"""``brokkr-agent audit``: its options; what it does is loaded only when it is called."""

from __future__ import annotations

from pathlib import Path

import click

from brokkr_agent.commands.options import output_option

_DIRECTORY = click.Path(file_okay=False, exists=True, path_type=Path)


@click.group("audit")
def audit_command() -> None:
    """Look into the audit trail of an agent, also while it writes."""


@audit_command.command("verify")
@click.argument("path", type=_DIRECTORY)
@click.option("--from", "anchor", metavar="HASH", help="A head that was noted before; it has to be in the chain.")
@output_option
def verify_command(path: Path, anchor: str | None, output: str) -> None:
    """Follow the chain of records; exit code 1 when it is broken, or lacks the head that was noted."""
    from brokkr_agent.commands.trails import verify_trail  # noqa: PLC0415 - the others start sooner without it

    verify_trail(path, anchor or "", output)


@audit_command.command("show")
@click.argument("path", type=_DIRECTORY)
@click.option("--stack", metavar="ID", help="Only what was done for this stack.")
@click.option("--since", metavar="TIME", help="Only from then on: RFC 3339, such as 2026-11-30T09:00:00Z.")
@click.option("--own", is_flag=True, help="Also what was done to the agent's own records.")
@output_option
def show_command(path: Path, stack: str | None, since: str | None, own: bool, output: str) -> None:
    """Print records, the oldest first: a line each, or one JSON document a line."""
    from brokkr_agent.commands.trails import show_trail  # noqa: PLC0415 - the others start sooner without it

    show_trail(path, stack=stack, since=since, own=own, output=output)
