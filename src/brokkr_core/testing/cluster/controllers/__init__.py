"""Scripted controllers: workloads, volumes and load balancers get the status a real cluster would give them."""

from brokkr_core.testing.cluster.controllers.table import controllers

__all__ = ["controllers"]
