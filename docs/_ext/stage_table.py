"""
The table of the stages in the README, made of their declarations.

``python docs/_ext/stage_table.py`` writes it; a test holds the README against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from miri_widgets.steps.stages import STAGES, Stage

__all__ = ["README", "stage_table", "written"]

README = Path(__file__).parents[2] / "README.md"
_HEAD = ("| stage | what it does | takes | gives | |", "|---|---|---|---|---|")
_TABLE = re.compile(r"^\| stage \| what it does \| takes \|.*\n(?:\|.*\n)+", re.MULTILINE)


def stage_table(stages: Iterable[Stage] = STAGES) -> str:
    """
    Return the table as Markdown.

    Parameters
    ----------
    stages : iterable of Stage
        In the order in which they run.
    """
    return "".join(f"{line}\n" for line in (*_HEAD, *map(_row, stages)))


def _row(stage: Stage) -> str:
    pipeline = "" if stage.is_own else f" The pipeline `calwebb_{stage.name}`."
    optional = " optional" if stage.optional else ""
    on_demand = "".join(f", {suffix} on demand" for suffix, _, _ in stage.on_demand)
    gives = ", ".join(stage.gives) + on_demand
    return f"| `{stage.name}` | {stage.summary}{pipeline} | {stage.takes} | {gives} |{optional} |"


def written(text: str) -> str:
    """
    Return a README with the table of now.

    Parameters
    ----------
    text : str
        The README.

    Raises
    ------
    ValueError
        If it holds no table of stages, or several.
    """
    if len(_TABLE.findall(text)) != 1:
        raise ValueError(
            "README.md holds no table of stages, or several; one is expected; put the headings back"
        )
    return _TABLE.sub(lambda _: stage_table(), text)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
