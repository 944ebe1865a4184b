"""Flags that a stage has set, and what is gained against the product before."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.analysis.product_flags import read_flags
from miri_widgets.core.dq import BITS
from miri_widgets.errors import NotJwstError


def write(path, flags):
    image = fits.ImageHDU(np.ones(np.shape(flags), np.float32), name="SCI")
    extra = [] if flags is None else [fits.ImageHDU(np.asarray(flags, np.uint32), name="DQ")]
    fits.HDUList([fits.PrimaryHDU(), image, *extra]).writeto(path, overwrite=True)
    return path


@settings(max_examples=20, deadline=None)
@given(old=st.lists(st.integers(0, 2**32 - 1), min_size=6, max_size=6), bit=st.sampled_from(sorted(BITS)))
def test_a_stage_that_sets_a_flag_has_gained_it_where_it_was_not(tmp_path_factory, old, bit):
    folder = tmp_path_factory.mktemp("flags")
    before = np.array(old, np.uint32).reshape(2, 3)
    after = before | np.uint32(1 << BITS[bit])
    found = read_flags(write(folder / "b.fits", after), write(folder / "a.fits", before), "Sky")
    row = next(one for one in found.rows if one.name == bit)
    new = (before >> BITS[bit] & 1) == 0
    assert (row.count, row.fraction, row.gained, row.lost) == (6, 1.0, int(new.sum()), 0)
    np.testing.assert_array_equal(found.mask(bit, only_gained=True), new)
    assert found.mask(bit).all()
    assert {one.name for one in found.rows} == {name for name, n in BITS.items() if (after >> n & 1).any()}
    back = read_flags(folder / "a.fits", folder / "b.fits", "Undone")
    assert sum(one.lost for one in back.rows) == int(new.sum()) and back.gained == ()


def test_without_a_product_before_nothing_is_gained(tmp_path):
    flags = np.array([[0, 5], [4, 0]])
    found = read_flags(write(tmp_path / "a.fits", flags))
    assert [(one.name, one.count, one.fraction) for one in found.rows] == [
        ("DO_NOT_USE", 1, 0.25),
        ("JUMP_DET", 2, 0.5),
    ]
    assert found.title == "" and found.gained == ()
    assert found.mask("JUMP_DET", only_gained=True).sum() == 2


def test_another_shape_is_left_aside_and_no_flags_are_a_sentence(tmp_path):
    found = read_flags(
        write(tmp_path / "a.fits", np.ones((4, 4), int)),
        write(tmp_path / "b.fits", np.ones((2, 2), int)),
        "Sky",
    )
    assert found.before is None and found.title == ""
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((4, 4)), name="SCI")]).writeto(tmp_path / "c.fits")
    with pytest.raises(NotJwstError, match="DQ"):
        read_flags(tmp_path / "c.fits")
