"""A small part of the template language Tera, enough for manifests: values, ``if``, ``for``, comments, six filters.

What lies outside it is refused when a template is created, so that nothing renders differently from the real broker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from attrs import frozen

from brokkr_core.model.json import Json


class TeraError(ValueError):
    """A template that cannot be read, or not be rendered with these parameters."""


Scope: TypeAlias = Mapping[str, Json]
Node: TypeAlias = Callable[[Scope], str]

_TOKEN = re.compile(r"(\{\{-?.*?-?\}\}|\{%-?.*?-?%\}|\{#.*?#\})", re.DOTALL)
_PATH = re.compile(r"[A-Za-z_]\w*(\.\w+)*")
_FILTER = re.compile(r"(\w+)(?:\(value=(.+)\))?")
_FOR = re.compile(r"for (\w+) in (.+)")

_FILTERS: dict[str, Callable[[Json], Json]] = {
    "upper": lambda value: _shown(value).upper(),
    "lower": lambda value: _shown(value).lower(),
    "trim": lambda value: _shown(value).strip(),
    "length": lambda value: len(value) if isinstance(value, str | list | dict) else 0,
    "json_encode": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
}


@frozen(kw_only=True)
class Template:
    """A template that was understood."""

    nodes: tuple[Node, ...]

    def render(self, parameters: Scope) -> str:
        """Fill it in.

        Raises:
            TeraError: a value is not there.
        """
        return "".join(node(parameters) for node in self.nodes)


def compile_template(text: str) -> Template:
    """Read a template.

    Args:
        text: what an operator posted.

    Returns:
        The template.

    Raises:
        TeraError: it is none, or beyond what is understood here.
    """
    reader = _Reader(_tokens(text))
    nodes = reader.block(())
    return Template(nodes=nodes)


def _tokens(text: str) -> list[str]:
    tokens = _TOKEN.split(text)
    for index, token in enumerate(tokens):
        if token.startswith(("{{-", "{%-")) and index:
            tokens[index - 1] = tokens[index - 1].rstrip()
        if token.endswith(("-}}", "-%}")):
            tokens[index + 1] = tokens[index + 1].lstrip()
    return [token for token in tokens if token]


class _Reader:
    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self.ended_by = ""

    def block(self, ends: tuple[str, ...]) -> tuple[Node, ...]:
        """Read until one of the statements that end a block, or to the end of the text when there are none."""
        nodes: list[Node] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.startswith("{%"):
                statement = token.strip("{}%-").strip()
                if statement.partition(" ")[0] in ends:
                    self.ended_by = statement
                    return tuple(nodes)
                nodes.append(self._statement(statement))
            elif token.startswith("{{"):
                nodes.append(_output(token[2:-2].strip("-").strip()))
            elif not token.startswith("{#"):
                nodes.append(_text(token))
        if ends:
            raise TeraError(f"{ends[-1]} is missing")
        return tuple(nodes)

    def _statement(self, statement: str) -> Node:
        if statement.startswith("if "):
            return self._choice(statement)
        loop = _FOR.fullmatch(statement)
        if loop is None:
            raise TeraError(f"the fake broker does not understand {{% {statement[:40]} %}}")
        body = self.block(("endfor",))
        return _loop(loop[1], _expression(loop[2]), body)

    def _choice(self, statement: str) -> Node:
        test = _test(statement.partition(" ")[2].strip())
        good = self.block(("elif", "else", "endif"))
        if self.ended_by.startswith("elif "):
            otherwise: tuple[Node, ...] = (self._choice(self.ended_by),)
        elif self.ended_by == "else":
            otherwise = self.block(("endif",))
        else:
            otherwise = ()
        return lambda scope: "".join(node(scope) for node in (good if test(scope) else otherwise))


def _text(text: str) -> Node:
    if any(sign in text for sign in ("{{", "{%", "{#")):
        raise TeraError("a bracket is never closed")
    return lambda _scope: text


def _output(source: str) -> Node:
    value = _expression(source)
    return lambda scope: _shown(value(scope))


def _loop(name: str, items: Callable[[Scope], Json], body: tuple[Node, ...]) -> Node:
    def render(scope: Scope) -> str:
        values = items(scope)
        if not isinstance(values, list):
            raise TeraError(f"cannot go over {name}: it is no list")
        return "".join(node({**scope, name: value}) for value in values for node in body)

    return render


def _test(source: str) -> Callable[[Scope], bool]:
    negated = source.startswith("not ")
    value = _expression(f"{source.removeprefix('not ').strip()} | default(value=false)")
    return lambda scope: bool(value(scope)) is not negated


def _expression(source: str) -> Callable[[Scope], Json]:
    first, *filters = (part.strip() for part in source.split("|"))
    steps = [_FILTER.fullmatch(one) for one in filters]
    default: Json = None
    names: list[str] = []
    for step, text in zip(steps, filters, strict=True):
        name = "" if step is None else step[1]
        if step is not None and name == "default" and step[2] is not None:
            default = _literal(step[2])
        elif name not in _FILTERS or (step is not None and step[2] is not None):
            raise TeraError(f"the fake broker does not know the filter {text[:40]!r}")
        names.append(name)
    read = _reader(first, default, has_default="default" in names)

    def value(scope: Scope) -> Json:
        found = read(scope)
        for name in names:
            found = found if name == "default" else _FILTERS[name](found)
        return found

    return value


def _reader(source: str, default: Json, *, has_default: bool) -> Callable[[Scope], Json]:
    if _PATH.fullmatch(source) is None or source in ("true", "false"):
        literal = _literal(source)
        return lambda _scope: literal

    def read(scope: Scope) -> Json:
        found: Json = dict(scope)
        for name in source.split("."):
            if not isinstance(found, dict) or name not in found:
                if has_default:
                    return default
                raise TeraError(f"{source} is not among the parameters")
            found = found[name]
        return found

    return read


def _literal(text: str) -> Json:
    quoted = text.replace("'", '"') if text.startswith("'") else text
    try:
        value: Json = json.loads(quoted)
    except ValueError:
        raise TeraError(f"the fake broker does not understand {text[:40]!r}") from None
    return value


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "[object]"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return "" if value is None else str(value)
