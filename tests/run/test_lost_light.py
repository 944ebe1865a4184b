"""What a sky of the dithers will lose is said before the run, from the pointings in the headers."""

import re
from dataclasses import replace

import pytest

from miri_widgets.run.lost_light import lost_light_note
from tests.run.conftest import make_exposure


@pytest.fixture
def dithers(tmp_path):
    """Five pointings some arcsec apart."""
    return [
        replace(make_exposure(tmp_path, number + 1), ra=10 + step / 3600, dec=-30 + 2 * step / 3600)
        for number, step in enumerate((0.0, 3.0, -2.0, 5.0, -4.0))
    ]


def parts(note):
    listed = re.search(r"loses (.*) % at half-light radii of (.*) arcsec", note)
    return [[float(one) for one in re.findall(r"[\d.]+", group)] for group in listed.groups()]


def test_the_loss_is_given_by_size_and_grows(dithers):
    note = lost_light_note(dithers, {})
    lost, sizes = parts(note)
    assert sizes == [3, 7, 15, 30]
    assert lost == sorted(lost) and 0 <= lost[0] < lost[-1] <= 100
    assert "5 pointings" in note and "found on the sum of the dithers" in note


def test_settings_change_what_is_said(dithers):
    own = parts(lost_light_note(dithers, {"leave_one_out": False}))[0]
    assert all(more > less for more, less in zip(own, parts(lost_light_note(dithers, {}))[0], strict=True))
    assert "single exposures" in lost_light_note(dithers, {"sources_from": "exposures"})
    assert "masked;" not in lost_light_note(dithers, {"mask_sources": False})
    assert lost_light_note(dithers, {"method": "background"}) == ""


def test_nothing_is_said_where_the_headers_do_not_tell(dithers):
    assert lost_light_note([replace(one, ra=float("nan")) for one in dithers], {}) == ""
    assert lost_light_note(dithers[:1], {}) == ""
    assert lost_light_note([replace(one, is_moving=True) for one in dithers], {}) == ""
    same = [replace(one, ra=10.0, dec=-30.0) for one in dithers]
    assert lost_light_note(same, {}) == ""
