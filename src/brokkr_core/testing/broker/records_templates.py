"""Rows of templates and their marks (contract 4.5 and 4.13)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from brokkr_core.model.sized import sized
from brokkr_core.testing.broker.records import DatedRow, Row


@frozen(kw_only=True)
class TemplateRow(DatedRow):
    """One version of a template; without a generator it is the system's."""

    generator_id: str | None
    name: str
    description: str | None = None
    version: int = 1
    template_content: str = field(repr=sized)
    parameters_schema: str
    checksum: str


@frozen(kw_only=True)
class TemplateLabelRow(Row):
    """A label that a stack must have for the template."""

    template_id: str
    label: str
    created_at: datetime


@frozen(kw_only=True)
class TemplateAnnotationRow(Row):
    """An annotation that a stack must have for the template."""

    template_id: str
    key: str
    value: str
    created_at: datetime
