"""Conditions under which parameters act: small values that are declared once and evaluated on effective values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = [
    "Condition",
    "Holds",
    "Rule",
    "above",
    "absent",
    "given",
    "is_not",
    "never",
    "not_ending",
    "rule",
    "value",
]


class Holds(StrEnum):
    """How a condition compares the deciding parameter."""

    IS = "is"
    IS_NOT = "is not"
    GIVEN = "given"
    ABSENT = "absent"
    ABOVE = "above"
    NOT_ENDING = "not ending"
    NEVER = "never"


@dataclass(frozen=True)
class Condition:
    """
    One condition on the effective value of another parameter.

    Attributes
    ----------
    holds : Holds
        The comparison.
    parameter : str
        The deciding parameter: its label within the step of the rule, or its full name when it has a dot; empty for
        ``Holds.NEVER``.
    values : tuple
        What it is compared with.
    """

    holds: Holds
    parameter: str = ""
    values: tuple[Any, ...] = ()

    def is_met(self, effective: Any) -> bool:
        """
        Return whether the condition is met by the effective value of the deciding parameter.

        Parameters
        ----------
        effective : object
            Effective value of the parameter.
        """
        empty = effective is None or effective in ("", "None", (), [])
        match self.holds:
            case Holds.IS:
                return self._is_listed(effective)
            case Holds.IS_NOT:
                return not self._is_listed(effective)
            case Holds.GIVEN:
                return not empty
            case Holds.ABSENT:
                return bool(empty)
            case Holds.ABOVE:
                return isinstance(effective, int | float) and effective > self.values[0]
            case Holds.NOT_ENDING:
                return not str(effective).strip().lower().endswith(self.values)
        return False

    def _is_listed(self, effective: Any) -> bool:
        """Return whether a value is one of `values`; names are equal in capital and small letters."""
        if isinstance(effective, str):
            return effective.strip().lower() in [str(value).lower() for value in self.values]
        return effective in self.values

    def phrase(self, name: str) -> str:
        """
        Return the condition as words that complete "acts only when ..."; `name` is the deciding parameter.

        Parameters
        ----------
        name : str
            Name of the deciding parameter.
        """
        listed = " or ".join(_shown(value) for value in self.values)
        return {
            Holds.IS: f"{name} is {listed}",
            Holds.IS_NOT: f"{name} is not {listed}",
            Holds.GIVEN: f"{name} is given",
            Holds.ABSENT: f"{name} is not given",
            Holds.ABOVE: f"{name} is above {listed}",
            Holds.NOT_ENDING: f"the name of {name} does not end in {listed}",
            Holds.NEVER: "",
        }[self.holds]


@dataclass(frozen=True)
class Rule:
    """
    When some parameters of a step act.

    Attributes
    ----------
    names : tuple of str
        Labels of the parameters within the step.
    any_of : tuple of Condition
        They act when one of these is met. Several rules for one parameter must all allow it.
    note : str
        A sentence beside the reason; for ``Holds.NEVER``, the reason itself.
    """

    names: tuple[str, ...]
    any_of: tuple[Condition, ...]
    note: str = ""

    def reason(self, step: str, values: Mapping[str, Any]) -> str:
        """
        Return why the parameters do not act, as a sentence; empty when they do.

        Parameters
        ----------
        step : str
            The step that owns them, empty for those of a single step or of the pipeline itself.
        values : mapping
            Effective values by full name.
        """
        names = [_full(step, condition.parameter) for condition in self.any_of]
        met = (condition.is_met(values.get(name)) for condition, name in zip(self.any_of, names, strict=True))
        if any(met):
            return ""
        if all(condition.holds == Holds.NEVER for condition in self.any_of):
            return self.note
        within = [_within(step, name) for name in names]
        text = " or ".join(
            condition.phrase(name) for condition, name in zip(self.any_of, within, strict=True)
        )
        currently = " and ".join(
            f"{name} is {_shown(values.get(full))}"
            for name, full in dict(zip(within, names, strict=True)).items()
        )
        bare = all(condition.holds in (Holds.GIVEN, Holds.ABSENT) for condition in self.any_of)
        return f"Acts only when {text}{'' if bare else f'; now {currently}'}. {self.note}".strip()


def _full(step: str, name: str) -> str:
    return name if "." in name or not step else f"{step}.{name}"


def _within(step: str, name: str) -> str:
    return name.removeprefix(f"{step}.") if step else name


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None or value == "":
        return "not given"
    return f"{value:g}" if isinstance(value, float) else str(value)


def value(parameter: str, *values: Any) -> Condition:
    """
    Return the condition that a parameter has one of `values`.

    Parameters
    ----------
    parameter : str
        Full name of the parameter, or its name within the step.
    *values : object
        Values that meet the condition.
    """
    return Condition(Holds.IS, parameter, values)


def is_not(parameter: str, *values: Any) -> Condition:
    """
    Return the condition that a parameter has none of `values`.

    Parameters
    ----------
    parameter : str
        Full name of the parameter, or its name within the step.
    *values : object
        Values that do not meet the condition.
    """
    return Condition(Holds.IS_NOT, parameter, values)


def given(parameter: str) -> Condition:
    """
    Return the condition that a parameter is given.

    Parameters
    ----------
    parameter : str
        Full name of the parameter, or its name within the step.
    """
    return Condition(Holds.GIVEN, parameter)


def absent(parameter: str) -> Condition:
    """
    Return the condition that a parameter is not given.

    Parameters
    ----------
    parameter : str
        Full name of the parameter, or its name within the step.
    """
    return Condition(Holds.ABSENT, parameter)


def above(parameter: str, limit: float) -> Condition:
    """
    Return the condition that a parameter is above `limit`.

    Parameters
    ----------
    parameter : str
        Full name of the parameter, or its name within the step.
    limit : float
        Values above it meet the condition.
    """
    return Condition(Holds.ABOVE, parameter, (limit,))


def not_ending(parameter: str, *endings: str) -> Condition:
    """
    Return the condition that a parameter names a file that does not end in one of `endings`, in small letters.

    Parameters
    ----------
    parameter : str
        Full name of the parameter, or its name within the step.
    *endings : str
        Endings in small letters.
    """
    return Condition(Holds.NOT_ENDING, parameter, endings)


def rule(any_of: Condition | tuple[Condition, ...], names: str, note: str = "") -> Rule:
    """
    Return the rule that parameters act when a condition, or one of several, is met.

    Parameters
    ----------
    any_of : Condition or tuple of Condition
        The conditions.
    names : str
        Labels of the parameters, separated by spaces.
    note : str
        A sentence beside the reason.
    """
    return Rule(tuple(names.split()), any_of if isinstance(any_of, tuple) else (any_of,), note)


def never(names: str, reason: str) -> Rule:
    """
    Return the rule that parameters never act on MIRI imaging.

    Parameters
    ----------
    names : str
        Labels of the parameters, separated by spaces.
    reason : str
        Why, as a sentence.
    """
    return Rule(tuple(names.split()), (Condition(Holds.NEVER),), reason)
