"""What an operator can set on the broker, as far as a client can notice it (contract 2 and 14)."""

from __future__ import annotations

from attrs import field, frozen

#: The publicly known development PAK: the default admin PAK and the default PAK of an agent (contract 2.2).
DEFAULT_PAK = "brokkr_BR3rVsDa_GK3QN7CDUzYc6iKgMkJ98M2WSimM5t6U8"

#: The largest body the broker reads (contract 1).
BODY_LIMIT_BYTES = 2 * 1024 * 1024


@frozen(kw_only=True)
class Settings:
    """The settings of one broker.

    Args:
        admin_pak: who owns this text is admin.
        pak_prefix: first part of every PAK the broker makes.
        short_token_prefix: how the second part begins.
        short_token_length: length of the second part, its prefix included.
        auth_cache_ttl_seconds: how long a process trusts a PAK without looking again; 0 turns the cache off.
        agent_events_retention_days: age at which events are deleted for good; 0 keeps them for ever.
        webhook_delivery_interval_seconds: how often a broker with an address looks for webhooks to post.
        object_limit_bytes: the largest body in which a deployment object is posted; the broker's own limit is 2 MiB and
            holds for every call.
        config_reload: whether the settings can be read again while the broker runs.
    """

    admin_pak: str = field(default=DEFAULT_PAK, repr=False)
    pak_prefix: str = "brokkr"
    short_token_prefix: str = "BR"  # noqa: S105 - a prefix, no secret
    short_token_length: int = 8
    auth_cache_ttl_seconds: float = 60.0
    agent_events_retention_days: float = 30.0
    webhook_delivery_interval_seconds: float = 5.0
    object_limit_bytes: int = BODY_LIMIT_BYTES
    config_reload: bool = True
