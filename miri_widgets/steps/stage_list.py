"""The stages of this package, in the order in which they run: each is declared beside its step."""

from __future__ import annotations

from pathlib import Path

from miri_widgets.steps.source_declarations import read_stages
from miri_widgets.steps.stage import Stage

__all__ = ["STAGES"]

STAGES: tuple[Stage, ...] = read_stages(Path(__file__).parent)
"""Every stage of this package, in the order in which they run."""
