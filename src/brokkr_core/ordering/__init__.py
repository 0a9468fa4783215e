"""Manifests to a plan: an order that can work, with a typed edge and a readable reason for every step."""

from brokkr_core.ordering.deletion import deletion_plan
from brokkr_core.ordering.kinds import is_namespaced, rank_of
from brokkr_core.ordering.order import delete_order, order, reversed_order

__all__ = ["delete_order", "deletion_plan", "is_namespaced", "order", "rank_of", "reversed_order"]
