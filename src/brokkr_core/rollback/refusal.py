"""What kept a restore from working, told from the server's own refusal. Pure.

A status alone does not tell: 403 is what RBAC, a quota, a limit range and most webhooks answer with. So the words
decide, and they are those of the API server's own code, not of the webhook or policy behind it.
"""

from __future__ import annotations

import re

from brokkr_core.apply.immutable import immutable_fields
from brokkr_core.errors import (
    ApiError,
    BrokkrError,
    ForbiddenError,
    NetworkError,
    ServerFaultError,
    ThrottledError,
    UnauthenticatedError,
)
from brokkr_core.rollback.verdict import ObjectState

#: Webhooks (apiserver ``plugin/webhook/errors``), admission policies, and Pod Security.
_ADMISSION = re.compile(
    r'admission webhook "[^"]*" denied the request'
    r'|failed calling webhook "'
    r"|AdmissionPolicy '[^']*' with binding '[^']*' denied request"
    r'|violates PodSecurity "'
)
#: ResourceQuota and LimitRange (``plugin/pkg/admission/resourcequota`` and ``limitranger``).
_QUOTA = re.compile(
    r"exceeded quota:|failed quota:|status unknown for quota:|insufficient quota"
    r"|(?:maximum|minimum) \S+ usage per|max limit to request ratio per"
)


def blocked_state(error: BrokkrError) -> ObjectState:
    """Name what kept an object from being put back.

    Args:
        error: how the restore's own request ended.

    Returns:
        The state that fits; ``not_restored`` where none does.
    """
    if not isinstance(error, ApiError):
        return ObjectState.NOT_RESTORED
    if _ADMISSION.search(error.message):
        return ObjectState.ADMISSION_DENIED
    if isinstance(error, ForbiddenError) and _QUOTA.search(error.message):
        return ObjectState.QUOTA_BLOCKED
    if isinstance(error, UnauthenticatedError | ForbiddenError):
        return ObjectState.FORBIDDEN
    return ObjectState.IMMUTABLE_BLOCKED if immutable_fields(error) else ObjectState.NOT_RESTORED


def may_pass(error: BrokkrError) -> bool:
    """Tell whether waiting may help: a line or a server in trouble, or a quota that what is going still fills."""
    passing = isinstance(error, NetworkError | ServerFaultError | ThrottledError)
    return passing or blocked_state(error) is ObjectState.QUOTA_BLOCKED
