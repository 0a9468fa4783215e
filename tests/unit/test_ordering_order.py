"""The shape of a plan, its layers, and the way back."""

from __future__ import annotations

import brokkr_core.ordering
from brokkr_core.model.plan import Edge, EdgeKind, Plan
from brokkr_core.ordering import delete_order, order, reversed_order
from ordering_objects import (
    a_config_map,
    a_crd,
    a_deployment,
    a_namespace,
    a_resource,
    a_secret,
    a_service_account,
    an_object,
)


def test_the_public_names_are_these() -> None:
    assert brokkr_core.ordering.__all__ == [
        "delete_order",
        "deletion_plan",
        "is_namespaced",
        "order",
        "rank_of",
        "reversed_order",
    ]


def test_nothing_makes_an_empty_plan() -> None:
    assert order([]) == Plan(manifests=())


def test_a_small_bundle_reads_as_one_would_write_it_by_hand() -> None:
    web = a_deployment("web", spec={"imagePullSecrets": [{"name": "key"}], "containers": []})
    namespace, key, crd, widget = a_namespace("shop"), a_secret("key"), a_crd("Widget"), a_resource("Widget", "w")
    plan = order([widget, web, crd, key, namespace])
    assert [str(manifest.ref) for manifest in plan.manifests] == [
        "Namespace/shop",
        "CustomResourceDefinition/widgets.example.com",
        "Secret/shop/key",
        "Deployment/shop/web",
        "Widget/shop/w",
    ]
    assert plan.waves == ((namespace.ref, crd.ref), (key.ref, widget.ref), (web.ref,))
    assert [str(edge) for edge in plan.edges] == [
        "Secret/shop/key waits for Namespace/shop: it lives in this Namespace",
        "Deployment/shop/web waits for Namespace/shop: it lives in this Namespace",
        (
            "Deployment/shop/web waits for Secret/shop/key:"
            " it pulls images with this Secret at spec.template.spec.imagePullSecrets[0]"
        ),
        "Widget/shop/w waits for Namespace/shop: it lives in this Namespace",
        (
            "Widget/shop/w waits for CustomResourceDefinition/widgets.example.com:"
            " its kind Widget.example.com is defined by this CRD"
        ),
    ]


def test_of_two_ready_objects_the_one_with_more_waiting_behind_it_goes_first() -> None:
    chain = [
        a_config_map("z1"),
        a_config_map("z2", depends_on="/namespaces/shop/ConfigMap/z1"),
        a_config_map("z3", depends_on="/namespaces/shop/ConfigMap/z2"),
    ]
    plan = order([a_config_map("a"), *chain])
    assert [manifest.ref.name for manifest in plan.manifests] == ["z1", "z2", "a", "z3"]


def test_the_rank_of_a_kind_only_breaks_ties_between_chains_of_the_same_length() -> None:
    needed, idle = a_config_map("needed"), a_config_map("idle")
    waiting = a_config_map("waiting", depends_on="/namespaces/shop/ConfigMap/needed")
    account = a_service_account("robot")
    plan = order([idle, waiting, account, needed])
    assert [manifest.ref.name for manifest in plan.manifests] == ["needed", "robot", "idle", "waiting"]


def test_what_webhooks_look_at_gives_way_before_references_do() -> None:
    one, two = a_config_map("one").ref, a_config_map("two").ref
    looks_at = Edge(before=one, after=two, kind=EdgeKind.WEBHOOK, hard=False, because="it looks at it")
    names = Edge(before=two, after=one, kind=EdgeKind.REFERENCE, hard=False, because="it names it")
    assert delete_order([one, two], [looks_at, names]) == (one, two)
    assert delete_order([one, two], [names, looks_at]) == (one, two)


def test_an_empty_namespace_is_taken_as_it_is() -> None:
    web = a_deployment("web", "", spec={"imagePullSecrets": [{"name": "key"}]})
    assert order([web, a_secret("key", "")]).manifests[0].ref.name == "key"
    assert order([web, a_secret("key", "shop")]).edges == ()


def test_a_cluster_scoped_object_does_not_wait_for_a_namespace_written_by_mistake() -> None:
    role = an_object("rbac.authorization.k8s.io/v1", "ClusterRole", "reader", "shop")
    assert order([role, a_namespace("shop")]).edges == ()


def test_the_way_back_is_the_way_there_reversed() -> None:
    plan = order([a_secret("key"), a_namespace("shop")])
    assert [manifest.ref.kind for manifest in reversed_order(plan)] == ["Secret", "Namespace"]


def test_deletion_keeps_the_order_across_objects_that_stay() -> None:
    plan = order(
        [
            a_config_map("a"),
            a_config_map("b", depends_on="/namespaces/shop/ConfigMap/a"),
            a_config_map("c", depends_on="/namespaces/shop/ConfigMap/b"),
        ]
    )
    first, _, last = (manifest.ref for manifest in plan.manifests)
    assert delete_order([first, last], plan.edges) == (last, first)


def test_deletion_drops_soft_edges_that_go_round() -> None:
    one, two = a_config_map("one").ref, a_config_map("two").ref
    edges = [
        Edge(before=one, after=two, kind=EdgeKind.REFERENCE, hard=True, because="hard"),
        Edge(before=two, after=one, kind=EdgeKind.REFERENCE, hard=False, because="soft"),
    ]
    assert delete_order([one, two, one], edges) == (two, one)
