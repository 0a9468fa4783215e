"""How values are declared that must cost little to import.

They are what ``attrs.frozen`` makes of them, and ``attrs.evolve``, ``fields`` and ``asdict`` know them. But
importing attrs takes longer than importing all of the parser, so it is loaded only when somebody asks about one.
To a type checker they are values of attrs.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from attrs import field, frozen

__all__ = ["field", "frozen"]

_REQUIRED: Any = object()


class _Field:
    """What a class says of one of its fields; the names are those of ``attrs.field``."""

    def __init__(
        self,
        *,
        default: Any = _REQUIRED,
        factory: Callable[[], Any] | None = None,
        repr: bool = True,  # noqa: A002 - the name attrs gives it
        eq: bool = True,
        order: bool = True,
    ) -> None:
        self.default, self.factory = default, factory
        self.repr, self.eq, self.order = repr, eq, eq and order

    def of_attrs(self, attr: Any, kind: object) -> object:
        """Return the same for attrs."""
        what = {"repr": self.repr, "eq": self.eq, "order": self.order, "type": kind}
        if self.factory is not None:
            return attr.ib(factory=self.factory, **what)
        return attr.ib(**what) if self.default is _REQUIRED else attr.ib(default=self.default, **what)


class _Description:
    """Describes a class to attrs, by a class of attrs' own with the same fields, made when attrs first asks."""

    def __get__(self, _value: object, owner: Any) -> object:
        import attr  # noqa: PLC0415 - what this module is there to put off

        fields = {name: one.of_attrs(attr, owner.__annotations__[name]) for name, one in owner.fields_.items()}
        described = attr.make_class(owner.__name__, fields, kw_only=True, frozen=True)
        owner.__attrs_attrs__ = attr.fields(described)
        return owner.__attrs_attrs__


class _Value:
    """What all values do; their classes say which fields take part."""

    __slots__ = ()
    __match_args__ = ()
    __attrs_attrs__ = _Description()

    fields_: ClassVar[dict[str, _Field]]
    compared_: ClassVar[attrgetter[Any]]

    def __eq__(self, other: object) -> bool:
        return self.compared_(self) == self.compared_(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self) -> int:
        return hash(self.compared_(self))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name, one in self.fields_.items() if one.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __setattr__(self, _name: str, _value: object) -> None:
        from attrs.exceptions import FrozenInstanceError  # noqa: PLC0415 - code that is right never needs it

        raise FrozenInstanceError

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __getstate__(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.fields_}

    def __setstate__(self, state: dict[str, object]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def __replace__(self, **changes: object) -> object:
        return type(self)(**self.__getstate__() | changes)


class _Ordered(_Value):
    """What values do that have an order."""

    __slots__ = ()

    ordered_: ClassVar[attrgetter[Any]]

    def __lt__(self, other: object) -> bool:
        return self.ordered_(self) < self.ordered_(other) if other.__class__ is self.__class__ else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.ordered_(self) <= self.ordered_(other) if other.__class__ is self.__class__ else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.ordered_(self) > self.ordered_(other) if other.__class__ is self.__class__ else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.ordered_(self) >= self.ordered_(other) if other.__class__ is self.__class__ else NotImplemented


def _frozen(*, kw_only: bool, order: bool = False) -> Callable[[type], type]:
    """Make a class of frozen values with slots, as ``attrs.frozen`` does; it has no base and uses no ``super()``."""
    assert kw_only, "values are made with keywords"
    return lambda declared: _made(declared, _Ordered if order else _Value)


def _made(declared: type, base: type) -> type:
    space = {name: member for name, member in vars(declared).items() if name not in ("__dict__", "__weakref__")}
    fields: dict[str, _Field] = {}
    for name in declared.__annotations__:
        default = space.pop(name, _REQUIRED)
        fields[name] = default if isinstance(default, _Field) else _Field(default=default)
    space |= {"__slots__": (*fields, "__weakref__"), "fields_": fields}
    space["compared_"] = attrgetter(*(name for name, one in fields.items() if one.eq))
    space["ordered_"] = attrgetter(*(name for name, one in fields.items() if one.order))
    made: Any = type(declared.__name__, (base,), space)
    made.__init__ = _constructor(made)
    return made  # type: ignore[no-any-return]


def _constructor(made: Any) -> Callable[..., None]:
    """Write the constructor out: it runs for every value."""
    names: dict[str, Any] = {"absent": _REQUIRED}
    parameters, lines = [], []
    for name, one in made.fields_.items():
        names |= {f"set_{name}": vars(made)[name].__set__, f"default_{name}": one.default, f"new_{name}": one.factory}
        value = name
        if one.factory is not None:
            parameters.append(f"{name}=absent")
            value = f"new_{name}() if {name} is absent else {name}"
        else:
            parameters.append(name if one.default is _REQUIRED else f"{name}=default_{name}")
        lines.append(f"    set_{name}(self, {value})")
    if hasattr(made, "__attrs_post_init__"):
        lines.append("    self.__attrs_post_init__()")
    exec("\n".join([f"def __init__(self, *, {', '.join(parameters)}):", *lines]), names)  # noqa: S102 - our own text
    constructor = names["__init__"]
    constructor.__qualname__ = f"{made.__qualname__}.__init__"
    return constructor  # type: ignore[no-any-return]


if not TYPE_CHECKING:
    field, frozen = _Field, _frozen
