"""The error of an audit trail that cannot be written."""

from __future__ import annotations

from brokkr_core.errors import BrokkrError


class AuditError(BrokkrError):
    """A record of the audit trail cannot be written, or what was written there is not whole."""
