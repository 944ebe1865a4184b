"""
Parameters as declared, and settings as one immutable, validated value.

A `Parameter` is what a step declares once (name, kind, bounds, default, words).
`Settings` are a user's departures from the declared defaults, with the source
of each one; changing them gives a new value, so that undo is keeping the old.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.former_parameters import successor
from miri_widgets.option_numbers import decimal_number
from miri_widgets.serialization import Serializable

__all__ = ["Effective", "Kind", "Parameter", "Settings", "Source"]


class Kind(StrEnum):
    """What values a parameter takes."""

    FLOAT = "float"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    STRING = "string"
    CHOICE = "choice"
    LIST = "list"
    FLOAT_LIST = "float_list"
    INTEGER_LIST = "integer_list"


class Source(StrEnum):
    """Where an effective value comes from, weakest first."""

    SPEC = "spec"
    CRDS = "CRDS"
    PRESET = "preset"
    PROGRAM = "program"
    USER = "user"


@dataclass(frozen=True)
class Parameter(Serializable):
    """
    One parameter as its step declares it.

    Attributes
    ----------
    name : str
        ``step.parameter`` (``jump.rejection_threshold``), or the bare name
        for a parameter of the pipeline itself.
    kind : Kind
        What values it takes.
    default : object
        The declared default; None when the step decides at run time.
    low, high : float or None
        Inclusive bounds of a number (of each item of a list of numbers).
    choices : tuple of str
        The words allowed, for ``Kind.CHOICE``.
    optional : bool
        Whether None may be given.
    unit : str
        Unit of the value, empty when it has none or the declaration is silent.
    doc : str
        What it does, in the words of the declaration.
    minimum_items, maximum_items : int or None
        Allowed length of a list.
    """

    name: str
    kind: Kind
    default: Any = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    unit: str = ""
    doc: str = ""
    minimum_items: int | None = None
    maximum_items: int | None = None

    @property
    def step(self) -> str:
        """The step that owns the parameter; empty for the pipeline itself."""
        return self.name.rpartition(".")[0]

    @property
    def label(self) -> str:
        """The name without its step."""
        return self.name.rpartition(".")[2]

    @property
    def takes_empty(self) -> bool:
        """Whether an emptied control gives an empty text or list; else it gives None."""
        return self.default == () or (self.kind == Kind.STRING and self.default is not None)

    def check(self, value: Any) -> Any:
        """
        Return `value` in the declared kind.

        Parameters
        ----------
        value : object
            A value or its text, as a form, a TOML file or Python gives it.

        Raises
        ------
        ParameterError
            If the value has the wrong kind, is out of bounds or not a choice.
        """
        if value is None or (isinstance(value, str) and value.strip() == "None" and self.kind != Kind.STRING):
            if self.optional or self.default is None:
                return None
            raise self._error(value)
        if self.kind in (Kind.LIST, Kind.FLOAT_LIST, Kind.INTEGER_LIST):
            return self._check_list(value)
        return self._check_item(value, self.kind)

    def _check_item(self, value: Any, kind: Kind) -> Any:
        if kind == Kind.BOOLEAN:
            choices = {"true": True, "false": False}
            if isinstance(value, str) and value.strip().lower() in choices:
                return choices[value.strip().lower()]
            if isinstance(value, bool):
                return value
            raise self._error(value)
        if kind == Kind.CHOICE:
            if str(value) in self.choices:
                return str(value)
            raise self._error(value)
        if kind == Kind.STRING:
            if isinstance(value, str):
                return value
            raise self._error(value)
        return self._check_number(value, kind)

    def _check_number(self, value: Any, kind: Kind) -> float | int:
        if isinstance(value, bool):
            raise self._error(value)
        try:
            number = decimal_number(value) if isinstance(value, str) else float(value)
        except (TypeError, ValueError):
            raise self._error(value) from None
        if kind == Kind.INTEGER and (not math.isfinite(number) or number != int(number)):
            raise self._error(value)
        low_ok = self.low is None or number >= self.low
        high_ok = self.high is None or number <= self.high
        if math.isnan(number) or not (low_ok and high_ok):
            raise self._error(value)
        return int(number) if kind == Kind.INTEGER else number

    def _check_list(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, str):
            value = [part.strip() for part in value.strip("[]() ").split(",") if part.strip()]
        if not isinstance(value, Iterable) or isinstance(value, Mapping):
            raise self._error(value)
        item_kind = {Kind.FLOAT_LIST: Kind.FLOAT, Kind.INTEGER_LIST: Kind.INTEGER}.get(self.kind)
        items = tuple(item if item_kind is None else self._check_number(item, item_kind) for item in value)
        too_few = self.minimum_items is not None and len(items) < self.minimum_items
        too_many = self.maximum_items is not None and len(items) > self.maximum_items
        if too_few or too_many:
            raise self._error(value)
        return items

    def expected(self) -> str:
        """Return what values are allowed, as words that complete "expected ..."."""
        texts = {
            Kind.FLOAT: "a number",
            Kind.INTEGER: "a whole number",
            Kind.BOOLEAN: "true or false",
            Kind.STRING: "text",
            Kind.LIST: "a list",
            Kind.FLOAT_LIST: "a list of numbers",
            Kind.INTEGER_LIST: "a list of whole numbers",
            Kind.CHOICE: "one of " + ", ".join(self.choices),
        }[self.kind]
        if self.low is not None and self.high is not None:
            texts += f" from {self.low:g} to {self.high:g}"
        elif self.low is not None:
            texts += f" of at least {self.low:g}"
        elif self.high is not None:
            texts += f" of at most {self.high:g}"
        if self.minimum_items is not None and self.minimum_items == self.maximum_items:
            texts += f" with {self.minimum_items} items"
        if self.unit:
            texts += f" in {self.unit}"
        return texts + (" or None" if self.optional else "")

    def entry(self) -> str:
        """Return what may be typed into a control, as words that complete "Enter ..."."""
        unit = f" {'σ' if self.unit == 'sigma' else self.unit}" if self.unit else ""
        if self.kind in (Kind.FLOAT, Kind.INTEGER):
            kind = "a whole number" if self.kind == Kind.INTEGER else "a number"
            if self.low is not None and self.high is not None:
                whole = "a whole number, " if self.kind == Kind.INTEGER else ""
                return f"{whole}{self.low:g}–{self.high:g}{unit}"
            if self.low is not None:
                return f"{kind} of at least {self.low:g}{unit}"
            return f"{kind} of at most {self.high:g}{unit}" if self.high is not None else f"{kind}{unit}"
        return self.expected().removesuffix(" or None")

    def entry_problem(self, value: Any) -> str:
        """
        Return why what was typed into a control is not allowed, as a sentence; empty when it is allowed.

        Parameters
        ----------
        value : object
            The text, or the value of the control.
        """
        typed = str("" if value is None else value).strip()
        try:
            self.check(None if typed == "" and not self.takes_empty else value)
        except ParameterError:
            back = "" if self.default is None else ", or go back to the default with ↺"
            return f"{self._what_is_wrong(typed)} Enter {self.entry()}{back}."
        return ""

    def _what_is_wrong(self, typed: str) -> str:
        shown = f'"{typed[:60]}"'
        if not typed:
            return "Nothing is entered."
        if self.kind not in (Kind.FLOAT, Kind.INTEGER):
            return f"{shown} is not allowed."
        try:
            number = decimal_number(typed)
        except ValueError:
            return f"{shown} is not a number{' (write a decimal point)' if ',' in typed else ''}."
        if math.isnan(number):
            return f"{shown} is not a number."
        if self.kind == Kind.INTEGER and not (math.isfinite(number) and number == int(number)):
            return f"{shown} is not a whole number."
        return f"{shown} is out of range."

    def _error(self, value: Any) -> ParameterError:
        return ParameterError(
            f"{self.name} = {str(value)[:80]!r}", self.expected(), f"give {self.name} such a value"
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Parameter:
        """
        Return the parameter of plain data; a default that is a list becomes a tuple.

        Parameters
        ----------
        values : mapping
            Plain values, as `to_dict` gives them.
        """
        default = values.get("default")
        return super().from_dict(
            {**values, "default": tuple(default) if isinstance(default, list) else default}
        )


@dataclass(frozen=True)
class Effective:
    """A value as it will act, and where it comes from."""

    value: Any
    source: Source


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


class _Validated(Mapping[str, Any]):
    """Values of one source that the parameters beside them have validated: they are not validated again."""

    def __init__(self, declared: tuple[Parameter, ...], values: Mapping[str, Any]) -> None:
        self.declared = declared
        self._values = dict(sorted(values.items()))

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


@dataclass(frozen=True, eq=False)
class Settings(Mapping[str, Any]):
    """
    Immutable values of a stage's parameters, each with its source.

    Reading (``settings["jump.rejection_threshold"]``) gives the effective
    value: user over program over preset over CRDS over spec.

    Parameters
    ----------
    declared : iterable of Parameter
        Every parameter that the stage has.
    layers : mapping of Source to mapping of str to object
        Values per source; each is checked against its declaration.

    Raises
    ------
    ParameterError
        If a name is not declared or a value is not allowed.
    """

    declared: tuple[Parameter, ...]
    layers: Mapping[Source, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "declared", tuple(self.declared))
        by_name = {parameter.name: parameter for parameter in self.declared}
        checked: dict[Source, Mapping[str, Any]] = {}
        for source in Source:
            values = self.layers.get(source)
            if values and isinstance(values, _Validated) and values.declared is self.declared:
                checked[source] = values
            elif values:
                checked[source] = _Validated(
                    self.declared,
                    {name: self._find(by_name, name).check(value) for name, value in values.items()},
                )
        object.__setattr__(self, "layers", MappingProxyType(checked))
        object.__setattr__(self, "_by_name", by_name)

    @staticmethod
    def _find(by_name: Mapping[str, Parameter], name: str) -> Parameter:
        if name in by_name:
            return by_name[name]
        if remedy := successor(name):
            raise ParameterError(
                f"the parameter {name[:80]!r}, which this version of jwst does not have",
                "one of now",
                remedy,
            )
        label = name.rpartition(".")[2]
        near = [known for known in by_name if known.rpartition(".")[2] == label] or sorted(by_name)[:3]
        raise ParameterError(
            f"the parameter {name[:80]!r}",
            "a parameter that the stage declares, such as " + ", ".join(near[:3]),
            "correct the name",
        )

    def parameter(self, name: str) -> Parameter:
        """
        Return the declaration of `name`; ParameterError when there is none.

        Parameters
        ----------
        name : str
            Full name of the parameter.
        """
        return self._find(self._by_name, name)  # type: ignore[attr-defined]

    def effective(self, name: str) -> Effective:
        """
        Return the value of `name` that acts, and its source.

        Parameters
        ----------
        name : str
            Full name of the parameter.
        """
        parameter = self.parameter(name)
        for source in reversed(Source):
            if name in self.layers.get(source, {}):
                return Effective(self.layers[source][name], source)
        return Effective(parameter.default, Source.SPEC)

    def replace(self, changes: Mapping[str, Any] | None = None, /, **named: Any) -> Settings:
        """
        Return settings with the user's values changed.

        Parameters
        ----------
        changes : mapping of str to object
            Values by full name.
        **named
            Values by name, for names without a dot.
        """
        kept = self.layers.get(Source.USER, {})
        changed = self.with_layer(Source.USER, {**(changes or {}), **named}).layers.get(Source.USER, {})
        return self._with_validated(Source.USER, {**kept, **changed})

    def without(self, *names: str) -> Settings:
        """
        Return settings with the user's values of `names` forgotten; of all when none is named.

        Parameters
        ----------
        *names : str
            Full names of parameters.
        """
        user = {
            name: value
            for name, value in self.layers.get(Source.USER, {}).items()
            if names and name not in names
        }
        return self._with_validated(Source.USER, user)

    def with_layer(self, source: Source, values: Mapping[str, Any]) -> Settings:
        """
        Return settings with all values of one source replaced.

        Parameters
        ----------
        source : Source
            Where the values come from.
        values : mapping
            Values by full name.
        """
        return Settings(self.declared, {**self.layers, source: dict(values)})

    def _with_validated(self, source: Source, values: Mapping[str, Any]) -> Settings:
        return Settings(self.declared, {**self.layers, source: _Validated(self.declared, values)})

    def passed(self) -> dict[str, Any]:
        """
        Return what has to be handed to the pipeline, by full name.

        Spec and CRDS values are left out: the pipeline applies them itself.
        """
        merged: dict[str, Any] = {}
        for source in (Source.PRESET, Source.PROGRAM, Source.USER):
            merged.update(self.layers.get(source, {}))
        return {name: _plain(value) for name, value in sorted(merged.items())}

    @property
    def user(self) -> dict[str, Any]:
        """The user's own values, by full name."""
        return {name: _plain(value) for name, value in self.layers.get(Source.USER, {}).items()}

    def __getitem__(self, name: str) -> Any:
        return self.effective(name).value

    def __iter__(self) -> Iterator[str]:
        return (parameter.name for parameter in self.declared)

    def __len__(self) -> int:
        return len(self.declared)

    def _identity(self) -> str:
        layers = {source: {n: _plain(v) for n, v in values.items()} for source, values in self.layers.items()}
        return json.dumps(layers, sort_keys=True, default=str)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Settings):
            return NotImplemented
        return self.declared == other.declared and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return f"Settings({len(self.declared)} parameters, passed={self.passed()})"
