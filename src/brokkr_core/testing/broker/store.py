"""The broker's database: tables of frozen rows and one global sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Generic, TypeVar

from attrs import define, evolve, field

from brokkr_core.testing.broker.pak import hash_of
from brokkr_core.testing.broker.records import (
    AgentAnnotationRow,
    AgentLabelRow,
    AgentRow,
    EventRow,
    GeneratorRow,
    HealthRow,
    ObjectRow,
    RegistrationRow,
    Row,
    StackAnnotationRow,
    StackLabelRow,
    StackRow,
    TargetRow,
)
from brokkr_core.testing.broker.records_hooks import AuditRow, DeliveryRow, SubscriptionRow
from brokkr_core.testing.broker.records_telemetry import K8sEventRow, PodLogRow
from brokkr_core.testing.broker.records_templates import TemplateAnnotationRow, TemplateLabelRow, TemplateRow
from brokkr_core.testing.broker.records_work import DiagnosticResultRow, DiagnosticRow, WorkOrderLogRow, WorkOrderRow

R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """Rows by id, in the order they were inserted."""

    def __init__(self) -> None:
        self._rows: dict[str, R] = {}

    def __iter__(self) -> Iterator[R]:
        """Go over the rows that are not soft-deleted, oldest first."""
        return (row for row in self._rows.values() if row.alive)

    def all(self) -> Iterator[R]:
        """Go over all rows, soft-deleted ones included, oldest first."""
        return iter(self._rows.values())

    def put(self, row: R) -> R:
        """Insert a row, or replace the one with the same id in its place."""
        self._rows[row.id] = row
        return row

    def live(self, row_id: str) -> R | None:
        """Return a row unless it is unknown or soft-deleted."""
        row = self._rows.get(row_id)
        return row if row is not None and row.alive else None

    def exists(self, row_id: str) -> bool:
        """Whether a foreign key may point here; soft-deleted rows still count."""
        return row_id in self._rows

    def row(self, row_id: str) -> R | None:
        """Return a row, soft-deleted or not."""
        return self._rows.get(row_id)

    def where(self, wanted: Callable[[R], bool]) -> list[R]:
        """Return the living rows that are wanted, oldest first."""
        return [row for row in self if wanted(row)]

    def first(self, wanted: Callable[[R], bool]) -> R | None:
        """Return the oldest living row that is wanted."""
        return next((row for row in self if wanted(row)), None)

    def first_of_all(self, wanted: Callable[[R], bool]) -> R | None:
        """Return the oldest row that is wanted, soft-deleted or not."""
        return next((row for row in self.all() if wanted(row)), None)

    def purge(self, unwanted: Callable[[R], bool]) -> int:
        """Remove rows for good, soft-deleted ones included, and return how many."""
        gone = [row.id for row in self._rows.values() if unwanted(row)]
        for row_id in gone:
            del self._rows[row_id]
        return len(gone)


@define(kw_only=True)
class State:
    """Everything that survives a restart of the broker."""

    admin_hash: str = field(repr=False)
    system_generator_id: str
    sequence: int = 0
    agents: Table[AgentRow] = field(factory=Table)
    generators: Table[GeneratorRow] = field(factory=Table)
    registrations: Table[RegistrationRow] = field(factory=Table)
    stacks: Table[StackRow] = field(factory=Table)
    stack_labels: Table[StackLabelRow] = field(factory=Table)
    stack_annotations: Table[StackAnnotationRow] = field(factory=Table)
    agent_labels: Table[AgentLabelRow] = field(factory=Table)
    agent_annotations: Table[AgentAnnotationRow] = field(factory=Table)
    targets: Table[TargetRow] = field(factory=Table)
    objects: Table[ObjectRow] = field(factory=Table)
    events: Table[EventRow] = field(factory=Table)
    health: Table[HealthRow] = field(factory=Table)
    work_orders: Table[WorkOrderRow] = field(factory=Table)
    work_order_log: Table[WorkOrderLogRow] = field(factory=Table)
    diagnostics: Table[DiagnosticRow] = field(factory=Table)
    diagnostic_results: Table[DiagnosticResultRow] = field(factory=Table)
    subscriptions: Table[SubscriptionRow] = field(factory=Table)
    deliveries: Table[DeliveryRow] = field(factory=Table)
    templates: Table[TemplateRow] = field(factory=Table)
    template_labels: Table[TemplateLabelRow] = field(factory=Table)
    template_annotations: Table[TemplateAnnotationRow] = field(factory=Table)
    audit: Table[AuditRow] = field(factory=Table)
    k8s_events: Table[K8sEventRow] = field(factory=Table)
    pod_logs: Table[PodLogRow] = field(factory=Table)

    def next_sequence(self) -> int:
        """Return the next number of the one counter that all deployment objects share (contract 4.3)."""
        self.sequence += 1
        return self.sequence

    def registered(self, agent_id: str, generator_id: str) -> bool:
        """Whether an agent joined a generator."""
        return any(row.agent_id == agent_id and row.generator_id == generator_id for row in self.registrations)

    def targeted(self, agent_id: str, stack_id: str) -> bool:
        """Whether a stack was explicitly given to an agent."""
        return any(row.agent_id == agent_id and row.stack_id == stack_id for row in self.targets)

    def labels_of_agent(self, agent_id: str) -> set[str]:
        """Return the labels of an agent."""
        return {row.label for row in self.agent_labels if row.agent_id == agent_id}

    def annotations_of_agent(self, agent_id: str) -> set[tuple[str, str]]:
        """Return the annotations of an agent, each as key and value."""
        return {(row.key, row.value) for row in self.agent_annotations if row.agent_id == agent_id}


def new_state(*, admin_pak: str, now: datetime, new_id: Callable[[], str]) -> State:
    """Make the database of a broker nobody has used yet.

    Args:
        admin_pak: the PAK of the admin role.
        now: when the broker was installed.
        new_id: where ids come from.

    Returns:
        A state with the two generators that are always there (contract 4.6).
    """
    system = GeneratorRow(id=new_id(), created_at=now, updated_at=now, name="__system__", is_system=True)
    admin = evolve(system, id=new_id(), name="admin-generator", is_system=False, pak_hash=hash_of(admin_pak))
    state = State(admin_hash=hash_of(admin_pak), system_generator_id=system.id)
    state.generators.put(system)
    state.generators.put(admin)
    return state
