"""Whether a deployment object is still what the broker vouched for."""

from __future__ import annotations

import hashlib

from brokkr_core.errors import ChecksumError, cut
from brokkr_core.model.broker import DeploymentObject

#: What deleting a stack writes instead of a checksum: the MD5 of nothing (contract 4.3).
STACK_DELETION_CHECKSUM = "d41d8cd98f00b204e9800998ecf8427e"

#: Characters that are hashed at once.
_PIECE = 256 * 1024


def verify_checksum(deployment: DeploymentObject) -> None:
    """Check that a deployment object's text is the one its checksum was made from (contract 4.3).

    Args:
        deployment: the object; the empty marker of a deleted stack carries an MD5 and is fine.

    Raises:
        ChecksumError: the text was changed on the way; names object and stack.
    """
    if _is_stack_deletion(deployment):
        return
    found = checksum_of(deployment.yaml_content)
    if found != deployment.yaml_checksum:
        raise ChecksumError(
            f"deployment object {deployment.id} of stack {deployment.stack_id}: the text has SHA-256 {found}, the "
            f"broker gave {cut(deployment.yaml_checksum, 64)}; it must not be applied: post it again, and look for "
            "whatever rewrites answers between here and the broker"
        )


def checksum_of(text: str) -> str:
    """Return the SHA-256 of a text as UTF-8; a large text is never held a second time as bytes."""
    running = hashlib.sha256()
    for start in range(0, len(text), _PIECE):
        running.update(text[start : start + _PIECE].encode("utf-8", "surrogatepass"))
    return running.hexdigest()


def _is_stack_deletion(deployment: DeploymentObject) -> bool:
    return (
        deployment.is_deletion_marker
        and not deployment.yaml_content
        and deployment.yaml_checksum == STACK_DELETION_CHECKSUM
    )
