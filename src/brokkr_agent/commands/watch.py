"""``brokkr-agent watch``: what a running agent is at, as it happens."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING

import click

from brokkr_agent.commands.control import control_options, open_control
from brokkr_agent.commands.options import output_option
from brokkr_agent.stop import Stop

if TYPE_CHECKING:
    from brokkr_agent.remote import Follower, Seen, Update

#: How often a terminal is looked after while nothing happens.
LOOK_SECONDS = 0.25


@click.command("watch")
@click.argument("stack", default="")
@control_options
@output_option
def watch_command(stack: str, url: str, token_file: str | None, output: str) -> None:
    """Show how far the deployments of a running agent are, until it is stopped.

    STACK is the id of one stack, or the beginning of it; without one all of them are shown.
    """
    from brokkr_agent.remote import Follower, Seen  # noqa: PLC0415 - loads http.client

    stop = Stop()
    stop.on_signals()
    follower = Follower(open_control(url, token_file))
    follower.start()
    seen = Seen(chosen=stack)
    if output == "text" and sys.stdout.isatty() and threading.current_thread() is threading.main_thread():
        _draw(follower, seen, stop)
    else:
        _write(follower, seen, stop, output)
    follower.stop()


def _draw(follower: Follower, seen: Seen, stop: Stop) -> None:
    from rich.live import Live  # noqa: PLC0415 - only for a terminal

    from brokkr_agent.remote.shown import screen  # noqa: PLC0415 - only for a terminal

    with Live(screen(seen), auto_refresh=False) as live:
        while not stop():
            update = follower.next(LOOK_SECONDS)
            if update is not None:
                seen = seen.after(update)
                live.update(screen(seen), refresh=True)


def _write(follower: Follower, seen: Seen, stop: Stop, output: str) -> None:
    from brokkr_agent.remote.shown import Lines  # noqa: PLC0415 - only for this command

    lines = Lines()
    while not stop():
        update = follower.next(LOOK_SECONDS)
        if update is None:
            continue
        seen = seen.after(update)
        for text in documents(update, seen) if output == "json" else lines.of(update, seen):
            click.echo(text)


def documents(update: Update, seen: Seen) -> list[str]:
    """Return what programs read: one JSON document a line."""
    from brokkr_agent.remote import Away, Back, Listed, Removed  # noqa: PLC0415 - only for this command

    match update:
        case Away(error=error):
            return [json.dumps({"type": "unreachable", "error": error})]
        case Back():
            return [json.dumps({"type": "reachable"})]
        case Removed(stack_id=stack_id):
            mine = seen.counts(stack_id)
            return [json.dumps({"type": "removed", "stack_id": stack_id})] if mine else []
        case Listed():
            return [json.dumps({"type": "progress", **one}) for one in seen.attempts.values()]
        case _:
            mine = update.attempt["stack_id"] in seen.attempts
            return [json.dumps({"type": "progress", **update.attempt})] if mine else []
