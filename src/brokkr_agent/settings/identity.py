"""Settings of who the agent is, and of where broker, cluster and its own files are."""

from __future__ import annotations

from attrs import frozen

from brokkr_agent.checks import http_url, namespace_name, pak_path, pak_text
from brokkr_agent.settings.definition import Applies, setting


@frozen(kw_only=True, slots=False)
class Identity:
    """Who and where."""

    broker_url: str = setting(
        "http://localhost:3000",
        Applies.RESTART,
        "Where the broker is; a path prefix of a proxy is fine.",
        http_url,
    )
    pak: str = setting(
        "",
        Applies.RESTART,
        "The agent's PAK; better in a file. "
        "The public development PAK is taken only for a broker on this machine, at a loopback address.",
        pak_text,
        secret=True,
    )
    pak_file: str = setting(
        "",
        Applies.RESTART,
        "File that holds the PAK, or a directory with one file, as a mounted Secret is; give one of the two. "
        "It is read again while the agent runs, and another PAK is used as soon as the broker takes it.",
        pak_path,
    )
    broker_ca_file: str = setting(
        "",
        Applies.RESTART,
        "PEM file of the only authorities to trust for the broker, instead of the system's.",
    )
    broker_certificate_file: str = setting(
        "",
        Applies.RESTART,
        "PEM file of the certificate to show to an ingress that asks for one.",
    )
    broker_key_file: str = setting(
        "",
        Applies.RESTART,
        "PEM file of its private key, unencrypted; empty when the key stands in the file of the certificate. "
        "The three files are read again while the agent runs.",
    )
    agent_name: str = setting("", Applies.RESTART, "When given, the name the broker must have for this PAK.")
    cluster_name: str = setting(
        "", Applies.RESTART, "When given, the cluster's name the broker must have for this PAK."
    )
    generator_ids: str = setting("", Applies.RESTART, "Generators to register with, separated by commas.")
    kubeconfig_path: str = setting("", Applies.RESTART, "Empty: in-cluster credentials, then kubectl's.")
    kubeconfig_context: str = setting("", Applies.RESTART, "Empty: the kubeconfig's current context.")
    namespace: str = setting(
        "",
        Applies.RESTART,
        "Where the inventories are kept; must exist. Empty: the namespace of the pod or of the kubeconfig's context.",
    )
    watch_namespace: str = setting(
        "",
        Applies.RESTART,
        "The one namespace in which the agent reads, watches and writes, so that a Role in it is enough; "
        "its inventories, Lease and journals are there too, and a revision with objects elsewhere is refused. "
        "Empty: the whole cluster.",
        namespace_name,
    )
    outbox_path: str = setting(
        "",
        Applies.RESTART,
        "File in which results wait until the broker has them; made when it is not there. Empty: in memory.",
    )
