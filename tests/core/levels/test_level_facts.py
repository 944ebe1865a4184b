"""What is said of a match of levels."""

import numpy as np
import pytest

from miri_widgets.core.levels.groups import Sets
from miri_widgets.core.levels.level_facts import step_rms, warnings_of

NAMES = ["a", "b", "c"]
SETS = Sets([0, 1, 2], np.arange(3), NAMES, np.tile(np.eye(2), (3, 1, 1)), (0.0, 0.0), 1e-5)
QUIET = {"components": [["a", "b", "c"]], "planes_seen": [], "plane_groups": [], "plane_misfit": 0.0,
         "own_shapes": False, "pattern_left": False, "pattern_rms": 0.0}  # fmt: skip


def said(**facts):
    return " ".join(warnings_of(QUIET | facts, SETS, np.zeros(3, int)))


def test_steps_are_those_of_tiles_that_overlap():
    levels = np.array([1.0, 3.0, 50.0])
    assert step_rms(levels, SETS, np.array([0, 0, 1])) == pytest.approx(1.0)
    assert step_rms(levels, SETS, np.array([0, 1, 2])) == 0.0


def test_each_reason_for_doubt_has_its_sentence_and_nothing_has_none():
    assert said() == ""
    assert "no overlap" in said(components=[["a", "b"], ["c"]])
    assert "levels are wrong by about 0.3" in said(planes_seen=["a"], plane_misfit=0.3)
    believed = said(planes_seen=["a"], plane_misfit=0.3, own_shapes=True)
    assert "ERR holds the planes" in believed
    assert "cannot be told from the sky" in believed
    assert "cannot be told from the sky" in said(plane_groups=NAMES)
    assert "subtract the sky image first" in said(pattern_left=True, pattern_rms=0.2)
