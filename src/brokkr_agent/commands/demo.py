"""``brokkr-agent demo``: the main job on a broker and a cluster that live in this process, over real HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from brokkr_agent.errors import FAILED
from brokkr_agent.stop import Stop
from brokkr_core.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


@click.command("demo")
@click.option("--keep", is_flag=True, help="Leave broker and cluster running at the end, until Ctrl-C.")
def demo_command(keep: bool) -> None:
    """Show the whole thing: deploy, change, prune, fail, put back, prove it."""
    try:
        from brokkr_agent.demo.show import Show  # noqa: PLC0415 - aiohttp and the emulator only for who wants the demo
        from brokkr_agent.demo.stage import Stage  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed; the demo needs brokkr[agent,testing]") from error

    import tempfile  # noqa: PLC0415 - no other command needs it

    from rich.console import Console  # noqa: PLC0415 - comes with the demo

    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="brokkr-demo-") as folder, Stage(Path(folder)) as stage:
        good = Show(stage, console).run()
        if keep:
            _keep(stage.kubeconfig, stage.cluster_url, stage.broker_url, console)
    if not good:
        raise SystemExit(FAILED)


def _keep(kubeconfig: Path, cluster_url: str, broker_url: str, console: Console) -> None:
    stop = Stop()
    stop.on_signals()  # before the hint: whoever reads it may be quick
    console.rule("kept running")
    console.print(f"broker   {broker_url}\ncluster  {cluster_url}")
    console.print(f"try      kubectl --kubeconfig {kubeconfig} get all -A")
    console.print("Ctrl-C ends both.")
    stop.wait_long()
    console.print("ended")
