"""The agent as a process: settings, log, signals and the two clients around ``Agent``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from brokkr_agent.agent import Agent
from brokkr_agent.audit.auditing import Auditing
from brokkr_agent.audit.open import open_trail
from brokkr_agent.config import Settings
from brokkr_agent.configuration import Configuration
from brokkr_agent.control.settings import config_routes
from brokkr_agent.deployments import routes_of
from brokkr_agent.deployments.witness import DeploymentWitness
from brokkr_agent.door import Trouble, source_of, transport_of
from brokkr_agent.early import EarlyPolls
from brokkr_agent.heap import give_back_large_blocks
from brokkr_agent.load import Source
from brokkr_agent.logs.routes import level_routes
from brokkr_agent.logs.setup import LOG, configure
from brokkr_agent.progress import Progress
from brokkr_agent.reloading import Reloading
from brokkr_agent.settings.pace import MOST_STACKS, MOST_WORKERS
from brokkr_agent.sight import Sight
from brokkr_agent.stop import Stop
from brokkr_agent.trace import current_trace
from brokkr_agent.watch import Watch
from brokkr_agent.witnesses import Witnesses
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
    give_back_large_blocks()
    configuration = Configuration(Source(file=config, environment=os.environ, flags=flags))
    settings = configuration.now
    configure(settings.log)
    configuration.subscribe(_log_anew)
    stop = Stop()
    signals = stop.on_signals(lambda name: structlog.get_logger("workers").info("stop asked for", signal=name))
    watch = Watch(configuration, stop, _progress if progress else _silence)
    reloading = Reloading(configuration)
    reloading.begin(watch.supervisor)
    signals.on(signal.SIGHUP, reloading.ask)
    try:
        drained = _serve(configuration, stop, watch)
    except StoppedError:
        drained = True
    log = structlog.get_logger("agent")
    if drained:
        log.info("ended")
    else:
        seconds = configuration.now.agent.drain_timeout_seconds
        log.error("not everything ended in time; the next start goes on", seconds=seconds)
    return drained


def _serve(configuration: Configuration, stop: Stop, watch: Watch) -> bool:
    settings = configuration.now.agent
    with open_trail(settings, current_trace) as trail:
        audit = Auditing(trail, settings)
        configuration.hear_reloads(audit.config_reloaded)
        return _audited(configuration, stop, watch, audit)


def _audited(configuration: Configuration, stop: Stop, watch: Watch, audit: Auditing) -> bool:
    settings = configuration.now.agent  # what is built of it here waits for a restart
    transport = transport_of(settings)
    source = source_of(settings, transport)
    broker = BrokerClient(audit.broker_line(watch.broker_line(transport)), source, sleep=stop.wait)
    cluster = connect(
        settings.kubeconfig_path or None,
        context=settings.kubeconfig_context or None,
        only=settings.watch_namespace,
        workers=MOST_WORKERS * MOST_STACKS,  # the settings may come to that while it runs
        sleep=stop.wait,
        through=lambda line: audit.cluster_line(watch.cluster_line(line)),
        on_credentials=LOG.secrets.know,
    )
    sight, deployments = Sight(cluster), DeploymentWitness(watch.end)
    told = Trouble(lambda: "; ".join(filter(None, (broker.trouble, transport.trouble))))
    with SqliteOutbox(Path(settings.outbox_path) if settings.outbox_path else None) as results, broker, cluster:
        watch.show(broker.patience, transport, results, audit.tally)
        deployments.tell(settings, cluster, watch.voice.send, by=watch.supervisor)
        levels = level_routes(LOG.levels, hear=audit.level_set)
        watch.control((*routes_of(deployments.board), *config_routes(configuration), *levels))
        for name, work in (("cluster", sight.look), ("credentials", told.look)):
            watch.supervisor.begin(name, lambda: configuration.now.agent.polling_interval, work, stop=watch.end)
        agent = Agent(
            configuration,
            broker=broker,
            cluster=cluster,
            results=results,
            stop=stop,
            listen=EarlyPolls(settings=settings, pak=source, voice=watch.voice),
            supervisor=watch.supervisor,
            crew=watch.crew,
            sight=sight.report,
            witness=audit.witness(Witnesses(watch, deployments)),
        )
        try:
            return agent.run()
        finally:
            watch.end.set()


def _log_anew(old: Settings, new: Settings) -> None:
    if old.log != new.log:
        configure(new.log)


def _silence(_stack_id: str) -> Observer:
    return silent


def _progress(stack_id: str) -> Observer:
    def write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return Progress(write, prefix=f"[{stack_id[:8]}] ")
