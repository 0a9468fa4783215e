"""``brokkr-agent config``: look at the settings before an agent works by them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brokkr_agent.commands.options import config_option

if TYPE_CHECKING:
    from brokkr_agent.config import Settings
    from brokkr_agent.shown import Shown


@click.group("config")
def config_command() -> None:
    """Look at the settings, as file and environment give them; nothing is contacted."""


@config_command.command("check")
@config_option
def check_command(config: Path | None) -> None:
    """Check the settings and name everything that is wrong with them."""
    settings = _load(config)
    if not settings.agent.pak and not settings.agent.pak_file:
        click.echo("agent.pak and agent.pak_file: none is given, and the agent needs one", err=True)
    click.echo("the settings are good")


@config_command.command("show")
@config_option
@click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to write it."
)
def show_command(config: Path | None, output: str) -> None:
    """Show every setting: its value, who gave it, and when a change takes effect. Secrets are not shown."""
    settings = _load(config)
    from brokkr_agent.shown import shown  # noqa: PLC0415 - as in _load

    rows = shown(settings)
    click.echo(json.dumps([row.document() for row in rows], indent=2) if output == "json" else _table(rows))


@config_command.command("schema")
def schema_command() -> None:
    """Write the JSON Schema (draft 2020-12) of the settings file."""
    from brokkr_agent.reference import schema  # noqa: PLC0415 - as in _load

    click.echo(schema(), nl=False)


def _load(config: Path | None) -> Settings:
    from brokkr_agent.load import load_settings  # noqa: PLC0415 - as in run: the others start sooner without

    return load_settings(file=config, environment=os.environ)


def _table(rows: tuple[Shown, ...]) -> str:
    cells = [("SETTING", "VALUE", "FROM", "APPLIES"), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)
    return "\n".join(line.rstrip() for line in lines)
