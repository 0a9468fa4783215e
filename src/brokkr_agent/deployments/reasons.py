"""The words under which progress is told as events: a closed vocabulary, each word Normal or Warning."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why an event is told."""

    DEPLOYMENT_STARTED = "DeploymentStarted"  #: the first object was changed, or could not be
    DEPLOYMENT_PROGRESSING = "DeploymentProgressing"  #: how far it is; over the channel only
    DEPLOYMENT_SUCCEEDED = "DeploymentSucceeded"
    DEPLOYMENT_FAILED = "DeploymentFailed"
    DEPLOYMENT_INTERRUPTED = "DeploymentInterrupted"  #: whoever is next goes on
    VALIDATION_FAILED = "ValidationFailed"  #: nothing was written: the revision cannot be read, or is refused
    STACK_REMOVED = "StackRemoved"  #: everything the stack brought is deleted
    ROLLBACK_STARTED = "RollbackStarted"
    ROLLBACK_VERIFIED = "RollbackVerified"  #: what was changed is back as far as it is ours, and that was read again
    ROLLBACK_UNVERIFIED = "RollbackUnverified"  #: not all of it is back, or nobody can tell
    OBJECT_APPLIED = "ObjectApplied"  #: on the object: created, configured or recreated
    OBJECT_FAILED = "ObjectFailed"  #: on the object
    OBJECT_PRUNED = "ObjectPruned"  #: on the object: it left the stack and is deleted

    @property
    def event_type(self) -> str:
        """``Normal`` or ``Warning``, as Kubernetes knows them."""
        return "Warning" if self in _WARNINGS else "Normal"


_WARNINGS = frozenset(
    {
        Reason.DEPLOYMENT_FAILED,
        Reason.DEPLOYMENT_INTERRUPTED,
        Reason.VALIDATION_FAILED,
        Reason.ROLLBACK_STARTED,
        Reason.ROLLBACK_UNVERIFIED,
        Reason.OBJECT_FAILED,
    }
)
