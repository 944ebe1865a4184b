"""Flags are bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.dq import BITS, changes_by_flag, count_by_flag, has, names_of


@given(st.sets(st.sampled_from(sorted(BITS))))
def test_names_and_bits_agree(flags):
    value = sum(1 << BITS[flag] for flag in flags)
    assert set(names_of(value)) == flags
    array = np.array([[value, 0]], np.uint32)
    assert count_by_flag(array) == dict.fromkeys([flag for flag in BITS if flag in flags], 1)
    for flag in BITS:
        assert has(array, flag).tolist() == [[flag in flags, False]]


def test_agrees_with_jwst():
    from stdatamodels.jwst.datamodels import dqflags

    theirs = {name: value for name, value in dqflags.pixel.items() if value}
    for name, bit in BITS.items():
        if name in theirs:
            assert theirs[name] == 1 << bit
    assert set(theirs.values()) == {1 << bit for bit in BITS.values()}


def test_unknown_flag():
    with pytest.raises(KeyError):
        has(np.zeros(1, np.uint32), "NO_SUCH_FLAG")


@given(st.sets(st.sampled_from(sorted(BITS))), st.sets(st.sampled_from(sorted(BITS))))
def test_changes_are_what_differs(old, new):
    before, after = (np.array([[sum(1 << BITS[flag] for flag in one), 0]], np.uint32) for one in (old, new))
    gained, lost = changes_by_flag(before, after)
    assert set(gained) == new - old and set(lost) == old - new
    assert changes_by_flag(after, before) == (lost, gained)
    assert changes_by_flag(after, after) == ({}, {})
