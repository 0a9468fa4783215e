"""A run's facts for certificates in tests, and the schema that every certificate has to fit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from brokkr_core.model.json import JsonObject
from brokkr_core.rollback import Certificate, RunFacts

jsonschema: Any = pytest.importorskip("jsonschema")

KEY = b"a key of one run alone, 32 bytes"
SCHEMA_FILE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "certificate.schema.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text())

FACTS = RunFacts(
    run_id="run-1",
    plan_digest="sha256:plan",
    journal_head="sha256:head",
    started=datetime(2026, 1, 1, tzinfo=UTC),
    finished=datetime(2026, 1, 1, 0, 0, 12, tzinfo=UTC),
    engine="0.1.0",
    server="v1.32.0",
)


def checked(certificate: Certificate) -> JsonObject:
    """Return the document; it has survived being written and fits the schema."""
    document: JsonObject = json.loads(json.dumps(certificate.to_json()))
    jsonschema.validate(document, SCHEMA)
    return document
