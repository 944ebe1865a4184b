"""An exposure with wrong world coordinates is corrected by its overlaps, or named; right ones are left alone."""

import numpy as np
import pytest

from miri_widgets.core.shifts.displaced_exposures import displaced_groups, displaced_offsets, find_displaced
from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.judgement import trust_run
from miri_widgets.core.shifts.measurements import Measurement, Status
from miri_widgets.core.shifts.star_overlaps import believed_overlaps
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.core.tangent_plane import from_plane
from miri_widgets.products.tables.shift_tables import ShiftTable, read_shift_table, write_shift_table

PLACE = (24.17, 15.78)


def exposures(number=3, stars=60, away=(0.0, 0.0), seed=1, last_stars=None):
    """Dithers of one field, the last one with world coordinates that are wrong by `away`."""
    rng = np.random.default_rng(seed)
    true = rng.uniform(-55, 55, (stars, 2))
    lists = []
    for index in range(number):
        step = rng.normal(0, 3, 2)
        seen = np.all(np.abs(true - step) < 50, axis=1) & (rng.random(stars) < 0.9)
        if index == number - 1 and last_stars is not None:
            seen[np.flatnonzero(seen)[last_stars:]] = False
        x, y = (true[seen] + rng.normal(0, 0.01, (seen.sum(), 2))).T
        if index == number - 1:
            x, y = x - away[0], y - away[1]
        one = np.ones(x.size)
        lists.append(StarPositions(f"e{index}", x, y, *from_plane(x, y, PLACE), one, 30 * one, 0.1 * one))
    return lists, {f"e{index}": "g" for index in range(number)}


def test_dithers_that_agree_are_left_alone():
    for seed in range(10):
        assert find_displaced(*exposures(seed=seed)) == ()
        assert find_displaced(*exposures(stars=3, seed=seed)) == ()


@pytest.mark.parametrize("away", [(20.0, 0.0), (-6.0, 11.0), (0.8, -0.5)])
def test_a_wrong_exposure_is_corrected_by_its_overlaps(away):
    stars, owners = exposures(away=away)
    (one,) = find_displaced(stars, owners)
    assert one.roots == ("e2",)
    assert one.offset.shift == pytest.approx(away, abs=0.01)
    group = Group("g", ("e0", "e1", "e2"), "02107", "039", "001", "S1")
    kept, made = displaced_groups([group], [one])
    assert kept.roots == ("e0", "e1")
    assert made.displaced
    rows = [Measurement(root, "g", 0.1, 0.2, 0.003) for root in kept.roots]
    rows.append(Measurement("e2", made.name, np.nan, np.nan, status=Status.FAILED))
    overlaps = believed_overlaps(displaced_offsets([one], stars))
    run = trust_run(rows, [kept, made], overlaps=overlaps, find_shared=False)
    shift = next(shift for shift in run.shifts if shift.group.displaced)
    assert (shift.dx, shift.dy) == pytest.approx((away[0] + 0.1, away[1] + 0.2), abs=0.01)
    assert shift.own
    assert not shift.leaves_mosaics


def test_a_wrong_exposure_that_nothing_corrects_leaves_the_mosaics(tmp_path):
    stars, owners = exposures(away=(90.0, 0.0))  # beyond what is searched
    far = stars[2]
    other = np.random.default_rng(5).uniform(-50, 50, (2, len(far)))
    stars[2] = StarPositions(
        "e2", *other, *from_plane(*other, PLACE), far.flux, far.snr, far.sigma
    )  # other stars in the same place
    (one,) = find_displaced(stars, owners)
    assert one.offset is None
    assert "leaves the mosaics" in one.text
    group = Group("g", ("e0", "e1", "e2"), "02107", "039", "001", "S1")
    groups = displaced_groups([group], [one])
    rows = [Measurement(root, "g", 0.1, 0.2, 0.003, 50, 0.02) for root in ("e0", "e1")]
    rows.append(Measurement("e2", one.name, np.nan, np.nan, status=Status.FAILED))
    run = trust_run(rows, groups, find_shared=False, other_guide_stars=True)
    shift = next(shift for shift in run.shifts if shift.group.displaced)
    assert shift.leaves_mosaics
    assert (shift.dx, shift.dy) == (0, 0)
    # the table keeps it, and gives it to no other exposure of the visit
    write_shift_table(ShiftTable(run.shifts, "02107"), tmp_path / "t.ecsv")
    table = read_shift_table(tmp_path / "t.ecsv")

    class Exposure:
        root, program, observation, visit, guide_star, start_mjd = (
            "other",
            "02107",
            "039",
            "001",
            "S1",
            60000.0,
        )

    assert table.shift_for(Exposure()).group.name == "g"
    Exposure.root = "e2"
    assert table.shift_for(Exposure()).leaves_mosaics


def test_an_exposure_with_few_stars_cannot_disagree():
    assert find_displaced(*exposures(away=(20.0, 0.0), last_stars=2)) == ()


def test_of_two_that_disagree_neither_is_called_right():
    stars, owners = exposures(number=2, away=(12.0, 3.0))
    (one,) = find_displaced(stars, owners)
    assert one.doubtful
    assert "not known" in one.text
