"""Whether a deployment object is still what the broker vouched for."""

from __future__ import annotations

import hashlib

from brokkr_core.errors import ChecksumError, cut
from brokkr_core.model.broker import DeploymentObject

#: What deleting a stack writes instead of a checksum: the MD5 of nothing (contract 4.3).
STACK_DELETION_CHECKSUM = "d41d8cd98f00b204e9800998ecf8427e"


def verify_checksum(deployment: DeploymentObject) -> None:
    """Check that a deployment object's text is the one its checksum was made from (contract 4.3).

    Args:
        deployment: the object; the empty marker of a deleted stack carries an MD5 and is fine.

    Raises:
        ChecksumError: the text was changed on the way; names object and stack.
    """
    if _is_stack_deletion(deployment):
        return
    found = hashlib.sha256(deployment.yaml_content.encode("utf-8", "surrogatepass")).hexdigest()
    if found != deployment.yaml_checksum:
        raise ChecksumError(
            f"deployment object {deployment.id} of stack {deployment.stack_id}: the text has SHA-256 {found}, the "
            f"broker gave {cut(deployment.yaml_checksum, 64)}; it must not be applied: post it again, and look for "
            "whatever rewrites answers between here and the broker"
        )


def _is_stack_deletion(deployment: DeploymentObject) -> bool:
    return (
        deployment.is_deletion_marker
        and not deployment.yaml_content
        and deployment.yaml_checksum == STACK_DELETION_CHECKSUM
    )
