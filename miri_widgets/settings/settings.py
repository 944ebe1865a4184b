"""
Settings as one immutable, validated value.

`Settings` are a user's departures from the declared defaults, with the source
of each one; changing them gives a new value, so that undo is keeping the old.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.former_parameters import successor
from miri_widgets.settings.parameter import Parameter

__all__ = ["Effective", "Settings", "Source"]


class Source(StrEnum):
    """Where an effective value comes from, weakest first."""

    SPEC = "spec"
    CRDS = "CRDS"
    PRESET = "preset"
    PROGRAM = "program"
    USER = "user"


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
