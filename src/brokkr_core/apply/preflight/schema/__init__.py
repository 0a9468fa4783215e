"""Check a custom resource against the structural schema of a definition that no server knows yet. Pure."""

from brokkr_core.apply.preflight.schema.check import check_schema

__all__ = ["check_schema"]
