"""Enumerations that cost little: what `enum` offers of `IntEnum` and `StrEnum`, as the registry uses it.

The registry has 60 enumerations. `enum` takes longer to make them than the whole of the
dependencies takes to import, and hashes and reads its members by running Python code, several times
a message. Here a member is an `int` or `str` with two attributes.

- A member is one immutable object with `name` and `value`; it equals, hashes, sorts and prints
  as its value does, as those of `enum.IntEnum` and `enum.StrEnum` do.
- ``Kind(80)`` and ``Kind["RECEIPT"]`` give members; a class has a length, iterates in the order of its
  definition, and has `__members__`. A value that is none raises `ValueError`.
- To a type checker these are those of `enum`.

Not here: aliases, flags, `auto`; a member is no instance of `enum.Enum`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn


class _Enumeration(type):
    """The type of enumerations: makes their members, and finds them."""

    _by_name: dict[str, Any]
    _by_value: dict[Any, Any]

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _Enumeration:
        made = super().__new__(cls, name, bases, namespace)
        values = {key: value for key, value in namespace.items() if key.isupper()}
        made._by_name = {key: _member(made, key, value) for key, value in values.items()}
        made._by_value = {member.value: member for member in made._by_name.values()}
        for key, member in made._by_name.items():
            setattr(made, key, member)
        return made

    def __call__(cls, value: object) -> Any:
        try:
            return cls._by_value[value]
        except (KeyError, TypeError):
            raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

    def __getitem__(cls, name: str) -> Any:
        return cls._by_name[name]

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._by_name.values())

    def __len__(cls) -> int:
        return len(cls._by_name)

    def __contains__(cls, value: object) -> bool:
        return value in cls._by_name.values()

    @property
    def __members__(cls) -> Mapping[str, Any]:
        return MappingProxyType(cls._by_name)

    def __repr__(cls) -> str:
        return f"<enum {cls.__name__!r}>"


def _member(enumeration: type, name: str, value: Any) -> Any:
    member: Any = type(value).__new__(enumeration, value)
    vars(member).update(name=name, value=value)
    return member


class _Member:
    """What members of both types have."""

    name: str
    value: Any

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __reduce__(self) -> tuple[type, tuple[Any]]:
        return type(self), (self.value,)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self.name}: {self.value!r}>"


class _IntMember(_Member, int, metaclass=_Enumeration):
    __str__ = int.__repr__


class _StrMember(_Member, str, metaclass=_Enumeration):
    __str__ = str.__str__


if TYPE_CHECKING:
    from enum import IntEnum, StrEnum
else:
    IntEnum, StrEnum = _IntMember, _StrMember

__all__ = ["IntEnum", "StrEnum"]
