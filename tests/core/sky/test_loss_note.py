"""The sentence on the light that a sky of the dithers takes: it follows the pattern, and the way in which the sky is made."""

import numpy as np
import pytest

from miri_widgets.core.sky.loss_note import loss_note

STEPS = np.array([0.0, 3.0, -2.0, 5.0, -4.0]) / 3600
WIDTH = {"fwhm_arcsec": 0.27, "fwhm_pixels": 2.4}


def lost(scale=1.0, **options):
    """Return the loss of the largest discs, in per cent."""
    note = loss_note(10 + scale * STEPS, -30 + scale * 2 * STEPS, **WIDTH, **options)
    return float(note.partition(" and ")[2].partition(" %")[0])


def test_wider_dithers_and_the_own_exposure_left_out_lose_less():
    assert lost(4.0) < lost(1.0) <= 100
    assert lost(leave_one_out=True) < lost(leave_one_out=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "found on the sum of the dithers and masked"),
        ({"sources_from": "exposures"}, "single exposures show them"),
        ({"mask_sources": False}, "arcsec."),
        ({"method": "median"}, "arcsec."),
    ],
)
def test_what_is_masked_is_said(options, words):
    assert loss_note(10 + STEPS, -30 + STEPS, **WIDTH, **options).endswith(
        words + "." * (not words.endswith("."))
    )


def test_a_dedicated_sky_and_a_single_pointing_say_nothing():
    assert loss_note(10 + STEPS, -30 + STEPS, **WIDTH, method="background") == ""
    assert loss_note([10.0], [-30.0], **WIDTH) == ""
    assert loss_note([10.0, 10.0], [-30.0, -30.0], **WIDTH) == ""
