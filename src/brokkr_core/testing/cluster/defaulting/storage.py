"""Defaults of volumes and storage classes."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.defaulting.fill import fill, struct


def default_claim_spec(spec: JsonObject) -> None:
    """Fill in the spec of a PersistentVolumeClaim."""
    fill(spec, {"volumeMode": "Filesystem"})


def default_claim(body: JsonObject) -> None:
    """Fill in a PersistentVolumeClaim."""
    default_claim_spec(struct(body, "spec"))


def default_volume(body: JsonObject) -> None:
    """Fill in a PersistentVolume."""
    fill(struct(body, "spec"), {"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"})


def default_storage_class(body: JsonObject) -> None:
    """Fill in a StorageClass."""
    fill(body, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})
