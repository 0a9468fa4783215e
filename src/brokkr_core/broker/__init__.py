"""The typed client for a Brokkr broker: transport, credentials, retries, codec and every call behind one door."""

from brokkr_core.broker.bucket import Rate
from brokkr_core.broker.budget import BudgetPolicy
from brokkr_core.broker.checksum import STACK_DELETION_CHECKSUM, verify_checksum
from brokkr_core.broker.circuit import CircuitPolicy, CircuitState
from brokkr_core.broker.client import BrokerClient
from brokkr_core.broker.codec import encode, parse_timestamp, structure
from brokkr_core.broker.credentials import CredentialSource, EnvironmentPak, FilePak, LiteralPak, Pak
from brokkr_core.broker.credentials.rotation import Recovery, Rotated, RotatedFilePak, recover_pak, rotate_pak
from brokkr_core.broker.endpoints.agent_events import MESSAGE_LIMIT_BYTES, sendable
from brokkr_core.broker.endpoints.issued import IssuedAgent, IssuedGenerator
from brokkr_core.broker.lender import PoolMetrics
from brokkr_core.broker.limits import TransportLimits
from brokkr_core.broker.operations import BODY_LIMIT_BYTES, Caller, Operation
from brokkr_core.broker.patience import Patience, PatiencePolicy
from brokkr_core.broker.phase import phase_of, wait_for_phase
from brokkr_core.broker.tls import TlsFiles
from brokkr_core.broker.traffic import Traffic
from brokkr_core.broker.transport import BrokerTransport, HttpxTransport
from brokkr_core.retry import Clock, Repeat, RetryPolicy

__all__ = [
    "BODY_LIMIT_BYTES",
    "MESSAGE_LIMIT_BYTES",
    "STACK_DELETION_CHECKSUM",
    "BrokerClient",
    "BrokerTransport",
    "BudgetPolicy",
    "Caller",
    "CircuitPolicy",
    "CircuitState",
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
    "Patience",
    "PatiencePolicy",
    "PoolMetrics",
    "Rate",
    "Recovery",
    "Repeat",
    "RetryPolicy",
    "Rotated",
    "RotatedFilePak",
    "TlsFiles",
    "Traffic",
    "TransportLimits",
    "encode",
    "parse_timestamp",
    "phase_of",
    "recover_pak",
    "rotate_pak",
    "sendable",
    "structure",
    "verify_checksum",
    "wait_for_phase",
]
