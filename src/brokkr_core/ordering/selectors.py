"""Label selectors as the API server reads them, where what is known about the labels may have gaps."""

from __future__ import annotations

from collections.abc import Mapping

from brokkr_core.model.json import Json, as_list, as_object, as_text, text_map


def selects(selector: Json, labels: Mapping[str, str], *, complete: bool = True) -> bool:
    """Tell whether a label selector may select something that carries these labels.

    Args:
        selector: a ``LabelSelector``: ``matchLabels`` and ``matchExpressions``, all of which must hold.
        labels: the labels that are known.
        complete: whether there are no others. When False, a requirement on an unknown label counts as met.

    Returns:
        False when one requirement certainly fails. An empty selector selects everything.
    """
    wanted = as_object(selector)
    for key, value in text_map(wanted.get("matchLabels")).items():
        if (complete or key in labels) and labels.get(key) != value:
            return False
    return all(_holds(term, labels, complete=complete) for term in as_list(wanted.get("matchExpressions")))


def _holds(requirement: Json, labels: Mapping[str, str], *, complete: bool) -> bool:
    term = as_object(requirement)
    key = as_text(term.get("key"))
    if not complete and key not in labels:
        return True
    values = as_list(term.get("values"))
    match term.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return True  # an operator the API server would refuse decides nothing here
