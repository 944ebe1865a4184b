"""Notebooks for pages of tests and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat

__all__ = ["write_dashboard"]


def write_dashboard(
    folder: Path, name: str, cells: Sequence[str], *, title: str, description: str = ""
) -> Path:
    """Write a notebook of code cells into a folder."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"miri_widgets": {"title": title, "description": description}},
    )
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / name)
    return folder / name
