"""Webhooks by the real agent: delivered side by side, each reported once, no secret in the log."""

from __future__ import annotations

from pathlib import Path

from brokkr_core.model.webhooks import NewWebhook, WebhookDelivery
from receiver_support import Receiver
from stage_support import Play, config_map, playing, wait_for

SECRET = "s3cr3t-of-the-receiver"


def subscribe(play: Play, url: str) -> str:
    hook = NewWebhook(
        name=f"hook {url}",
        url=url,
        auth_header=f"Bearer {SECRET}",
        event_types=("deployment.applied",),
        target_labels=("edge",),
        max_retries=1,
    )
    return play.stage.operator.webhooks.create(hook).id


def settled(play: Play, hook: str) -> list[WebhookDelivery]:
    def ask() -> list[WebhookDelivery]:
        found = list(play.stage.operator.webhooks.list_deliveries(hook))
        return found if all(one.status in ("success", "failed", "dead") for one in found) else []

    return wait_for(ask, f"the deliveries of {hook}; log:\n{play.log}")


def test_deliveries_reach_their_receivers_and_are_reported_once(tmp_path: Path) -> None:
    with Receiver() as receiver, playing(tmp_path, {"ws_force_rest": True}) as play:
        play.stage.operator.agents.labels.add(play.agent_id, "edge")
        good, bad = subscribe(play, f"{receiver.url}/204/secret-path"), subscribe(play, f"{receiver.url}/404")
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"

        (delivered,), (refused,) = settled(play, good), settled(play, bad)
        assert (delivered.status, delivered.attempts) == ("success", 1)
        assert (refused.status, refused.attempts, refused.last_error) == ("dead", 1, "HTTP 404: answer 404")
        assert play.stage.stop_agent() == 0
        assert sorted(one.path for one in receiver.got) == ["/204/secret-path", "/404"]
        reports = [one.status for one in play.stage.broker.requests if "/webhook-deliveries/" in one.path]
        assert reports == [200, 200]
        assert "delivery reported" in play.log
        assert SECRET not in play.log
        assert "secret-path" not in play.log
