"""How the stages of a reduction stand, as values and as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["ReductionSummary", "StageSummary"]

_MOST_LINES = 20


@dataclass(frozen=True)
class StageSummary:
    """
    One stage of a reduction.

    Attributes
    ----------
    name, title, product : str
        The stage, and what its main product is called.
    runs : int
        Number of its runs.
    seconds : float
        Time in the pipeline of those that are complete, s.
    products : tuple of Path
        Main product of each complete run.
    notes : tuple of str
        Sentences about what its runs leave out.
    refused : str
        Why it could not be planned; empty when it could.
    failures, harms : tuple of str
        A line per run that failed or waits, and per run that did harm.
    """

    name: str
    title: str
    product: str
    runs: int
    seconds: float = 0.0
    products: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""
    failures: tuple[str, ...] = ()
    harms: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReductionSummary:
    """
    All stages of a reduction.

    Attributes
    ----------
    notes : tuple of str
        Sentences about the program.
    left_out : tuple of str
        Why files cannot be used.
    stages : tuple of StageSummary
        In running order.
    """

    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    stages: tuple[StageSummary, ...] = ()

    def text(self) -> str:
        """Return it as lines for a terminal."""
        lines = [f"Note: {line}" for line in self.notes]
        lines += [f"Left out: {line}" for line in self.left_out[:_MOST_LINES]]
        if len(self.left_out) > _MOST_LINES:
            lines.append(f"Left out: {len(self.left_out) - _MOST_LINES} more files that cannot be used")
        for stage in self.stages:
            lines.append(
                f"{stage.title}: {len(stage.products)} of {stage.runs} runs complete, {stage.seconds:.0f} s of work"
            )
            if stage is self.stages[-1]:
                lines += [f"  {stage.product}: {path}" for path in stage.products]
            lines += [f"  note: {note}" for note in stage.notes]
            if stage.refused:
                lines.append(f"  not run: {stage.refused}")
            lines += [f"  {line}" for line in (*stage.failures, *stage.harms)]
        return "\n".join(lines)
