"""``brokkr-agent rollback``: its options; what it does is loaded only when it is called."""

from __future__ import annotations

from typing import Any

import click

from brokkr_agent.commands.options import cluster_options, output_option, timeout_option


@click.command("rollback")
@click.option("--stack", required=True, help="Name of the set of objects, as given to apply.")
@click.option("--to", "wanted", help="Id of the revision, or its beginning; the one before the last by default.")
@cluster_options
@click.option("--force-conflicts", is_flag=True, help="Take fields that other managers own by now.")
@timeout_option
@click.option(
    "--stability",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Seconds after which everything is looked at once more.",
)
@output_option
def rollback_command(**given: Any) -> None:
    """Bring a stack back to an earlier revision that was applied by hand, and prove how far it is there."""
    from brokkr_agent.commands.returning import return_stack  # noqa: PLC0415 - the others start sooner without it

    return_stack(**given)
