"""Questions a client may ask about itself; nothing is stored."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_text, dig
from brokkr_core.testing.cluster.rbac import Access, Grant, User, check_access

_AUTHENTICATION = "authentication.k8s.io"
_AUTHORIZATION = "authorization.k8s.io"

_PATHS = {
    f"/apis/{_AUTHORIZATION}/v1/selfsubjectaccessreviews": "SelfSubjectAccessReview",
    f"/apis/{_AUTHORIZATION}/v1/selfsubjectrulesreviews": "SelfSubjectRulesReview",
    f"/apis/{_AUTHENTICATION}/v1/selfsubjectreviews": "SelfSubjectReview",
}


def review_at(path: str) -> str:
    """Return the kind of review that is asked at a path, or empty text."""
    return _PATHS.get(path.rstrip("/"), "")


def review(kind: str, body: JsonObject, user: User) -> JsonObject:
    """Answer a review.

    Args:
        kind: which review.
        body: the review as sent.
        user: who asks.

    Raises:
        Refusal: nobody knows who asks.
    """
    if not user.known:
        group = _AUTHENTICATION if kind == "SelfSubjectReview" else _AUTHORIZATION
        check_access(user, Access(verb="create", group=group, resource=f"{kind.lower()}s"))
    if kind == "SelfSubjectAccessReview":
        return {**body, "status": _verdict(body, user)}
    if kind == "SelfSubjectRulesReview":
        return {**body, "status": _rules(as_text(dig(body, "spec", "namespace")), user)}
    info: JsonObject = {"username": user.name, "groups": [*user.groups, "system:authenticated"]}
    return {"kind": kind, "apiVersion": f"{_AUTHENTICATION}/v1", "metadata": {}, "status": {"userInfo": info}}


def _verdict(body: JsonObject, user: User) -> JsonObject:
    asked = dig(body, "spec", "resourceAttributes")
    if asked is None:
        return {"allowed": True}
    wanted = {
        name: as_text(dig(asked, name)) for name in ("verb", "group", "resource", "subresource", "namespace", "name")
    }
    return {"allowed": user.may(Access(**wanted))}


def _rules(namespace: str, user: User) -> JsonObject:
    paths: JsonObject = {"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz"]}
    rules: list[Json] = [_rule(grant) for grant in user.grants if grant.reaches(namespace)]
    return {"resourceRules": rules, "nonResourceRules": [paths], "incomplete": False}


def _rule(grant: Grant) -> JsonObject:
    out: JsonObject = {"verbs": [*grant.verbs], "apiGroups": [*grant.groups], "resources": [*grant.resources]}
    if grant.names:
        out["resourceNames"] = [*grant.names]
    return out
