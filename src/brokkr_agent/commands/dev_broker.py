"""``brokkr-agent dev broker``: a fake broker for agents and operators, in memory or in a file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brokkr_agent.commands.dev import listen
from brokkr_agent.stop import Stop
from brokkr_core.errors import UsageError

if TYPE_CHECKING:
    from brokkr_core.broker import BrokerClient
    from brokkr_core.testing.broker import EmbeddedBroker

#: The generator and the cluster of agents that are made at the start.
NAME = "dev"


@click.command("broker")
@click.option("--port", type=click.IntRange(0, 65535), default=3000, show_default=True, help="0 picks a free port.")
@click.option("--data", type=click.Path(dir_okay=False, path_type=Path), help="Keep everything in this SQLite file.")
@click.option("--agent", "agents", multiple=True, metavar="NAME", help="Make sure this agent exists, active.")
def broker_command(*, port: int, data: Path | None, agents: tuple[str, ...]) -> None:
    """Serve a fake broker on loopback until Ctrl-C, with the PAK that every development broker has."""
    with ExitStack() as things:
        embedded = _broker(things, port, data)
        things.callback(embedded.stop)
        listen(port, embedded.start)
        stop = Stop()
        stop.on_signals()  # before the hint: whoever reads it may be quick
        lines = [f"broker     {embedded.url}", f"admin PAK  {embedded.admin_pak}"]
        lines += _agents(embedded, agents)
        owner = f"{NAME} --agent {agents[0]}" if agents else "admin-generator"
        lines += [
            f"try        BROKKR_BROKER_URL={embedded.url} BROKKR_PAK={embedded.admin_pak} \\",
            f"           brokkr-agent stack create NAME --generator {owner}",
            f"Ctrl-C ends it; {f'{data} keeps everything' if data else 'nothing is kept'}.",
        ]
        click.echo("\n".join(lines))
        stop.wait_long()
        click.echo("ended")


def _broker(things: ExitStack, port: int, data: Path | None) -> EmbeddedBroker:
    from brokkr_core.testing.broker import EmbeddedBroker, Snapshot, SnapshotError  # noqa: PLC0415 - extra testing

    if data is None:
        return EmbeddedBroker(port=port)
    try:
        snapshot = things.enter_context(Snapshot(data))
        return EmbeddedBroker(port=port, state=snapshot.load(), keep=snapshot.save)
    except SnapshotError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"cannot keep data in {data}: {error.strerror or error}") from error


def _agents(embedded: EmbeddedBroker, names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    from brokkr_core.broker import BrokerClient  # noqa: PLC0415 - loads httpx

    with BrokerClient.connect(embedded.url, pak=embedded.admin_pak) as client:
        generator = _generator(client)
        lines = [f"generator  {NAME} ({generator})"]
        known = {agent.name: agent for agent in client.agents.list() if agent.cluster_name == NAME}
        for name in dict.fromkeys(names):
            if name in known:
                lines.append(f"agent      {name} ({known[name].id}), made earlier; its PAK was told then")
                continue
            made = client.agents.create(name, NAME, generator_ids=[generator])
            client.agents.activate(made.agent.id)
            lines.append(f"agent      {name} ({made.agent.id}), PAK {made.pak.reveal()}")
    return lines


def _generator(client: BrokerClient) -> str:
    for generator in client.generators.list():
        if generator.name == NAME:
            return generator.id
    return client.generators.create(NAME).generator.id
