"""Steps that the pipeline leaves out of ramps with few groups are told before the run."""

from types import SimpleNamespace

import pytest

from miri_widgets.run.few_groups import few_groups_notes


@pytest.mark.parametrize(
    ("ngroups", "words"), [(1, "no slope"), (2, "leaves out lastframe"), (3, "jump"), (5, "rscd")]
)
def test_few_groups_are_warned_of_before_the_run(ngroups, words):
    short = SimpleNamespace(suffix="uncal", ngroups=ngroups, root="jw1")
    long = SimpleNamespace(suffix="uncal", ngroups=20, root="jw2")
    (note,) = few_groups_notes([short, long])
    assert words in note and note.startswith(f"jw1 has {ngroups} group")
    assert few_groups_notes([long]) == ()
    assert few_groups_notes([SimpleNamespace(suffix="rate", ngroups=ngroups, root="jw1")]) == ()
