"""What is believed of tweakreg: its fits and the positions, not what it says of itself."""

import numpy as np
import pytest

from miri_widgets.core.shifts.measurements import Measurement, Status
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.core.tangent_plane import from_plane, rotation_matrix
from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.tables.reference_catalogs import ReferenceCatalog

PLACE = (80.5, -69.5)


def estimate(fit, whole, *, absolute=True, members=1, groups=3):
    from miri_widgets.steps.shift_estimates import tweakreg_estimate
    from miri_widgets.steps.shifted_wcs import Shift
    from miri_widgets.steps.tweakreg_shifts import TweakregResult

    result = TweakregResult(Shift(0.1, 0.2, 0.003), fit, whole, "COMPLETE")
    return tweakreg_estimate("a", "g", result, absolute, members, groups)


def test_status_is_that_of_the_fits():
    from miri_widgets.steps.alignments import Alignment

    good, none, reference = Alignment(40, 36, 12.0), Alignment(), Alignment(reference=True)
    assert estimate(good, good).status == Status.MEASURED
    assert estimate(none, good).status == Status.SHARED
    assert estimate(none, good, groups=1).status == Status.MEASURED
    assert estimate(reference, good).status == Status.REFERENCE
    assert estimate(good, none).status == Status.FAILED
    assert estimate(good, none, absolute=False).status == Status.MEASURED
    assert estimate(Alignment(matches=5), none, absolute=False).status == Status.FAILED
    assert estimate(good, none, absolute=False).relative


def test_error_is_that_of_the_fits_and_shared_by_the_group():
    from miri_widgets.steps.alignments import Alignment

    good = Alignment(40, 36, 12.0)
    alone = estimate(good, Alignment(), absolute=False)
    assert alone.sigma == pytest.approx(0.012 / np.sqrt(2) / 6)
    four = estimate(good, Alignment(), absolute=False, members=4)
    assert four.sigma / np.sqrt(4) == pytest.approx(alone.sigma)
    assert estimate(good, good).sigma == pytest.approx(alone.sigma * np.sqrt(2))


def test_catalogue_shift_and_rotation_hold_at_the_reference_point():
    from miri_widgets.steps.shift_estimates import catalog_estimate
    from miri_widgets.steps.shifted_wcs import plane_turn

    rng = np.random.default_rng(3)
    true = rng.uniform(-50, 50, (300, 2)) + np.array([40, 0])
    # the exposure sees them before it is moved and turned
    turn = 0.01 + plane_turn(1.2, -0.4, *PLACE)
    seen = (true - (1.2, -0.4)) @ rotation_matrix(-turn).T
    ra, dec = from_plane(*seen.T, PLACE)
    one = np.ones(300)
    stars = StarPositions("a", one, one, ra, dec, one, one, one)
    table = ReferenceCatalog("c", *from_plane(*true.T, PLACE), None, 0)
    found = catalog_estimate(stars, "g", table, 3.0, PLACE)
    assert (found.dx, found.dy) == pytest.approx((1.2, -0.4), abs=1e-3)
    assert found.rotation == pytest.approx(0.01, abs=5e-4)
    assert found.status == Status.MEASURED
    other = ReferenceCatalog("c", *from_plane(*rng.uniform(-50, 90, (2, 300)), PLACE), None, 0)
    assert catalog_estimate(stars, "g", other, 3.0, PLACE).status == Status.FAILED


def test_turns_are_those_of_the_group():
    from miri_widgets.steps.shift_estimates import group_turns

    rows = [
        Measurement(root, group, 0.0, 0.0, rotation=turn)
        for root, group, turn in (("a", "1", 0.01), ("b", "1", 0.02), ("c", "1", 0.09), ("d", "2", np.nan))
    ]
    turns = group_turns(rows, dict.fromkeys("abcd", PLACE))
    assert turns == pytest.approx(dict.fromkeys("abc", 0.02))


def test_presets_follow_the_filter():
    from jwst.tweakreg import TweakRegStep

    from miri_widgets.steps.tweakreg_shifts import tweakreg_preset

    widths = [tweakreg_preset(name)["kernel_fwhm"] for name in FILTERS]
    assert widths == sorted(widths)
    for name in FILTERS:
        assert set(tweakreg_preset(name)) <= set(TweakRegStep().get_pars())
        assert tweakreg_preset(name)["minsep_fwhm"] > 2


def test_dithers_of_few_stars_are_one_measurement():
    from miri_widgets.steps.shift_estimates import catalog_estimates

    rng = np.random.default_rng(4)
    sky = rng.uniform(-50, 50, (25, 2))
    stars, shift = [], (0.4, -0.3)
    for index in range(3):
        x, y = (sky[:3] - shift + rng.normal(0, 0.005, (3, 2))).T
        one = np.ones(3)
        stars.append(StarPositions(f"e{index}", x, y, *from_plane(x, y, PLACE), one, 30 * one, 0.1 * one))
    table = ReferenceCatalog("c", *from_plane(*sky.T, PLACE), None, 0)
    owners, centres = dict.fromkeys(("e0", "e1", "e2"), "g"), dict.fromkeys(("e0", "e1", "e2"), PLACE)
    rows = catalog_estimates(stars, owners, table, 3.0, centres)
    assert {row.status for row in rows} == {Status.MEASURED}
    assert all((row.dx, row.dy) == pytest.approx(shift, abs=0.01) for row in rows)
    assert {row.joint_matches for row in rows} == {9}
    # three stars that all dithers see are no nine: the catalogue's errors do not average
    assert all(row.common_sigma > 0.005 for row in rows)
    strangers = ReferenceCatalog("c", *from_plane(*rng.uniform(-50, 50, (2, 25)), PLACE), None, 0)
    assert {row.status for row in catalog_estimates(stars, owners, strangers, 3.0, centres)} == {
        Status.FAILED
    }


def test_a_catalogue_that_lists_its_stars_twice_gives_no_shift():
    from miri_widgets.core.shifts.groups import Group
    from miri_widgets.core.shifts.judgement import trust_run
    from miri_widgets.core.shifts.verdicts import Verdict
    from miri_widgets.steps.shift_estimates import catalog_estimates

    rng = np.random.default_rng(4)
    sky = rng.uniform(-50, 50, (60, 2))
    one = np.ones(60)
    stars = [
        StarPositions(
            f"e{index}",
            one,
            one,
            *from_plane(*(sky + rng.normal(0, 0.01, sky.shape)).T, PLACE),
            one,
            30 * one,
            one,
        )
        for index in range(3)
    ]
    double = np.vstack([sky, sky + np.array([0.12, 0.16])])
    table = ReferenceCatalog("c", *from_plane(*double.T, PLACE), None, 0)
    owners, centres = dict.fromkeys(("e0", "e1", "e2"), "g"), dict.fromkeys(("e0", "e1", "e2"), PLACE)
    rows = catalog_estimates(stars, owners, table, 3.0, centres)
    assert {row.status for row in rows} == {Status.AMBIGUOUS}
    (shift,) = trust_run(rows, [Group("g", ("e0", "e1", "e2"))], find_shared=False).shifts
    assert shift.verdict is Verdict.FAIL
    assert "ambiguous" in shift.reason
    assert not shift.own
