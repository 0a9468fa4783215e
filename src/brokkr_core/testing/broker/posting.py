"""Webhooks that the broker posts itself, over HTTP (contract 5.12, 9)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from aiohttp import ClientError, ClientSession, ClientTimeout

from brokkr_core.testing.broker.sources import Post, Receipt

#: So much of a receiver's answer is read.
_READ_BYTES = 4096


class PostOffice(Protocol):
    """Knows what is to be posted; nothing here may block for long."""

    def claim_posts(self) -> list[Post]:
        """Take what is due."""

    def settle_post(self, post: Post, receipt: Receipt) -> None:
        """Hear how it went."""


async def post_over_http(post: Post) -> Receipt:
    """Deliver a webhook as the broker does: without the headers that an agent adds, and wherever a redirect leads.

    Args:
        post: what to deliver.

    Returns:
        What the receiver said, or why nothing was heard of it.
    """
    headers = {"content-type": "application/json"}
    if post.auth_header is not None:
        headers["authorization"] = post.auth_header
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=post.timeout_seconds)) as session,
            session.post(post.url, data=post.payload.encode(), headers=headers) as answer,
        ):
            text = (await answer.content.read(_READ_BYTES)).decode(errors="replace")
            return Receipt(status=answer.status, text=text)
    except TimeoutError:
        return Receipt(status=None, text=f"no answer within {post.timeout_seconds} s")
    except (ClientError, OSError, ValueError) as error:
        return Receipt(status=None, text=f"not delivered ({type(error).__name__})")


async def deliver_for_ever(office: PostOffice, period_seconds: float) -> None:
    """Post what is due until cancelled; a slow receiver holds up nobody else.

    Args:
        office: knows what is due.
        period_seconds: between two looks.
    """
    async with asyncio.TaskGroup() as under_way:
        while True:
            for post in office.claim_posts():
                under_way.create_task(_deliver(office, post))
            await asyncio.sleep(period_seconds)


async def _deliver(office: PostOffice, post: Post) -> None:
    office.settle_post(post, await post_over_http(post))


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is gone."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
