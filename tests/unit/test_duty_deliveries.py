"""Webhook deliveries: claimed without repeating, posted side by side, reported once, whatever is lost on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import structlog

from brokkr_agent.duties.deliveries import BATCH, Deliveries
from brokkr_core.broker.delivery import Courier
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.model.webhooks import NewWebhook
from brokkr_core.model.work import NewWorkOrder, Targeting
from brokkr_core.testing.broker import EmbeddedBroker
from duty_support import Party, calls, never, operator
from receiver_support import Receiver


class Post:
    """A broker with one agent that carries its webhooks to a receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.broker = EmbeddedBroker()
        self.operator = operator(self.broker)
        self.party = Party(self.broker, "edge")
        self.operator.agents.labels.add(self.party.id, "edge")
        self.hooks: list[str] = []

    def round(self) -> None:
        courier = Courier(use_environment=False)
        Deliveries(self.party.client.webhooks.deliveries, self.party.id, courier=courier, stop=never).round()

    def subscribe(self, path: str) -> None:
        hook = NewWebhook(
            name=f"hook {len(self.hooks)}",
            url=self.receiver.url + path,
            event_types=("workorder.claimed",),
            target_labels=("edge",),
        )
        self.hooks.append(self.operator.webhooks.create(hook).id)

    def happen(self) -> None:
        """Let something happen that every subscription is about."""
        targeting = Targeting(agent_ids=(self.party.id,))
        order = NewWorkOrder(work_type="custom", yaml_content="a: b", targeting=targeting)
        self.party.client.work_orders.claim(self.operator.work_orders.create(order).id, self.party.id)

    def statuses(self) -> list[str]:
        return [one.status for hook in self.hooks for one in self.operator.webhooks.list_deliveries(hook)]


@pytest.fixture
def post() -> Iterator[Post]:
    with Receiver() as receiver:
        yield Post(receiver)


def test_more_than_one_claim_holds_are_all_delivered_in_one_round(post: Post) -> None:
    for number in range(BATCH + 2):
        post.subscribe(f"/204/{number}")
    post.happen()
    post.round()

    assert post.statuses() == ["success"] * (BATCH + 2)
    assert len(post.receiver.got) == BATCH + 2
    assert calls(post.broker, "/webhooks/pending") == [200, 200]


def test_a_slow_receiver_holds_up_no_other(post: Post) -> None:
    for path in ("/slow", "/200", "/200"):
        post.subscribe(path)
    post.happen()
    courier = Courier(use_environment=False)
    claims = post.party.client.webhooks.deliveries
    started = time.monotonic()
    clock = iter([0.0, *[49.0] * 3])  # so that each of them has one second left
    Deliveries(claims, post.party.id, courier=courier, stop=never, clock=lambda: next(clock)).round()

    assert time.monotonic() - started < 25, "half of what the receiver takes"
    assert post.statuses() == ["failed", "success", "success"]


def test_a_lost_claim_is_not_repeated(post: Post) -> None:
    post.subscribe("/200")
    post.happen()
    post.party.wire.lose_answer.append("/webhooks/pending")
    with pytest.raises(BrokerUnreachableError):
        post.round()

    assert (calls(post.broker, "/webhooks/pending"), post.receiver.got) == ([200], [])
    assert post.statuses() == ["acquired"], "the broker offers it again after a minute"


def test_a_lost_report_is_not_repeated(post: Post) -> None:
    post.subscribe("/200/secret-path")
    post.happen()
    post.party.wire.lose_answer.append("/result")
    with structlog.testing.capture_logs() as lines:
        post.round()

    assert (len(post.receiver.got), calls(post.broker, "/result"), post.statuses()) == (1, [200], ["success"])
    assert [line["event"] for line in lines] == ["delivery not reported; the broker offers it again"]
    assert "secret-path" not in str(lines)
