"""Questions a client may ask about itself; nothing is stored."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, dig

_PATHS = {
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": "SelfSubjectAccessReview",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": "SelfSubjectRulesReview",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews": "SelfSubjectReview",
}


def review_at(path: str) -> str:
    """Return the kind of review that is asked at a path, or empty text."""
    return _PATHS.get(path.rstrip("/"), "")


def review(kind: str, body: JsonObject) -> JsonObject:
    """Answer a review: everything is allowed.

    Args:
        kind: which review.
        body: the review as sent.
    """
    everything: list[Json] = ["*"]
    if kind == "SelfSubjectAccessReview":
        return {**body, "status": {"allowed": True}}
    if kind == "SelfSubjectRulesReview":
        rule: JsonObject = {"verbs": everything, "apiGroups": everything, "resources": everything}
        paths: JsonObject = {"verbs": everything, "nonResourceURLs": everything}
        rules: JsonObject = {"resourceRules": [rule], "nonResourceRules": [paths], "incomplete": False}
        return {**body, "spec": dig(body, "spec"), "status": rules}
    user: JsonObject = {"username": "kubernetes-admin", "groups": ["system:masters", "system:authenticated"]}
    return {"kind": kind, "apiVersion": "authentication.k8s.io/v1", "metadata": {}, "status": {"userInfo": user}}
