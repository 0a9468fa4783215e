"""What can be done to objects, one verb a file."""

from brokkr_core.testing.cluster.verbs.apply import apply_object
from brokkr_core.testing.cluster.verbs.create import create
from brokkr_core.testing.cluster.verbs.delete import delete, delete_collection
from brokkr_core.testing.cluster.verbs.patch import patch
from brokkr_core.testing.cluster.verbs.read import get, list_objects
from brokkr_core.testing.cluster.verbs.scale import read_scale, write_scale
from brokkr_core.testing.cluster.verbs.update import update

__all__ = [
    "apply_object",
    "create",
    "delete",
    "delete_collection",
    "get",
    "list_objects",
    "patch",
    "read_scale",
    "update",
    "write_scale",
]
