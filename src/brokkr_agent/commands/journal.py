"""``brokkr-agent journal``: its options; what it does is loaded only when it is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from brokkr_agent.commands.options import OWNER, cluster_options, output_option

Command = TypeVar("Command", bound=Callable[..., Any])


def _which(command: Command) -> Command:
    """Add the argument and the options that say which journals."""
    folder = click.Path(file_okay=False, exists=True, path_type=Path)
    command = click.option("--directory", type=folder, help="A directory of journals instead of the cluster.")(command)
    owner = "Whose journals: the id of an agent, or what was applied by hand by default."
    command = click.option("--owner", default=OWNER, help=owner)(command)
    return click.argument("name", required=False)(cluster_options(command))


@click.group("journal")
def journal_command() -> None:
    """Look into the records of runs. Values of objects are never shown."""


@journal_command.command("show")
@_which
@output_option
def show_command(name: str | None, output: str, **where: Any) -> None:
    """List the journals, or tell what one of them says."""
    from brokkr_agent.commands.records import Where, show  # noqa: PLC0415 - the others start sooner without it

    show(name, Where(**where), output)


@journal_command.command("verify")
@_which
@output_option
def verify_command(name: str | None, output: str, **where: Any) -> None:
    """Follow the chain of one journal, or of all; exit code 1 when one was altered or is not whole."""
    from brokkr_agent.commands.records import Where, verify  # noqa: PLC0415 - the others start sooner without it

    verify(name, Where(**where), output)


@journal_command.command("certificate")
@_which
def certificate_command(name: str | None, **where: Any) -> None:
    """Print the certificate of a rollback as one JSON document: of the named journal, or of the newest with one."""
    from brokkr_agent.commands.records import Where, certificate  # noqa: PLC0415 - as above

    certificate(name, Where(**where))
