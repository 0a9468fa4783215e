"""The agent as a process: settings, log, stop signal and the two clients around ``Agent``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from brokkr_agent.agent import Agent
from brokkr_agent.config import AgentSettings
from brokkr_agent.door import Trouble, source_of, transport_of
from brokkr_agent.early import EarlyPolls, Voice
from brokkr_agent.load import load_settings
from brokkr_agent.logs import configure
from brokkr_agent.progress import Progress
from brokkr_agent.sight import Sight
from brokkr_agent.stop import Stop
from brokkr_agent.watch import Watch
from brokkr_core.broker import BrokerClient
from brokkr_core.broker.outbox import SqliteOutbox
from brokkr_core.errors import StoppedError
from brokkr_core.kube import connect
from brokkr_core.model.events import Observer, silent


def serve(config: Path | None, flags: Mapping[str, Any], *, progress: bool) -> bool:
    """Run the agent until SIGTERM or SIGINT.

    Args:
        config: a TOML file, if there is one.
        flags: settings of the command line, by key.
        progress: whether every run is written to standard output too.

    Returns:
        Whether everything ended in time; if not, a thread still waits for an answer.

    Raises:
        ConfigError: the settings are wrong.
    """
    settings = load_settings(file=config, environment=os.environ, flags=flags)
    configure(settings.log)
    stop = Stop()
    stop.on_signals(lambda name: structlog.get_logger("workers").info("stop asked for", signal=name))
    try:
        drained = _serve(settings.agent, stop, _progress if progress else _silence)
    except StoppedError:
        drained = True
    log = structlog.get_logger("agent")
    if drained:
        log.info("ended")
    else:
        log.error("not everything ended in time; the next start goes on", seconds=settings.agent.drain_timeout_seconds)
    return drained


def _serve(settings: AgentSettings, stop: Stop, observe: Callable[[str], Observer]) -> bool:
    transport = transport_of(settings)
    source = source_of(settings, transport)
    voice = Voice()
    watch = Watch(settings, stop, observe, voice)
    broker = BrokerClient(watch.broker_line(transport), source, sleep=stop.wait)
    cluster = connect(
        settings.kubeconfig_path or None,
        context=settings.kubeconfig_context or None,
        only=settings.watch_namespace,
        workers=settings.workers * settings.concurrent_stacks,
        sleep=stop.wait,
        through=watch.cluster_line,
    )
    sight = Sight(cluster)
    told = Trouble(lambda: "; ".join(filter(None, (broker.trouble, transport.trouble))))
    with SqliteOutbox(Path(settings.outbox_path) if settings.outbox_path else None) as results, broker, cluster:
        watch.show(broker.patience, transport, results)
        for name, work in (("cluster", sight.look), ("credentials", told.look)):
            watch.supervisor.begin(name, lambda: settings.polling_interval, work, stop=watch.end)
        agent = Agent(
            settings,
            broker=broker,
            cluster=cluster,
            results=results,
            stop=stop,
            listen=EarlyPolls(settings=settings, pak=source, voice=voice),
            supervisor=watch.supervisor,
            crew=watch.crew,
            sight=sight.report,
            witness=watch,
        )
        try:
            return agent.run()
        finally:
            watch.end.set()


def _silence(_stack_id: str) -> Observer:
    return silent


def _progress(stack_id: str) -> Observer:
    def write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return Progress(write, prefix=f"[{stack_id[:8]}] ")
