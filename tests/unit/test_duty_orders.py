"""Work orders: each claimed by one, carried out once, and completed once, whatever is lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from brokkr_agent.duties.orders import Orders
from brokkr_core.errors import ClusterUnreachableError, StoppedError
from brokkr_core.model.work import NewWorkOrder, Targeting, WorkOrder, WorkResult
from brokkr_core.testing.broker import EmbeddedBroker
from duty_support import Party, calls, never, operator

GOOD = WorkResult(success=True, message="done")


class Workshop:
    """Writes down which orders were carried out."""

    def __init__(self, end: Callable[[], WorkResult] = lambda: GOOD) -> None:
        self.done: list[str] = []
        self._end = end

    def __call__(self, order: WorkOrder, *, until: float) -> WorkResult:
        self.done.append(order.id)
        return self._end()


class Yard:
    """A broker, one agent, and its duty."""

    def __init__(self, end: Callable[[], WorkResult] = lambda: GOOD) -> None:
        self.broker = EmbeddedBroker()
        self.operator = operator(self.broker)
        self.party = Party(self.broker, "edge")
        self.workshop = Workshop(end)
        self.orders = self.duty(self.party)

    def duty(self, party: Party) -> Orders:
        return Orders(party.client.work_orders, party.id, work={"custom": self.workshop}, stop=never)

    def order(self, *others: Party, work_type: str = "custom", max_retries: int = 3) -> str:
        ids = tuple(one.id for one in (self.party, *others))
        new = NewWorkOrder(
            work_type=work_type, yaml_content="a: b", targeting=Targeting(agent_ids=ids), max_retries=max_retries
        )
        return self.operator.work_orders.create(new).id


def raising(error: Exception) -> Callable[[], WorkResult]:
    def end() -> WorkResult:
        raise error

    return end


def test_an_order_is_claimed_carried_out_and_completed() -> None:
    yard = Yard()
    orders = [yard.order(), yard.order()]
    yard.orders.round()
    yard.orders.round()

    assert yard.workshop.done == orders, "oldest first"
    assert {yard.operator.work_orders.log_entry(one).result_message for one in orders} == {"done"}


def test_a_lost_answer_to_the_completion_is_settled_by_asking_again() -> None:
    yard = Yard()
    order, later = yard.order(), yard.order()
    yard.party.wire.lose_answer.append("/complete")
    yard.orders.round()
    assert yard.workshop.done == [order], "nothing new is begun before the broker knows of the last one"
    yard.orders.round()

    assert yard.workshop.done == [order, later]
    assert calls(yard.broker, "/complete") == [200, 404, 200]
    assert len(yard.operator.work_orders.log()) == 2


def test_a_completion_that_never_left_is_told_later() -> None:
    yard = Yard()
    order = yard.order()
    yard.party.wire.lose_request.append("/complete")
    yard.orders.round()
    yard.orders.round()

    assert (yard.workshop.done, calls(yard.broker, "/complete")) == ([order], [200])


def test_of_several_agents_one_wins_every_order() -> None:
    yard = Yard()
    parties = [yard.party, *(Party(yard.broker, f"edge-{number}") for number in range(4))]
    orders = [yard.order(*parties[1:]) for _ in range(12)]
    start = Barrier(len(parties))

    def race(party: Party) -> None:
        duty = yard.duty(party)
        start.wait()
        duty.round()

    threads = [Thread(target=race, args=(party,)) for party in parties]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(yard.workshop.done) == sorted(orders)
    assert calls(yard.broker, "/complete") == [200] * len(orders)


def test_work_of_an_unknown_type_is_refused_for_good() -> None:
    yard = Yard()
    order = yard.order(work_type="dance")
    yard.orders.round()

    entry = yard.operator.work_orders.log_entry(order)
    assert (entry.success, entry.retries_attempted) == (False, 0)
    assert "'dance' is not known" in (entry.result_message or "")


@pytest.mark.parametrize(
    ("error", "status"),
    [(ClusterUnreachableError("no answer"), "RETRY_PENDING"), (ValueError("secret text"), "FAILED")],
)
def test_trouble_on_the_way_is_worth_another_try_and_a_bug_is_not(error: Exception, status: str) -> None:
    yard = Yard(raising(error))
    order = yard.order()
    yard.orders.round()

    assert yard.operator.work_orders.get(order).status == status
    assert "secret text" not in str(yard.operator.work_orders.log())


@pytest.mark.parametrize(("retries", "status"), [(3, "RETRY_PENDING"), (0, "CLAIMED")])
def test_a_stop_in_the_middle_never_ends_an_order_for_good(retries: int, status: str) -> None:
    yard = Yard(raising(StoppedError("stop")))
    order = yard.order(max_retries=retries)
    yard.orders.round()

    assert yard.operator.work_orders.get(order).status == status
