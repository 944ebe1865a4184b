"""Which functions of the pipeline are replaced, against which source, and by what."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from miri_widgets.errors import ParameterError

__all__ = [
    "ACCELERATIONS",
    "SWITCH",
    "Acceleration",
    "State",
    "accelerated",
    "acceleration_states",
    "switched_off",
]

SWITCH = "MIRI_WIDGETS_ACCELERATION_OFF"
"""Environment variable: names that are switched off, separated by commas; ``all`` for every one."""


class State(StrEnum):
    """Whether an acceleration acts."""

    ON = "on"
    OFF = "off"
    OTHER_SOURCE = "stock: the installed source is not the one that it was proven against"
    MISSING = "stock: there is no such function in the installed package"


@dataclass(frozen=True)
class Acceleration:
    """
    One replaced function.

    Attributes
    ----------
    name : str
        By which it is switched off and recorded.
    target : str
        ``module:function`` that is replaced.
    source : str
        SHA-256 of the source of the function, its decorators included, against which it was proven.
    replacement : str
        ``module:function`` of this package; takes and returns the same.
    reason : str
        What is slow in the stock function.
    """

    name: str
    target: str
    source: str
    replacement: str
    reason: str

    def stock(self) -> tuple[ModuleType, str, Any]:
        """Return module, name and function as installed."""
        module_name, _, name = self.target.partition(":")
        module = import_module(module_name)
        return module, name, getattr(module, name)

    def state(self) -> State:
        """Tell whether the installed source is the proven one; nothing is imported."""
        source = _installed_source(self.target)
        if source is None:
            return State.MISSING
        return State.ON if hashlib.sha256(source.encode()).hexdigest() == self.source else State.OTHER_SOURCE


def _installed_source(target: str) -> str | None:
    """Return the source of ``module:function`` from its file; None where there is none."""
    module, _, name = target.partition(":")
    package, *inner = module.split(".")
    try:
        # the parents of a submodule are imported by find_spec; the top of a package is not
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*inner).with_suffix(".py") if inner else Path(spec.origin)
    try:
        text = path.read_text(encoding="utf-8")
        body = ast.parse(text).body
    except (OSError, ValueError, SyntaxError):
        return None
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "".join(text.splitlines(keepends=True)[first - 1 : node.end_lineno])
    return None


ACCELERATIONS = (
    Acceleration(
        "emi_correction",
        "jwst.emicorr.emicorr:emicorr_refwave",
        "b7804186843d6fa8e061571447bdbe3df1f1f9a2f84716a78c3ef72b031e1763",
        "miri_widgets.steps.acceleration.emi_correction:emicorr_refwave",
        "sums a million pixels by phase in a loop of Python",
    ),
    Acceleration(
        "jump_medians",
        "stcal.jump.twopoint_difference:run_jump_detection",
        "aff14c0449d34cbe608f06c0d6e5586cf1a484d773febd75e0477fc32e16e56c",
        "miri_widgets.steps.acceleration.jump_medians:run_jump_detection",
        "takes medians of rows by masked arrays",
    ),
    Acceleration(
        "jump_clipped_medians",
        "stcal.jump.twopoint_difference:calc_med_first_diffs",
        "ac5a30c85044b75316181001a4c04457d86d8bd2575ab2b213f08d4906195ba7",
        "miri_widgets.steps.acceleration.jump_medians:calc_med_first_diffs",
        "takes medians by masked arrays",
    ),
    Acceleration(
        "schema_loading",
        "asdf.schema:_make_schema_loader",
        "faaf19e1cd3230bdb08e1c899e5cee25d3bfd9c830c6137e87b3f91a21335070",
        "miri_widgets.steps.acceleration.schema_loading:make_schema_loader",
        "parses the same schemas from YAML for every file",
    ),
)
"""In the order in which they act."""


def switched_off() -> tuple[str, ...]:
    """Return the names that the environment variable `SWITCH` switches off, sorted."""
    return tuple(sorted({name.strip() for name in os.environ.get(SWITCH, "").split(",")} - {""}))


def acceleration_states(
    off: Collection[str] = (), *, known: Sequence[Acceleration] = ACCELERATIONS
) -> dict[str, State]:
    """
    Tell which accelerations would act here.

    Parameters
    ----------
    off : collection of str, optional
        Names that are switched off, beside those of the environment variable `SWITCH`; ``all`` for every one.
    known : sequence of Acceleration, optional
        Those that there are.

    Returns
    -------
    dict of str to State
        By name.

    Raises
    ------
    ParameterError
        If a name is none of `known`.
    """
    unwanted = {*off, *switched_off()}
    names = [acceleration.name for acceleration in known]
    for name in sorted(unwanted - {*names, "all"}):
        raise ParameterError(
            f"no acceleration is called {name[:60]!r}",
            f"all or one of {', '.join(names)}",
            "correct the name",
        )
    return {
        acceleration.name: State.OFF if unwanted & {acceleration.name, "all"} else acceleration.state()
        for acceleration in known
    }


@contextmanager
def accelerated(
    off: Collection[str] = (), *, known: Sequence[Acceleration] = ACCELERATIONS
) -> Iterator[dict[str, State]]:
    """
    Replace the slow functions as long as the context lasts.

    Parameters
    ----------
    off : collection of str, optional
        Names that are switched off; see `acceleration_states`.
    known : sequence of Acceleration, optional
        Those that there are.

    Yields
    ------
    dict of str to State
        By name; those that are `State.ON` act.

    Notes
    -----
    Functions are replaced in their module, for the whole process: this is for processes that do one run.
    """
    states = acceleration_states(off, known=known)
    replaced: list[tuple[ModuleType, str, Any]] = []
    try:
        for acceleration in known:
            if states[acceleration.name] is State.ON:
                module, name, function = acceleration.stock()
                owner, _, own_name = acceleration.replacement.partition(":")
                setattr(module, name, getattr(import_module(owner), own_name))
                replaced.append((module, name, function))
        yield states
    finally:
        for module, name, function in reversed(replaced):
            setattr(module, name, function)
