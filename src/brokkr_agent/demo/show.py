"""The story: deploy two stacks, change one, break it, and look at what is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib.resources import files

from rich.console import Console
from rich.table import Table

from brokkr_agent.demo.stage import Stage
from brokkr_agent.demo.state import Row, look
from brokkr_core.errors import BrokkrError
from brokkr_core.model.broker import AgentEvent, Stack

#: How long one step may take; far more than it needs.
STEP_SECONDS = 90.0

_NAMESPACE = "shop"


class Show:
    """Plays the story on a stage and tells whether everything went as it should.

    Args:
        stage: broker, cluster and agent.
        console: where to tell it.
    """

    def __init__(self, stage: Stage, console: Console) -> None:
        self._stage = stage
        self._console = console
        self._printing = threading.Lock()
        self._complaints: list[str] = []

    def run(self) -> bool:
        """Play it; return whether every step ended as the story says."""
        self._say(f"broker   {self._stage.broker_url}", f"cluster  {self._stage.cluster_url}")
        web, widgets = self._prepare()

        self._title("1  two stacks: a web application, and a new kind with objects of it in the wrong order")
        self._expect("SUCCESS", self._post(web, "web-application.yaml"), self._post(widgets, "widgets.yaml"))

        self._title("2  a second revision: changes, a new object, and one that has left the file")
        self._expect("SUCCESS", self._post(web, "revisions/web-application-2.yaml"))
        before = look(self._stage.cluster, _NAMESPACE)

        self._title("3  a third revision that fails half way")
        self._expect("FAILURE", self._post(web, "revisions/web-application-3-broken.yaml"))
        after = look(self._stage.cluster, _NAMESPACE)

        self._title("the cluster before and after the third revision")
        self._compare(before, after)
        self._end()
        return not self._complaints

    def _prepare(self) -> tuple[Stack, Stack]:
        """Register the agent, give it two stacks, and start it."""
        operator = self._stage.operator
        generator = operator.generators.create("demo").generator
        issued = operator.agents.create("demo-agent", "demo-cluster", generator_ids=[generator.id])
        self._agent_id = issued.agent.id
        operator.agents.activate(self._agent_id)
        stacks = [operator.stacks.create(name, generator_id=generator.id) for name in ("web", "widgets")]
        for stack in stacks:
            operator.agents.targets.add(self._agent_id, stack.id)
        names = {f"[{stack.id[:8]}]": stack.name for stack in stacks}
        pid = self._stage.start_agent(
            pak=issued.pak.reveal(), generator_id=generator.id, on_line=lambda line: self._agent_line(line, names)
        )
        self._say(f"agent    process {pid}, log in {self._stage.log}")
        return stacks[0], stacks[1]

    def _agent_line(self, line: str, names: dict[str, str]) -> None:
        tag, _, text = line.partition(" ")
        with self._printing:
            self._console.print(f"{names.get(tag, tag):>8} │ {text}", markup=False, style=_style(text))

    def _post(self, stack: Stack, example: str) -> str:
        """Put a shipped example on the broker as the stack's next revision; return the object's id."""
        text = files("brokkr_agent").joinpath("examples", example).read_text()
        posted = self._stage.operator.stacks.deployment_objects.create(stack.id, text)
        self._say(f"broker   <- {example} as revision {posted.sequence_id} of stack {stack.name}")
        return posted.id

    def _expect(self, status: str, *object_ids: str) -> None:
        for object_id in object_ids:
            event = self._wait(lambda wanted=object_id: self._event(wanted))  # type: ignore[misc]
            if event is None:
                self._complain(f"no event for {object_id} within {STEP_SECONDS:.0f} s; see {self._stage.log}")
                continue
            self._say(
                f"broker   -> event {event.event_type} {event.status}",
                *(f"            {line}" for line in (event.message or "").splitlines()),
            )
            if event.status != status:
                self._complain(f"expected {status}, the broker received {event.status}")

    def _event(self, object_id: str) -> AgentEvent | None:
        events = self._stage.operator.agents.events.list(self._agent_id)
        return next((event for event in events if event.deployment_object_id == object_id), None)

    def _wait(self, ask: Callable[[], AgentEvent | None]) -> AgentEvent | None:
        deadline = time.monotonic() + STEP_SECONDS
        while time.monotonic() < deadline and self._stage.agent_alive:
            found = ask()
            if found is not None:
                return found
            time.sleep(0.2)
        return None

    def _compare(self, before: tuple[Row, ...], after: tuple[Row, ...]) -> None:
        then, now = {row.ref: row for row in before}, {row.ref: row for row in after}
        table = Table("object", "before", "after", "same uid", "same content")
        for column in table.columns:
            column.overflow = "fold"
        for ref in sorted(then.keys() | now.keys()):
            old, new = then.get(ref), now.get(ref)
            same = old is not None and new is not None
            table.add_row(
                str(ref),
                _cell(old),
                _cell(new),
                "yes" if same and old.uid == new.uid else "NO",  # type: ignore[union-attr]
                "yes" if same and old.digest == new.digest else "NO",  # type: ignore[union-attr]
            )
        self._console.print(table)
        if before != after:
            self._complain("the cluster is not as it was before the third revision")

    def _end(self) -> None:
        try:
            code = self._stage.stop_agent()
        except (BrokkrError, OSError) as error:
            self._complain(f"the agent could not be stopped: {error}")
            return
        if code != 0:
            self._complain(f"the agent ended with exit code {code} after SIGTERM")
        if self._complaints:
            self._console.print("NOT as expected:", *self._complaints, sep="\n  ", style="bold red")
        else:
            self._say("", "Deployed, changed, pruned; and what failed was put back, read again and compared.")

    def _title(self, text: str) -> None:
        with self._printing:
            self._console.print()
            self._console.rule(text, align="left")

    def _say(self, *lines: str) -> None:
        with self._printing:
            for line in lines:
                self._console.print(line, markup=False)

    def _complain(self, text: str) -> None:
        self._complaints.append(text)


def _cell(row: Row | None) -> str:
    return "absent" if row is None else f"{row.digest}  {row.word}".rstrip()


def _style(text: str) -> str:
    if text.startswith(("!", "FAILED")):
        return "red"
    if text.startswith(("rollback", "-")):
        return "yellow"
    return "green" if text[:1] in "+~" else ""
