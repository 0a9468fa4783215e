"""Templates and what a stack must carry to be filled from them (contract 6.5)."""

from __future__ import annotations

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.ask import ask, remove
from brokkr_core.broker.endpoints.marks import checked_mark, checked_pair
from brokkr_core.broker.operations import Caller
from brokkr_core.model.templates import Template, TemplateAnnotation, TemplateLabel


class TemplateLabels:
    """Labels a stack must have; changing them needs an admin's or the owning generator's PAK."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, template_id: str) -> tuple[TemplateLabel, ...]:
        """List a template's labels."""
        return ask(self._caller, operations.TEMPLATE_LABELS, tuple[TemplateLabel, ...], template_id=template_id)

    def add(self, template_id: str, label: str) -> TemplateLabel:
        """Put a label on a template; 409 when it is there already. The body is a bare JSON string."""
        body = checked_mark("label", label)
        return ask(self._caller, operations.TEMPLATE_LABEL_ADD, TemplateLabel, body=body, template_id=template_id)

    def remove(self, template_id: str, label: str) -> None:
        """Take a label off a template; not being there is fine."""
        operation, absent = operations.TEMPLATE_LABEL_REMOVE, "template_label_not_found"
        remove(self._caller, operation, absent, template_id=template_id, label=label)


class TemplateAnnotations:
    """Annotations a stack must have; changing them needs an admin's or the owning generator's PAK."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, template_id: str) -> tuple[TemplateAnnotation, ...]:
        """List a template's annotations."""
        operation = operations.TEMPLATE_ANNOTATIONS
        return ask(self._caller, operation, tuple[TemplateAnnotation, ...], template_id=template_id)

    def add(self, template_id: str, key: str, value: str) -> TemplateAnnotation:
        """Put an annotation on a template; 409 when its key is there already."""
        operation, body = operations.TEMPLATE_ANNOTATION_ADD, checked_pair(key, value)
        return ask(self._caller, operation, TemplateAnnotation, body=body, template_id=template_id)

    def remove(self, template_id: str, key: str) -> None:
        """Take an annotation off a template; not being there is fine."""
        operation, absent = operations.TEMPLATE_ANNOTATION_REMOVE, "template_annotation_not_found"
        remove(self._caller, operation, absent, template_id=template_id, key=key)


class Templates:
    """Templates for revisions of stacks, with ``labels`` and ``annotations``; agents may not see them."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.labels = TemplateLabels(caller)
        self.annotations = TemplateAnnotations(caller)

    def list(self) -> tuple[Template, ...]:
        """List templates: all for an admin, the system's and its own for a generator; every version is one."""
        return ask(self._caller, operations.TEMPLATE_LIST, tuple[Template, ...])

    def create(
        self, name: str, template_content: str, *, parameters_schema: str, description: str | None = None
    ) -> Template:
        """Create a template: the system's with an admin's PAK, else the generator's own.

        Args:
            name: at most 255 characters.
            template_content: in the language Tera.
            parameters_schema: a text that holds a JSON Schema.
            description: free text.

        Returns:
            Its first version.

        Raises:
            BrokerError: 400 ``invalid_template_syntax`` or ``invalid_parameters_schema``.
            BrokerUnreachableError: with ``sent`` true the template may exist.
        """
        body = {"name": name, **_content(template_content, parameters_schema, description)}
        return ask(self._caller, operations.TEMPLATE_CREATE, Template, body=body)

    def get(self, template_id: str) -> Template:
        """Read one version of a template; 404 ``template_not_found``."""
        return ask(self._caller, operations.TEMPLATE_GET, Template, template_id=template_id)

    def update(
        self, template_id: str, template_content: str, *, parameters_schema: str, description: str | None = None
    ) -> Template:
        """Add a version, under a new id and without the labels and annotations of the old one.

        Args:
            template_id: any version.
            template_content: in the language Tera.
            parameters_schema: a text that holds a JSON Schema.
            description: free text; None keeps the old one.

        Returns:
            The new version.

        Raises:
            BrokerError: as for :meth:`create`; 403 ``template_not_owned``.
            BrokerUnreachableError: with ``sent`` true the version may exist.
        """
        body = _content(template_content, parameters_schema, description)
        return ask(self._caller, operations.TEMPLATE_UPDATE, Template, body=body, template_id=template_id)

    def delete(self, template_id: str) -> None:
        """Delete one version; that it does not exist is fine."""
        remove(self._caller, operations.TEMPLATE_DELETE, "template_not_found", template_id=template_id)


def _content(template_content: str, parameters_schema: str, description: str | None) -> dict[str, str | None]:
    return {
        "description": description,
        "template_content": template_content,
        "parameters_schema": parameters_schema,
    }
