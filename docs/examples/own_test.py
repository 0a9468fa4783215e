"""A test of your own manifests against a cluster that lives in the test's process."""

import brokkr_core
from brokkr_core.testing.cluster import EmbeddedCluster

MANIFESTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: lab}
data: {greeting: hello}
---
apiVersion: v1
kind: Namespace
metadata: {name: lab}
"""


def test_the_namespace_comes_first_and_a_second_apply_changes_nothing() -> None:
    with EmbeddedCluster() as cluster, brokkr_core.KubeClient(cluster.transport()) as client:
        parsed = brokkr_core.parse_all(MANIFESTS).checked()
        plan = brokkr_core.order(brokkr_core.resolve(parsed.manifests, client.discovery))

        first = brokkr_core.apply_plan(client, plan)
        second = brokkr_core.apply_plan(client, plan)

    assert [str(one.ref) for one in first.outcomes] == ["Namespace/lab", "ConfigMap/lab/settings"]
    assert first.counts() == {"created": 2}
    assert second.counts() == {"unchanged": 2}
