"""``brokkr-agent rotate-pak``: a new PAK for the agent."""

from __future__ import annotations

import os
from pathlib import Path

import click

from brokkr_agent.commands.options import config_option


@click.command("rotate-pak")
@config_option
@click.option("--broker-url", help="Root URL of the broker.")
@click.option("--pak-file", help="File that holds the agent's PAK; its directory must be writable.")
def rotate_command(config: Path | None, broker_url: str | None, pak_file: str | None) -> None:
    """Give the agent a new PAK and put it into its PAK file, where a running agent finds it."""
    from brokkr_agent.door import transport_of  # noqa: PLC0415 - as above
    from brokkr_agent.load import load_settings  # noqa: PLC0415 - as in run: the others start sooner without
    from brokkr_core.broker import rotate_pak  # noqa: PLC0415 - as above
    from brokkr_core.errors import ConfigError  # noqa: PLC0415 - as above

    flags = {"agent.broker_url": broker_url, "agent.pak_file": pak_file}
    settings = load_settings(file=config, environment=os.environ, flags=flags).agent
    if not settings.pak_file:
        raise ConfigError(["agent.pak_file is not set: only a PAK in a file can be rotated from here"])
    transport = transport_of(settings)
    try:
        done = rotate_pak(settings.pak_file, transport)
    finally:
        transport.close()
    click.echo(f"agent {done.agent_id}: {done.new}_… is in {settings.pak_file} in the place of {done.old}_…")
