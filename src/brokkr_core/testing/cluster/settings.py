"""How the emulated cluster behaves."""

from __future__ import annotations

from attrs import field, frozen, validators

_not_negative = validators.ge(0.0)


@frozen(kw_only=True)
class Settings:
    """What may differ between one emulated cluster and the next.

    Args:
        crd_establish_seconds: how long a CustomResourceDefinition takes until its API is served; a highly
            available cluster takes five seconds.
        crd_discovery_seconds: how long discovery and OpenAPI take to show that an API is served, or no longer; the
            API itself answers at once.
        controllers: whether workloads, volumes and load balancers get a status by themselves.
        deployment_ready_seconds: how long the pods of a good workload take to become ready.
        job_seconds: how long a Job runs before it completes.
        broken_image: a container image that contains this text can never be pulled.
        crashing_image: a container image that contains this text ends with code 1 as often as it is started.
        event_log_size: how many changes watches and continue tokens can look back on.
        bookmark_seconds: how often a watch that allows bookmarks gets one while nothing happens.
        namespaces: what exists from the start.
        version: the ``gitVersion`` the server calls itself.
    """

    crd_establish_seconds: float = field(default=0.0, validator=_not_negative)
    crd_discovery_seconds: float = field(default=0.0, validator=_not_negative)
    controllers: bool = False
    deployment_ready_seconds: float = field(default=1.0, validator=_not_negative)
    job_seconds: float = field(default=1.0, validator=_not_negative)
    broken_image: str = "does-not-exist"
    crashing_image: str = "always-crashes"
    event_log_size: int = field(default=20_000, validator=validators.ge(1))
    bookmark_seconds: float = field(default=60.0, validator=validators.gt(0.0))
    namespaces: tuple[str, ...] = ("default", "kube-node-lease", "kube-public", "kube-system")
    version: str = "v1.32.0"
