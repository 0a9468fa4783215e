"""``brokkr-agent wait``: until a stack's deployment has ended; the exit code tells how."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import click

from brokkr_agent.commands.control import control_options, open_control
from brokkr_agent.commands.options import output_option
from brokkr_agent.errors import FAILED, OK, TIMED_OUT, UNREACHABLE
from brokkr_core.errors import NetworkError
from brokkr_core.model.json import JsonObject, as_list, as_object, as_text

if TYPE_CHECKING:
    from brokkr_agent.remote import ControlClient


@click.command("wait")
@click.argument("stack")
@control_options
@click.option("--sequence", type=int, help="Wait for this revision or a later one: the number that a push prints.")
@click.option(
    "--for",
    "until",
    type=click.Choice(["ended", "succeeded"]),
    default="ended",
    show_default=True,
    help="Wait for the end of an attempt, or through failures for a success.",
)
@click.option("--timeout", type=click.FloatRange(min=0), default=300.0, show_default=True, help="Seconds to wait.")
@output_option
def wait_command(
    *, stack: str, url: str, token_file: str | None, sequence: int | None, until: str, timeout: float, output: str
) -> None:
    """Wait until the deployment of a stack has ended; the exit code tells how it did.

    STACK is the id of the stack, or the beginning of it.
    """
    from brokkr_agent.remote import Follower, Seen  # noqa: PLC0415 - loads http.client
    from brokkr_agent.remote.seen import decides  # noqa: PLC0415 - loads http.client

    end = time.monotonic() + timeout
    agent = open_control(url, token_file)
    follower = Follower(agent)
    follower.start()
    seen = Seen(chosen=stack)
    while True:
        update = follower.next(end - time.monotonic())
        seen = seen if update is None else seen.after(update)
        found = next((one for one in seen.attempts.values() if decides(one, sequence=sequence, until=until)), None)
        if found is not None:
            _tell(_with_objects(agent, found), output)
            sys.exit(exit_code_of_attempt(found))
        if time.monotonic() >= end:
            break
    _give_up(seen.trouble, next(iter(seen.attempts.values()), None), timeout)


def exit_code_of_attempt(attempt: JsonObject) -> int:
    """Return what to end with after an attempt that has ended."""
    from brokkr_agent.commands.show import exit_code_of  # noqa: PLC0415 - only at the end

    if attempt["result"] == "succeeded":
        return OK
    verdict = as_text(attempt.get("verdict"))
    return exit_code_of(verdict) if verdict else FAILED


def _with_objects(agent: ControlClient, attempt: JsonObject) -> JsonObject:
    """Ask for the objects of an attempt; what a stream tells comes without them."""
    try:
        return agent.get(f"/v1/deployments/{as_text(attempt['trace_id'])}")
    except NetworkError:
        return attempt  # how it ended is known all the same


def _tell(attempt: JsonObject, output: str) -> None:
    from brokkr_agent.remote.shown import line, object_line  # noqa: PLC0415 - only at the end

    if output == "json":
        click.echo(json.dumps(attempt, indent=2))
        return
    click.echo(line(attempt))
    for one in map(as_object, as_list(attempt.get("objects"))):
        if one.get("state") == "failed":
            click.echo(f"  {object_line(one)}")


def _give_up(trouble: str, attempt: JsonObject | None, seconds: float) -> None:
    from brokkr_agent.remote.shown import line  # noqa: PLC0415 - only at the end

    state = "no attempt was seen" if attempt is None else line(attempt)
    click.echo(f"error: waited {seconds:g} s in vain: {trouble or state}", err=True)
    sys.exit(UNREACHABLE if trouble else TIMED_OUT)
