"""``brokkr-agent run``: the agent itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from brokkr_agent.commands.options import config_option
from brokkr_agent.errors import FAILED

#: Flags and the settings they set; everything else is set by file or environment.
FLAGS = {
    "broker_url": "agent.broker_url",
    "pak_file": "agent.pak_file",
    "kubeconfig": "agent.kubeconfig_path",
    "context": "agent.kubeconfig_context",
    "generator_ids": "agent.generator_ids",
    "log_level": "log.level",
    "log_format": "log.format",
}


@click.command("run")
@config_option
@click.option("--broker-url", help="Root URL of the broker.")
@click.option("--pak-file", help="File that holds the agent's PAK.")
@click.option("--kubeconfig", help="Default: in-cluster credentials, then kubectl's.")
@click.option("--context", help="Context of the kubeconfig.")
@click.option("--generator-ids", help="Generators to register with, separated by commas.")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--log-format", help="console or json.")
@click.option("--progress", is_flag=True, help="Also write every run to standard output, for people.")
def run_command(config: Path | None, progress: bool, **given: Any) -> None:
    """Keep this cluster as the broker wants it, until SIGTERM or SIGINT."""
    from brokkr_agent.service import serve  # noqa: PLC0415 - without broker and log the others start 0.17 s sooner

    if serve(config, {key: given[option] for option, key in FLAGS.items()}, progress=progress):
        return
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(FAILED)  # a thread still waits for an answer; leaving the interpreter normally would wait for it
