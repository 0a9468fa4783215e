"""GET of collections: selectors, pages, versions."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import as_list, as_object, dig
from cluster_support import Client, config_map, gadget, with_metadata


@pytest.fixture
def filled(client: Client) -> Client:
    for number, tier in enumerate(("gold", "gold", "silver", "bronze", "")):
        labels = {"suite": "list", **({"tier": tier} if tier else {})}
        client.create(with_metadata(config_map(f"item-{number}"), labels=dict(labels))).expect(201)
    return client


def names(client: Client, selector: str) -> list[str]:
    asked = f"suite=list,{selector}" if selector else "suite=list"
    return [
        name.removeprefix("item-") for name in client.list("v1", "ConfigMap", labelSelector=asked).expect(200).names
    ]


def test_a_list_has_kind_and_version_and_sorted_items(filled: Client) -> None:
    reply = filled.list("v1", "ConfigMap", labelSelector="suite=list").expect(200)
    assert (reply.get("kind"), reply.get("apiVersion")) == ("ConfigMapList", "v1")
    assert reply.version.isdigit()
    assert reply.names == [f"item-{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("tier=gold", ["0", "1"]),
        ("tier==gold", ["0", "1"]),
        ("tier!=gold", ["2", "3", "4"]),
        ("tier in (silver, bronze)", ["2", "3"]),
        ("tier notin (gold,silver)", ["3", "4"]),
        ("tier", ["0", "1", "2", "3"]),
        ("!tier", ["4"]),
        ("tier,tier!=gold", ["2", "3"]),
    ],
)
def test_label_selectors_select(filled: Client, selector: str, expected: list[str]) -> None:
    assert names(filled, selector) == expected


def test_an_unreadable_label_selector_is_a_bad_request(client: Client) -> None:
    assert client.list("v1", "ConfigMap", labelSelector="a=b=c").expect(400).reason == "BadRequest"


def test_field_selectors_select_by_name(filled: Client) -> None:
    assert filled.list("v1", "ConfigMap", fieldSelector="metadata.name=item-3").expect(200).names == ["item-3"]


def test_an_unsupported_field_selector_is_a_bad_request(client: Client) -> None:
    reply = client.list("v1", "ConfigMap", fieldSelector="data.a=1").expect(400)
    assert reply.message == '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"'


def test_pages_follow_each_other_without_gap_or_repeat(filled: Client) -> None:
    found: list[str] = []
    token = ""
    for _ in range(5):
        query = {"limit": "2", "labelSelector": "suite=list", **({"continue": token} if token else {})}
        page = filled.list("v1", "ConfigMap", **query).expect(200)
        found += page.names
        token = str(page.get("metadata", "continue") or "")
        if not token:
            break
    assert found == [f"item-{number}" for number in range(5)]


def test_all_pages_show_the_state_of_the_first(filled: Client) -> None:
    query = {"limit": "2", "labelSelector": "suite=list"}
    first = filled.list("v1", "ConfigMap", **query)
    filled.create(with_metadata(config_map("item-3b"), labels={"suite": "list"}))
    filled.delete(config_map("item-4"))
    token = str(first.get("metadata", "continue"))
    second = filled.list("v1", "ConfigMap", **{**query, "limit": "10", "continue": token})
    assert second.names == ["item-2", "item-3", "item-4"]
    assert second.version == first.version


def test_a_page_tells_how_many_remain(filled: Client) -> None:
    page = filled.list("v1", "ConfigMap", limit="1").expect(200)
    remaining = page.get("metadata", "remainingItemCount")
    assert isinstance(remaining, int)
    assert remaining >= 4


def test_a_broken_continue_token_is_refused(client: Client) -> None:
    assert client.list("v1", "ConfigMap", **{"continue": "!!!", "limit": "1"}).status == 400


def test_a_resource_version_from_the_future_times_out(client: Client) -> None:
    reply = client.list("v1", "ConfigMap", resourceVersion="999999999999", resourceVersionMatch="NotOlderThan")
    assert reply.expect(504).reason == "Timeout"
    assert "Too large resource version" in reply.message


def test_a_list_at_an_exact_version_shows_the_past(filled: Client) -> None:
    before = filled.list("v1", "ConfigMap", labelSelector="suite=list")
    filled.delete(config_map("item-0"))
    reply = filled.list(
        "v1",
        "ConfigMap",
        labelSelector="suite=list",
        resourceVersion=before.version,
        resourceVersionMatch="Exact",
        limit="500",
    )
    assert reply.expect(200).names == before.names


def test_all_namespaces_are_listed_together(filled: Client) -> None:
    reply = filled.call("GET", "/api/v1/configmaps", query={"labelSelector": "suite=list"}).expect(200)
    assert {"item-0", "item-4"} <= set(reply.names)


@pytest.mark.parametrize("path", ["/api/v1/unheardof", "/api/v1/configmaps/x", "/apis/rbac.authorization.k8s.io/v9"])
def test_an_unknown_path_below_a_served_group_is_answered_by_a_status(client: Client, path: str) -> None:
    reply = client.call("GET", path).expect(404)
    assert (reply.reason, reply.message) == ("NotFound", "the server could not find the requested resource")
    assert reply.get("details") == {}


def test_an_unknown_path_elsewhere_is_a_plain_page_not_found(client: Client) -> None:
    assert client.call("GET", "/nowhere").expect(404).text == "404 page not found\n"


def test_a_method_that_makes_no_sense_is_not_allowed(client: Client) -> None:
    assert client.call("POST", client.path("v1", "ConfigMap", "x"), config_map("x")).status == 405


def test_items_of_a_list_do_not_repeat_what_they_are(filled: Client) -> None:
    for item in as_list(filled.list("v1", "ConfigMap", labelSelector="suite=list").get("items")):
        assert not {"kind", "apiVersion"} & as_object(item).keys()


def test_items_of_a_list_of_custom_resources_say_what_they_are(client: Client, group: str) -> None:
    client.create(gadget(group, size=1))
    reply = client.list(f"{group}/v1", "Gadget")
    assert [dig(item, "kind") for item in as_list(reply.get("items"))] == ["Gadget"]
    assert reply.get("metadata", "continue") == ""


@pytest.mark.parametrize(
    ("selector", "problem"),
    [
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("=b", "found '=', expected: !, identifier, or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ],
)
def test_a_label_selector_is_refused_at_the_word_that_is_wrong(client: Client, selector: str, problem: str) -> None:
    assert client.list("v1", "ConfigMap", labelSelector=selector).expect(400).message == problem


def test_a_limit_below_nothing_is_no_limit(filled: Client) -> None:
    assert len(filled.list("v1", "ConfigMap", labelSelector="suite=list", limit="-1").expect(200).names) == 5


@pytest.mark.parametrize(
    "query",
    [
        {"resourceVersionMatch": "Exact"},
        {"resourceVersionMatch": "Roughly", "resourceVersion": "1"},
        {"watch": "true", "sendInitialEvents": "true", "timeoutSeconds": "1"},
    ],
)
def test_a_version_match_that_means_nothing_is_invalid(client: Client, query: dict[str, str]) -> None:
    reply = client.list("v1", "ConfigMap", **query).expect(422)
    assert [field for _, field in reply.causes] == ["resourceVersionMatch"]
