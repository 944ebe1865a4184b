"""What a sky of the dithers will lose is said before the run, from the pointings in the headers."""

import inspect
import re
from dataclasses import replace

import pytest

from miri_widgets.core.sky.loss_note import loss_note
from miri_widgets.run.loss_notes import expected_loss
from miri_widgets.steps.declarations import declared
from miri_widgets.steps.stages import stage
from tests.run.conftest import make_exposure

SKY = stage("sky")


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
    note = expected_loss(SKY, dithers, {})
    lost, sizes = parts(note)
    assert sizes == [3, 7, 15, 30]
    assert lost == sorted(lost) and 0 <= lost[0] < lost[-1] <= 100
    assert "5 pointings" in note and "found on the sum of the dithers" in note


def test_settings_change_what_is_said(dithers):
    own = parts(expected_loss(SKY, dithers, {"leave_one_out": False}))[0]
    assert all(more > less for more, less in zip(own, parts(expected_loss(SKY, dithers, {}))[0], strict=True))
    assert "single exposures" in expected_loss(SKY, dithers, {"sources_from": "exposures"})
    assert "masked;" not in expected_loss(SKY, dithers, {"mask_sources": False})
    assert expected_loss(SKY, dithers, {"method": "background"}) == ""


def test_nothing_is_said_where_the_headers_do_not_tell(dithers):
    assert expected_loss(SKY, [replace(one, ra=float("nan")) for one in dithers], {}) == ""
    assert expected_loss(SKY, dithers[:1], {}) == ""
    assert expected_loss(SKY, [replace(one, is_moving=True) for one in dithers], {}) == ""
    same = [replace(one, ra=10.0, dec=-30.0) for one in dithers]
    assert expected_loss(SKY, same, {}) == ""


def test_a_stage_that_takes_no_light_says_nothing(dithers):
    assert expected_loss(stage("stripes"), dithers, {}) == ""


def test_defaults_are_those_of_the_step():
    taken = inspect.signature(loss_note).parameters
    known = {parameter.name: parameter.default for parameter in declared("sky")}
    shared = {name: each.default for name, each in taken.items() if name in known}
    assert len(shared) == 6
    assert shared == {name: known[name] for name in shared}
