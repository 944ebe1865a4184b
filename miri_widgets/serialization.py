"""
Values as plain data and back: what records, job files, plans and indices hold on disk.

The fields of a dataclass are its schema. They are written as they stand and checked where they are read, once:
inside of the package a value is trusted.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

import cattrs
from cattrs.gen import make_dict_structure_fn
from cattrs.strategies import use_class_methods

__all__ = ["Serializable"]


class Serializable:
    """Gives a dataclass its plain form. A field that has a form of its own has `_to_plain` and `_from_plain`."""

    _newer_fields_left_out: ClassVar[bool] = True

    def to_dict(self) -> dict[str, Any]:
        """Return plain values by field, in the order of the fields."""
        plain: dict[str, Any] = _converter().unstructure(self)
        return plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """
        Return the value of plain data.

        Parameters
        ----------
        values : mapping
            As `to_dict` gives it, also from JSON. Fields of newer versions are left out, those that older
            versions did not have take their defaults.

        Raises
        ------
        ValueError
            If a field is missing or of another type: which, and what was expected.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f"{str(values)[:60]!r} is not a table of values")
        try:
            return _converter().structure(values, cls)
        except cattrs.BaseValidationError as error:
            problems = cattrs.transform_error(error, format_exception=_problem)
            parts = (problem.partition(" @ $") for problem in problems[:3])
            sentences = (f"{field.lstrip('.')}: {what}" if field else what for what, _, field in parts)
            raise ValueError("; ".join(sentences)) from error

    def _check(self) -> None:
        """Raise ValueError for what plain data must not say, though its types are right; called when it is read."""


_ACCEPTED: Mapping[type, tuple[tuple[type, ...], str]] = {
    str: ((str,), "text"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    Path: ((str, Path), "a path"),
}
"""What plain data may hold for a field of each type, and what that is called."""


class _WrongTypeError(ValueError):
    """A value is not of the type of its field."""


@cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(unstruct_collection_overrides={tuple: list})
    for kind in _ACCEPTED:
        converter.register_structure_hook(kind, _checked)
    # enumerations of texts are written as their values, as all others are
    converter.register_unstructure_hook(StrEnum, operator.attrgetter("value"))
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook_factory(_is_serializable, _read_and_checked)
    use_class_methods(converter, "_from_plain", "_to_plain")
    return converter


def _is_serializable(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Serializable)


def _read_and_checked(
    kind: type[Serializable], converter: cattrs.Converter
) -> Callable[[Any, Any], Serializable]:
    read = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=not kind._newer_fields_left_out)

    def structure(values: Any, kind: Any) -> Serializable:
        result = read(values, kind)
        result._check()
        return result

    return structure


def _checked(value: Any, kind: type[Any]) -> Any:
    if issubclass(kind, Enum):
        if value not in list(kind):
            raise _WrongTypeError(
                f"{str(value)[:60]!r} is none of {', '.join(str(member.value) for member in kind)}"
            )
        return kind(value)
    accepted, name = _ACCEPTED[kind]
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise _WrongTypeError(f"{str(value)[:60]!r} is not {name}")
    return kind(value)


def _problem(error: BaseException, kind: type | None) -> str:
    if isinstance(error, KeyError):
        return "it is missing"
    return (
        str(error) if type(error) in (ValueError, _WrongTypeError) else cattrs.v.format_exception(error, kind)
    )
