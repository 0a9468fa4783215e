"""``brokkr-agent stack``: an operator's few words with a broker, a fake one or a real one."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import click

from brokkr_agent.commands.operator import broker_options, find_agent, find_generator, find_stack, open_broker
from brokkr_agent.commands.options import output_option, source_options
from brokkr_agent.commands.sources import read_text
from brokkr_agent.errors import FAILED
from brokkr_agent.stop import Stop
from brokkr_core.errors import UsageError

if TYPE_CHECKING:
    from brokkr_core.broker import BrokerClient
    from brokkr_core.model.broker import Stack


@click.group("stack")
def stack_command() -> None:
    """Make stacks, push revisions, and see what agents made of them."""


@stack_command.command("create")
@click.argument("name")
@click.option("--generator", help="Name or id of the owner; with a generator's PAK it is that one.")
@click.option("--description", help="Free text.")
@click.option("--agent", "agents", multiple=True, help="Give the stack to this agent: name, cluster/name or id.")
@click.option("--label", "labels", multiple=True, help="Give it to agents that have this label.")
@click.option("--annotation", "annotations", multiple=True, metavar="KEY=VALUE", help="And with this annotation.")
@broker_options
def create_command(
    *,
    name: str,
    generator: str | None,
    description: str | None,
    agents: tuple[str, ...],
    labels: tuple[str, ...],
    annotations: tuple[str, ...],
    broker_url: str,
    pak_file: str | None,
) -> None:
    """Make a stack, and say which agents are to have it."""
    pairs = [_pair(text) for text in annotations]
    with open_broker(broker_url, pak_file) as client:
        owner = find_generator(client, generator)
        targets = [find_agent(client, one) for one in agents]  # before anything is made
        stack = client.stacks.create(name, generator_id=owner, description=description)
        click.echo(f"created {stack.name} ({stack.id})")
        for agent in targets:
            client.agents.targets.add(agent.id, stack.id)
            click.echo(f"given to {agent.cluster_name}/{agent.name}")
        for label in labels:
            client.stacks.labels.add(stack.id, label)
        for key, value in pairs:
            client.stacks.annotations.add(stack.id, key, value)


@stack_command.command("push")
@click.argument("name")
@source_options
@broker_options
@click.option("--wait", type=click.FloatRange(0), default=None, help="Seconds to wait for every agent; needs an admin.")
def push_command(
    *, name: str, filename: tuple[str, ...], recursive: bool, broker_url: str, pak_file: str | None, wait: float | None
) -> None:
    """Push manifests as the next revision of a stack."""
    text = read_text(filename, recursive=recursive)
    with open_broker(broker_url, pak_file) as client:
        stack = find_stack(client, name)
        made = client.stacks.deployment_objects.create(stack.id, text)
        click.echo(f"pushed revision {made.sequence_id} of {stack.name} ({made.id})")
        if wait is not None:
            _show(client, stack, seconds=wait, output="text")


@stack_command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@broker_options
def delete_command(*, name: str, yes: bool, broker_url: str, pak_file: str | None) -> None:
    """Delete a stack. Its agents then remove what it brought."""
    with open_broker(broker_url, pak_file) as client:
        stack = find_stack(client, name)
        if not yes:
            click.confirm(f"Delete {stack.name} ({stack.id}), and with it what it brought to clusters?", abort=True)
        client.stacks.delete(stack.id)
        click.echo(f"deleted {stack.name} ({stack.id})")


@stack_command.command("status")
@click.argument("name")
@broker_options
@click.option("--wait", type=click.FloatRange(0), default=0.0, help="Seconds to wait for agents that told nothing yet.")
@output_option
def status_command(*, name: str, broker_url: str, pak_file: str | None, wait: float, output: str) -> None:
    """Show what each agent made of the newest revision; ends with 0 when all are done with it."""
    with open_broker(broker_url, pak_file) as client:
        _show(client, find_stack(client, name), seconds=wait, output=output)


def _show(client: BrokerClient, stack: Stack, *, seconds: float, output: str) -> None:
    from brokkr_agent.rollout import as_json, as_lines, wait_for_rollout  # noqa: PLC0415 - loads httpx

    stop = Stop()
    stop.on_signals()
    rollout = wait_for_rollout(client, stack, seconds=seconds, clock=time.monotonic, sleep=stop.wait)
    click.echo(json.dumps(as_json(rollout), indent=2) if output == "json" else "\n".join(as_lines(rollout)))
    if not rollout.ok:
        sys.exit(FAILED)


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not (key and sign and value):
        raise UsageError(f"--annotation {text!r}: write KEY=VALUE")
    return key, value
