"""The command line: every error becomes one clear message and an exit code, never a traceback."""

from __future__ import annotations

import sys

import click

from brokkr_agent.commands.apply import apply_command, plan_command
from brokkr_agent.commands.audit import audit_command
from brokkr_agent.commands.demo import demo_command
from brokkr_agent.commands.dev import dev_command
from brokkr_agent.commands.dev_broker import broker_command
from brokkr_agent.commands.journal import journal_command
from brokkr_agent.commands.log_level import log_level_command
from brokkr_agent.commands.rollback import rollback_command
from brokkr_agent.commands.rotate import rotate_command
from brokkr_agent.commands.run import run_command
from brokkr_agent.commands.settings import config_command
from brokkr_agent.commands.stack import stack_command
from brokkr_agent.commands.wait import wait_command
from brokkr_agent.commands.watch import watch_command
from brokkr_agent.errors import exit_code
from brokkr_core.errors import BrokkrError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="brokkr", prog_name="brokkr-agent")
def cli() -> None:
    """Turn Kubernetes YAML into a proven change of a cluster."""


for _command in (
    apply_command,
    audit_command,
    config_command,
    demo_command,
    dev_command,
    journal_command,
    log_level_command,
    plan_command,
    rollback_command,
    rotate_command,
    run_command,
    stack_command,
    wait_command,
    watch_command,
):
    cli.add_command(_command)
dev_command.add_command(broker_command)


def main() -> None:
    """Run the command line; the console script ``brokkr-agent``."""
    try:
        cli(prog_name="brokkr-agent")
    except BrokkrError as error:
        for line in str(error).splitlines():
            click.echo(f"error: {line}", err=True)
        sys.exit(exit_code(error))
