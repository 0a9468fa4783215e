"""The three patch formats that are not server-side apply."""

from brokkr_core.testing.cluster.patches.json_patch import apply_json_patch
from brokkr_core.testing.cluster.patches.merge_patch import apply_merge_patch
from brokkr_core.testing.cluster.patches.strategic import apply_strategic_patch

__all__ = ["apply_json_patch", "apply_merge_patch", "apply_strategic_patch"]
