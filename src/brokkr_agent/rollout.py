"""How far a stack has come: for each agent that is to have it, what became of its newest revision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from attrs import frozen

from brokkr_core.broker import BrokerClient
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import Agent, DeploymentObject, Stack
from brokkr_core.model.json import Json, JsonObject


class Progress(StrEnum):
    """What an agent made of a revision."""

    DONE = "done"
    FAILED = "failed"
    PENDING = "pending"  #: the agent has told nothing yet


@frozen(kw_only=True)
class AgentProgress:
    """One agent and what it told last about the newest revision."""

    agent: Agent
    progress: Progress
    message: str = ""
    at: datetime | None = None


@frozen(kw_only=True)
class Rollout:
    """A stack, its newest revision, and every agent that is to have it."""

    stack: Stack
    newest: DeploymentObject | None
    agents: tuple[AgentProgress, ...]

    @property
    def ok(self) -> bool:
        """Whether there is a revision, somebody to have it, and everybody is done with it."""
        return self.newest is not None and {one.progress for one in self.agents} == {Progress.DONE}

    @property
    def settled(self) -> bool:
        """Whether nobody is awaited any more."""
        return all(one.progress is not Progress.PENDING for one in self.agents)


def read_rollout(client: BrokerClient, stack: Stack) -> Rollout:
    """Ask the broker how far a stack is.

    Args:
        client: with an admin's PAK.
        stack: which stack.

    Returns:
        What is known now.

    Raises:
        BrokerError: the broker said no.
    """
    revisions = client.stacks.deployment_objects.list(stack.id)
    newest = revisions[0] if revisions else None
    # Nobody else can be given the stack, or match it (contract 5.4), and each one asked is a call of its own.
    joined = {one.agent_id for one in client.generators.agents(stack.generator_id)}
    candidates = [agent for agent in client.agents.list() if agent.id in joined]
    mine = [agent for agent in candidates if any(one.id == stack.id for one in client.agents.stacks(agent.id))]
    agents = sorted(mine, key=lambda agent: (agent.cluster_name, agent.name))
    return Rollout(stack=stack, newest=newest, agents=tuple(_progress(client, agent, newest) for agent in agents))


def wait_for_rollout(
    client: BrokerClient, stack: Stack, *, seconds: float, clock: Callable[[], float], sleep: Callable[[float], bool]
) -> Rollout:
    """Ask until nobody is awaited any more, or time is up.

    Args:
        client: with an admin's PAK.
        stack: which stack.
        seconds: how long to wait; 0 asks once.
        clock: a monotonic clock, in seconds.
        sleep: waits; a true result ends the waiting.

    Returns:
        What is known at the end.

    Raises:
        UsageError: the PAK is no admin's.
        BrokerError: the broker said no.
    """
    if not client.auth.whoami().admin:
        raise UsageError("only an admin's PAK may read what agents told; a generator's is not enough")
    end = clock() + seconds
    rollout = read_rollout(client, stack)
    while not rollout.settled and clock() < end and not sleep(min(1.0, end - clock())):
        rollout = read_rollout(client, stack)
    return rollout


def as_json(rollout: Rollout) -> JsonObject:
    """Return a rollout for programs."""
    newest: Json = None
    if rollout.newest is not None:
        newest = {
            "id": rollout.newest.id,
            "sequence_id": rollout.newest.sequence_id,
            "checksum": rollout.newest.yaml_checksum,
            "deletion_marker": rollout.newest.is_deletion_marker,
        }
    return {
        "ok": rollout.ok,
        "stack": {"id": rollout.stack.id, "name": rollout.stack.name},
        "revision": newest,
        "agents": [_agent_json(one) for one in rollout.agents],
    }


def as_lines(rollout: Rollout) -> list[str]:
    """Return a rollout for people: the revision, then one line an agent."""
    newest = rollout.newest
    if newest is None:
        first = f"{rollout.stack.name}: no revision was pushed"
    else:
        kind = "deletion marker" if newest.is_deletion_marker else "revision"
        first = f"{rollout.stack.name}: {kind} {newest.sequence_id} ({newest.yaml_checksum[:12]})"
    return [first, *(_line(one) for one in rollout.agents)] if rollout.agents else [first, "no agent is to have it"]


def _line(one: AgentProgress) -> str:
    mark = {Progress.DONE: "=", Progress.FAILED: "!", Progress.PENDING: "?"}[one.progress]
    notes = [one.at.strftime("%Y-%m-%d %H:%M:%S UTC") if one.at else "", one.message.partition("\n")[0]]
    if one.progress is Progress.PENDING and not one.agent.active:
        notes.append(f"the agent is {one.agent.status} and touches nothing")
    return "  ".join([f"{mark} {one.agent.cluster_name}/{one.agent.name}", one.progress, *filter(None, notes)])


def _agent_json(one: AgentProgress) -> JsonObject:
    return {
        "id": one.agent.id,
        "name": one.agent.name,
        "cluster": one.agent.cluster_name,
        "active": one.agent.active,
        "progress": one.progress.value,
        "message": one.message,
        "at": None if one.at is None else one.at.isoformat(),
    }


def _progress(client: BrokerClient, agent: Agent, newest: DeploymentObject | None) -> AgentProgress:
    events = () if newest is None else client.agents.events.list(agent.id)
    last = next((one for one in events if newest and one.deployment_object_id == newest.id), None)
    if last is None:
        return AgentProgress(agent=agent, progress=Progress.PENDING)
    # The broker itself takes anything but a success for a failure (contract 5.7).
    progress = Progress.DONE if last.status.upper() == "SUCCESS" else Progress.FAILED
    return AgentProgress(agent=agent, progress=progress, message=last.message or "", at=last.created_at)
