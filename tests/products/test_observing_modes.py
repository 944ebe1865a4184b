"""What an exposure's observing mode says of the pipeline that it needs."""

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.products.checks import (
    program_contradictions,
    time_series,
)
from miri_widgets.products.observing_modes import modes_of
from miri_widgets.products.scan import scan


@pytest.mark.parametrize(
    ("flag", "nints", "is_series"),
    [(True, 5, True), ("T", 5, True), (False, 5, False), (None, 5, False), (True, 1, False), ("F", 2, False)],
)
def test_time_series_are_told_at_the_scan_and_again_from_its_index(tmp_path, flag, nints, is_series):
    keys = {
        "TELESCOP": "JWST", "INSTRUME": "MIRI", "DETECTOR": "MIRIMAGE", "EXP_TYPE": "MIR_IMAGE", "FILTER": "F770W",
        "SUBARRAY": "SUB64", "READPATT": "FASTR1", "NINTS": nints, "NGROUPS": 5, "EFFEXPTM": 10.0, "EXPSTART": 60310.0,
    }  # fmt: skip
    primary = fits.PrimaryHDU()
    primary.header.update(keys if flag is None else {**keys, "TSOVISIT": flag})
    cube = fits.ImageHDU(np.zeros((nints, 5, 64, 72), "u2"), name="SCI")
    fits.HDUList([primary, cube]).writeto(tmp_path / "jw01234001001_04101_00001_mirimage_uncal.fits")
    for _ in range(2):
        exposures = scan([tmp_path], index=tmp_path / "index.json").exposures
        assert [found.is_time_series for found in exposures] == [is_series]
        sentences = [text for text in program_contradictions("01234", exposures) if "TSOVISIT" in text]
        assert sentences == list(time_series(exposures))
        assert len(sentences) == is_series
        assert modes_of(exposures)[0].parameters()["META.VISIT.TSOVISIT"] == "FT"[is_series]
