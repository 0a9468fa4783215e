"""Deployment objects by id (contract 5.8)."""

from __future__ import annotations

from brokkr_core.broker.endpoints.ask import ask
from brokkr_core.broker.operations import DEPLOYMENT_OBJECT_GET, DEPLOYMENT_OBJECT_HEALTH, Caller
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.fleet import ObjectHealthReport


class DeploymentObjects:
    """Single deployment objects, whatever stack they belong to."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def get(self, deployment_object_id: str) -> DeploymentObject:
        """Read one deployment object.

        An agent may read it through an explicit target only, not through a label or annotation match.

        Args:
            deployment_object_id: which one.

        Returns:
            The object; its checksum is not verified here, see
            :func:`brokkr_core.broker.checksum.verify_checksum`.

        Raises:
            BrokerAuthError: 403 ``agent_not_associated`` or ``generator_not_associated``.
            BrokerError: 404 ``deployment_object_not_found``, also for a deleted one.
        """
        return ask(
            self._caller,
            DEPLOYMENT_OBJECT_GET,
            DeploymentObject,
            deployment_object_id=deployment_object_id,
        )

    def health(self, deployment_object_id: str) -> ObjectHealthReport:
        """Read how an object is on every agent that reported it (admin only).

        Args:
            deployment_object_id: which one; an unknown one is ``unknown``, not 404.

        Returns:
            The report; failing beats degraded beats healthy beats unknown.
        """
        return ask(
            self._caller,
            DEPLOYMENT_OBJECT_HEALTH,
            ObjectHealthReport,
            deployment_object_id=deployment_object_id,
        )
