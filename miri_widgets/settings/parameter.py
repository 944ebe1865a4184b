"""A parameter as a step declares it once: name, kind, bounds, default, words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.option_numbers import decimal_number
from miri_widgets.serialization import Serializable

__all__ = ["Kind", "Parameter"]


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
