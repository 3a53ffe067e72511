"""`NamedTuple` whose classes cost little: each is completed when its first tuple is made.

The library has 65 named tuples, and `typing.NamedTuple` compiles a constructor and every annotation of
each: a third of the whole import, for classes of which a process uses a few. A class of this one takes
what `collections.namedtuple` makes when it is first called, and is then the same. To a type
checker it is `typing.NamedTuple`.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self

_STANDARD: Final[Callable[..., type]] = namedtuple
"""The standard library's maker, for names that no type checker can know."""


class _NamedTupleType(type):
    """Takes the fields and their defaults from the annotations of a class."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _NamedTupleType:
        fields = tuple(namespace.get("__annotations__", ()))
        defaults = {field: namespace[field] for field in fields if field in namespace}
        added = {"__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults}
        return super().__new__(cls, name, bases, {**namespace, **added})


class _NamedTuple(tuple[Any, ...], metaclass=_NamedTupleType):
    _fields: tuple[str, ...]
    _field_defaults: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        _complete(cls)
        return cls(*args, **kwargs)

    @classmethod
    def _make(cls, values: Any) -> Self:
        _complete(cls)
        return cls._make(values)


def _complete(cls: type[_NamedTuple]) -> None:
    """Give a class what the standard library makes for it, in the place of the two methods above."""
    defaults = [*cls._field_defaults.values()]
    made = _STANDARD(cls.__name__, cls._fields, defaults=defaults)
    for name, value in vars(made).items():
        if name in cls._fields or name not in vars(cls):
            setattr(cls, name, value)


if TYPE_CHECKING:
    from typing import NamedTuple
else:
    NamedTuple = _NamedTuple

__all__ = ["NamedTuple"]
