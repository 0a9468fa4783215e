"""What tests of webhooks share: a subscription nobody answers, and its deliveries."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject
from fake_broker_support import Door, id_of, unique

#: The discard port: a subscription that no broker ever gets rid of its events to.
NOWHERE = "http://127.0.0.1:9/hook"


def subscribe(door: Door, **members: Json) -> str:
    """Subscribe so that an agent would have to deliver, unless said otherwise, and return the id."""
    body: JsonObject = {
        "name": unique("hook"),
        "url": NOWHERE,
        "event_types": ["*"],
        "target_labels": [unique("nobody")],
        **members,
    }
    made = door.post("/webhooks", body)
    assert made.status == 201, made
    return id_of(made.members)


def deliveries(door: Door, webhook: str, **query: str) -> list[JsonObject]:
    """Return the deliveries of a subscription, newest first."""
    return door.get(f"/webhooks/{webhook}/deliveries", query=query).items
