"""Several at once, over real HTTP: of many claimers one wins, and no delivery is handed out twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from brokkr_core.broker import BrokerClient, RetryPolicy
from brokkr_core.errors import BrokerError
from brokkr_core.model.broker import NewAgentEvent
from brokkr_core.model.webhooks import DeliveryResult, NewWebhook
from brokkr_core.model.work import NewWorkOrder, Targeting, WorkResult
from brokkr_core.testing.broker import EmbeddedBroker

MANY = 8


def client_of(broker: EmbeddedBroker, pak: str) -> BrokerClient:
    return BrokerClient.connect(broker.url, pak=pak, retry=RetryPolicy(attempts=1))


def test_of_many_claimers_exactly_one_gets_each_order() -> None:
    with EmbeddedBroker() as broker, client_of(broker, broker.admin_pak) as admin:
        agents = [admin.agents.create(f"edge-{number}", "c") for number in range(MANY)]
        clients = [client_of(broker, agent.pak.reveal()) for agent in agents]
        targeting = Targeting(agent_ids=tuple(agent.agent.id for agent in agents))
        order = NewWorkOrder(work_type="custom", yaml_content="a: 1", targeting=targeting)
        for _ in range(5):
            made = admin.work_orders.create(order)

            def race(number: int, order_id: str = made.id) -> str:
                try:
                    clients[number].work_orders.claim(order_id, agents[number].agent.id)
                except BrokerError as error:
                    return error.code
                return "won"

            with ThreadPoolExecutor(MANY) as pool:
                ends = sorted(pool.map(race, range(MANY)))
            assert ends == ["won", *["work_order_not_claimable"] * (MANY - 1)]
            holder = admin.work_orders.get(made.id).claimed_by
            winner = next(number for number in range(MANY) if agents[number].agent.id == holder)
            log = clients[winner].work_orders.complete(made.id, WorkResult(success=True))
            assert log is not None
            assert log.claimed_by == holder
        for client in clients:
            client.close()


def test_of_many_polls_exactly_one_gets_each_delivery() -> None:
    with EmbeddedBroker() as broker, client_of(broker, broker.admin_pak) as admin:
        hook = NewWebhook(name="h", url="http://127.0.0.1:9/", event_types=("deployment.*",), target_labels=("edge",))
        webhook = admin.webhooks.create(hook)
        generator = admin.generators.create("ci").generator
        stack = admin.stacks.create("web", generator_id=generator.id)
        agent = admin.agents.create("edge", "c")
        admin.agents.labels.add(agent.agent.id, "edge")
        made = admin.stacks.deployment_objects.create(stack.id, "a: 1")
        with client_of(broker, agent.pak.reveal()) as mine:
            event = NewAgentEvent(agent_id=agent.agent.id, deployment_object_id=made.id, status="SUCCESS")
            for _ in range(MANY):
                mine.agents.events.post(event)
            with ThreadPoolExecutor(4) as pool:
                batches = list(pool.map(lambda _: mine.webhooks.deliveries.claim(agent.agent.id), range(4)))
            claimed = [delivery for batch in batches for delivery in batch]
            assert len({delivery.id for delivery in claimed}) == len(claimed) == MANY + 1
            for delivery in claimed:
                result = DeliveryResult(success=True, status_code=204)
                assert mine.webhooks.deliveries.report(delivery.id, result).status == "success"
        assert {one.status for one in admin.webhooks.list_deliveries(webhook.id)} == {"success"}
