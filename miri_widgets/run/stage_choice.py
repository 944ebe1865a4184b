"""Which stages of a program can take part, and in which order those that do run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.products.program import Program
from miri_widgets.steps.stages import stages_from

__all__ = ["chain_of", "possible_stages", "require_possible", "unknown_stages"]


def possible_stages(program: Program, stages: Sequence[Any]) -> tuple[str, ...]:
    """
    Return the names of the stages that can take part, in running order.

    Parameters
    ----------
    program : Program
        Tells with which products the chain begins and, of a small dashboard, which stages it is about.
    stages : sequence of Stage
        All stages, in running order.
    """
    usable = set(stages_from(program.start, stages))
    only = set(program.chain) & usable or usable
    return tuple(stage.name for stage in stages if stage.name in only)


def chain_of(program: Program, stages: Sequence[Any], optional: Iterable[str]) -> tuple[str, ...]:
    """
    Return the names of the stages that take part, in running order.

    Parameters
    ----------
    program : Program
        The program.
    stages : sequence of Stage
        Stages that exist, in running order.
    optional : iterable of str
        The optional stages that are wanted; names of others change nothing.
    """
    wanted, possible = set(optional), set(possible_stages(program, stages))
    return tuple(
        stage.name
        for stage in stages
        if stage.name in possible and (not stage.optional or stage.name in wanted)
    )


def require_possible(program: Program, stages: Sequence[Any], name: str, use: bool = True) -> None:
    """
    Refuse a stage that cannot be taken into the chain, or left out of it.

    Parameters
    ----------
    program : Program
        The program.
    stages : sequence of Stage
        Stages that exist, in running order.
    name : str
        The stage.
    use : bool
        Whether it is to take part.

    Raises
    ------
    ParameterError
        If there is no such stage, the program is not about it, or the chain cannot do without it.
    """
    possible = set(possible_stages(program, stages))
    choices = [stage.name for stage in stages if stage.name in possible and stage.optional]
    if name not in possible or not (use or name in choices):
        raise ParameterError(
            f"the stage {name[:40]!r} to be {'taken in' if use else 'left out'}",
            "one of " + ", ".join(choices),
            "choose one of them",
        )


def unknown_stages(program: Program, stages: Sequence[Any]) -> str:
    """
    Return which stages the program's file names and nobody knows, as a sentence; empty when none.

    Parameters
    ----------
    program : Program
        The program.
    stages : sequence of object
        Stages that exist.
    """
    optional = {stage.name for stage in stages if stage.optional}
    known = {stage.name for stage in stages}
    names = sorted({*program.stages} - optional | {*program.chain} - known)
    if not names:
        return ""
    return (
        f"The program names the {'' if program.chain else 'optional '}stages "
        f"{', '.join(names)[:200]}, which do not exist: correct its file."
    )
