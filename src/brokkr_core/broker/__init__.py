"""The typed client for a Brokkr broker: transport, credentials, retries, codec and every call behind one door."""

from brokkr_core.broker.checksum import STACK_DELETION_CHECKSUM, verify_checksum
from brokkr_core.broker.client import BrokerClient
from brokkr_core.broker.codec import encode, parse_timestamp, structure
from brokkr_core.broker.credentials import CredentialSource, EnvironmentPak, FilePak, LiteralPak, Pak
from brokkr_core.broker.credentials.rotation import Recovery, Rotated, RotatedFilePak, recover_pak, rotate_pak
from brokkr_core.broker.endpoints.agent_events import MESSAGE_LIMIT_BYTES, sendable
from brokkr_core.broker.endpoints.issued import IssuedAgent, IssuedGenerator
from brokkr_core.broker.lender import PoolMetrics
from brokkr_core.broker.limits import TransportLimits
from brokkr_core.broker.operations import BODY_LIMIT_BYTES, Caller, Operation
from brokkr_core.broker.tls import TlsFiles
from brokkr_core.broker.transport import BrokerTransport, HttpxTransport
from brokkr_core.retry import Clock, Repeat, RetryPolicy

__all__ = [
    "BODY_LIMIT_BYTES",
    "MESSAGE_LIMIT_BYTES",
    "STACK_DELETION_CHECKSUM",
    "BrokerClient",
    "BrokerTransport",
    "Caller",
    "Clock",
    "CredentialSource",
    "EnvironmentPak",
    "FilePak",
    "HttpxTransport",
    "IssuedAgent",
    "IssuedGenerator",
    "LiteralPak",
    "Operation",
    "Pak",
    "PoolMetrics",
    "Recovery",
    "Repeat",
    "RetryPolicy",
    "Rotated",
    "RotatedFilePak",
    "TlsFiles",
    "TransportLimits",
    "encode",
    "parse_timestamp",
    "recover_pak",
    "rotate_pak",
    "sendable",
    "structure",
    "verify_checksum",
]
