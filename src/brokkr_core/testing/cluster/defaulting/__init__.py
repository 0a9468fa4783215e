"""What the server adds to an object by itself, for the kinds where it matters."""

from brokkr_core.testing.cluster.defaulting.services import allocate
from brokkr_core.testing.cluster.defaulting.table import default_object, has_defaults
from brokkr_core.testing.cluster.defaulting.workloads import job_selector

__all__ = ["allocate", "default_object", "has_defaults", "job_selector"]
