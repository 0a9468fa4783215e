"""Templates that stacks can be filled from (contract 4.13 and 4.5)."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.model.broker import Uuid
from brokkr_core.model.sized import sized


@frozen(kw_only=True)
class Template:
    """One version of a template; without a generator it is the system's.

    ``template_content`` is in the language Tera, ``parameters_schema`` a text that holds a JSON Schema.
    """

    id: Uuid
    name: str
    version: int
    template_content: str = field(repr=sized)
    parameters_schema: str
    checksum: str
    generator_id: Uuid | None = None
    description: str | None = None


@frozen(kw_only=True)
class TemplateLabel:
    """A label that a stack must have to be filled from the template."""

    id: Uuid
    template_id: Uuid
    label: str


@frozen(kw_only=True)
class TemplateAnnotation:
    """An annotation that a stack must have to be filled from the template."""

    id: Uuid
    template_id: Uuid
    key: str
    value: str
