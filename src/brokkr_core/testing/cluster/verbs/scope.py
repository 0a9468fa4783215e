"""What a request may own."""

from __future__ import annotations

from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.options import Call
from brokkr_core.testing.cluster.ownership import Scope


def scope_of(core: Core, call: Call) -> Scope:
    """Return the ownership scope of a write."""
    return Scope(
        node=call.resource.node,
        api_version=call.resource.api_version,
        subresource=call.subresource,
        has_status=call.resource.has_status,
        now=core.now,
    )
