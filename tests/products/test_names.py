"""The file-name grammar: taking apart and putting together are inverse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.errors import WrongSuffixError
from miri_widgets.products.names import SUFFIXES, ExposureName, suffix_of

digits = lambda n: st.integers(0, 10**n - 1).map(lambda number: f"{number:0{n}d}")  # noqa: E731

names = st.builds(
    ExposureName,
    program=digits(5),
    observation=digits(3),
    visit=digits(3),
    visit_group=digits(2),
    sequence=digits(1),
    activity=digits(2),
    exposure=digits(5),
    detector=st.just("mirimage"),
    suffix=st.sampled_from(SUFFIXES),
    segment=st.one_of(st.just(""), digits(3)),
)


@given(names)
def test_round_trip(name):
    assert ExposureName.parse(name.filename) == name
    assert suffix_of(name.filename) == name.suffix


def test_image3_name_of_a_crf():
    name = ExposureName.parse("jw01234001001_02101_00001_mirimage_a3001_crf.fits")
    assert name.root == "jw01234001001_02101_00001_mirimage"
    assert name.suffix == "crf"


@pytest.mark.parametrize(
    "name", ["x.fits", "jw1.fits", "<b>.fits", "jw01234001001_02101_00001_mirimage_uncal.txt"]
)
def test_other_names(name):
    with pytest.raises(WrongSuffixError, match="expected a JWST name"):
        ExposureName.parse(name)
