"""Laws of the proof of a correction: what it must find, and what it must not."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.exposure_arrays import CorrectionResult, Lazy
from miri_widgets.core.validation.figures import Proof
from miri_widgets.core.validation.validation import prove
from tests.support import proof_cases as cases

seeds = st.integers(0, 2**16)


def proof_of(correct, exposures, **settings):
    return prove(correct, exposures, correct(exposures), **settings)


@settings(deadline=None, max_examples=6)
@given(seeds)
def test_leaving_alone_is_good_and_changes_nothing(seed):
    found = proof_of(cases.each(cases.identity), cases.program(seed=seed), seed=seed)
    assert found.verdict == "good"
    assert found.sources >= 20
    assert found.flux_bias == found.flux_bias_err == 0
    assert found.noise_ratio == 1
    assert found.extended and all(one.kept == 1 for one in found.extended)
    assert found.newly_flagged == found.area_lost == found.flags_taken == found.unflagged_nan == 0


@settings(deadline=None, max_examples=6)
@given(st.floats(0.5, 1.5), seeds)
def test_a_factor_is_found_exactly(factor, seed):
    found = proof_of(cases.scaled(factor), cases.program(2, seed=seed))
    assert found.flux_bias == pytest.approx(factor - 1, abs=1e-4)
    assert found.flux_bias_median == pytest.approx(factor - 1, abs=1e-4)
    assert found.noise_ratio == pytest.approx(factor, rel=1e-3)
    assert [one.kept for one in found.extended] == pytest.approx([factor] * len(found.extended), abs=1e-3)
    assert (found.verdict == "good") == (abs(np.float32(factor) - 1) < 0.0051)


def test_two_per_cent_of_flux_is_harm_and_told():
    found = proof_of(cases.scaled(0.98), cases.program())
    assert found.verdict == "harm"
    assert found.grades[0] == "harm"
    assert "\N{MINUS SIGN}2.0" in found.sentences[0]


@settings(deadline=None, max_examples=6)
@given(st.floats(-100, 100))
def test_a_constant_is_no_harm(level):
    found = proof_of(cases.shifted(level), cases.program())
    assert found.verdict == "good"
    assert found.level_change == pytest.approx(level, abs=1e-4)
    assert abs(found.flux_bias) < 1e-3


@settings(deadline=None, max_examples=5)
@given(st.floats(0.5, 3))
def test_added_noise_is_found(sigma):
    found = proof_of(cases.noisy(sigma), cases.program())
    expected = (1 + sigma**2) ** 0.5
    assert found.noise_ratio == pytest.approx(expected, abs=5 * found.noise_ratio_err + 0.02)
    assert found.flux_bias == pytest.approx(0, abs=1e-4)
    assert found.noise_over_err.after > found.noise_over_err.before
    if sigma > 1.2:
        assert found.verdict == "harm"


def test_a_median_filter_eats_sources_and_faint_light():
    found = proof_of(cases.without_median(15), cases.program())
    assert found.verdict == "harm"
    assert found.flux_bias < -0.02
    assert all(one.kept < 0.3 for one in found.extended)
    assert any("do not use" in sentence for sentence in found.sentences)


def test_flagged_cores_are_lost_flux():
    found = proof_of(cases.flag_cores(), cases.program())
    assert found.flux_bias < -0.05
    assert found.verdict == "harm"
    # brighter sources lose more of their pixels
    assert found.bins[-1].bias < found.bins[0].bias


@settings(deadline=None, max_examples=5)
@given(st.floats(0.001, 0.015))
def test_flags_of_the_detector_are_no_lost_flux(fraction):
    found = proof_of(cases.flag_fixed(fraction), cases.program())
    assert found.flux_bias == 0
    assert found.verdict == "good"
    assert 0 < found.area_lost < 2 * fraction


def test_much_lost_area_is_told():
    found = proof_of(cases.flag_fixed(0.05), cases.program(4))
    assert "doubtful" in found.grades
    assert any("unusable" in sentence for sentence in found.sentences)


def striped(planes):
    rng = np.random.default_rng(3)
    stripes = rng.normal(0, 0.5 * cases.NOISE, planes.shape[1]).astype(np.float32)
    return planes.replace(sci=planes.sci + stripes)


def without_columns(planes):
    flat = np.where(planes.good, planes.sci, np.nan)
    middle = np.nanmedian(flat, axis=0)
    return planes.replace(sci=planes.sci - (middle - np.median(middle)).astype(np.float32))


def test_taking_real_stripes_away_is_good_and_told():
    # medians of few rows are noisy, and lean on sources: a real exposure has a thousand
    exposures = [striped(cases.exposure(index, shape=(600, 192))) for index in range(2)]
    found = proof_of(cases.each(without_columns), exposures)
    # of faint light as wide as its columns are long it takes a part, and that is told
    others = [g for g, line in zip(found.grades, found.sentences, strict=True) if "Added discs" not in line]
    assert set(others) == {"good"}, found.sentences
    assert found.structure["column_rms"].after < 0.2 * found.structure["column_rms"].before
    assert any("Residual structure falls: columns" in sentence for sentence in found.sentences)


def test_putting_stripes_in_is_harm():
    found = proof_of(cases.each(striped), cases.program())
    assert found.structure["column_rms"].after == pytest.approx(0.5 * cases.NOISE, rel=0.3)
    assert any("Columns got more structure" in sentence for sentence in found.sentences)
    assert found.verdict == "harm"


def tilted(planes):
    return planes.replace(
        sci=planes.sci + np.linspace(0, 10 * cases.NOISE, planes.shape[1], dtype=np.float32)
    )


def test_putting_a_gradient_in_is_harm():
    found = proof_of(cases.each(tilted), cases.program())
    assert found.verdict == "harm"
    assert any("gradient" in sentence and "more" in sentence for sentence in found.sentences)


def waves(x, y):
    return 2 * cases.NOISE * (np.sin(x / 9.0) + np.cos(y / 13.0))


def test_light_that_moves_with_the_sky_is_missed():
    found = proof_of(cases.median_of_all, cases.program(6, scene=waves))
    assert found.sky_structure > 0.5 * cases.NOISE
    assert found.sky_structure_lost > 3 * found.sky_structure_lost_err
    assert found.verdict != "good"
    assert any("moves with the sky" in sentence for sentence in found.sentences)


def test_a_picture_of_the_detector_may_go():
    y, x = np.indices(cases.SHAPE)
    pattern = (3 * cases.NOISE * np.cos(x / 10.0) * np.sin(y / 12.0)).astype(np.float32)
    exposures = [one.replace(sci=one.sci + pattern) for one in cases.program(6, scene=waves)]
    found = proof_of(cases.each(lambda planes: planes.replace(sci=planes.sci - pattern)), exposures)
    assert found.sky_structure > 0.5 * cases.NOISE
    assert abs(found.sky_structure_lost) < 0.05
    assert found.verdict == "good", found.sentences


def test_broken_rules_are_harm():
    def wiped(planes):
        return planes.replace(dq=np.zeros_like(planes.dq), sci=np.nan_to_num(planes.sci))

    def holed(planes):
        sci = planes.sci.copy()
        sci[50:60, 50:60] = np.nan
        return planes.replace(sci=sci)

    wiped_proof, holed_proof = (proof_of(cases.each(one), cases.program()) for one in (wiped, holed))
    assert wiped_proof.flags_taken > 0
    assert holed_proof.unflagged_nan > 0
    assert wiped_proof.verdict == holed_proof.verdict == "harm"


@settings(deadline=None, max_examples=3)
@given(seeds)
def test_equal_seeds_give_equal_proofs_and_others_others(seed):
    exposures = cases.program(2)
    first, again = (proof_of(cases.without_median(9), exposures, seed=seed) for _ in range(2))
    assert first.to_dict() == again.to_dict()
    assert proof_of(cases.without_median(9), exposures, seed=seed + 1).flux_bias != first.flux_bias


def test_inputs_are_not_modified_and_lazy_exposures_give_the_same():
    exposures = cases.program()
    copies = [(one.sci.copy(), one.dq.copy(), one.err.copy()) for one in exposures]
    eager = proof_of(cases.scaled(0.9), exposures)
    for one, (sci, dq, err) in zip(exposures, copies, strict=True):
        assert np.array_equal(one.sci, sci, equal_nan=True)
        assert np.array_equal(one.dq, dq)
        assert np.array_equal(one.err, err, equal_nan=True)
    assert proof_of(cases.scaled(0.9), Lazy(3, cases.exposure)).to_dict() == eager.to_dict()


def test_all_exposures_go_in_and_few_are_measured():
    seen = []

    def correct(exposures):
        seen.append(len(exposures))
        return CorrectionResult(exposures)

    found = proof_of(correct, cases.program(9), most_exposures=4)
    # once as they are, with sources, and with each set of extended light
    assert set(seen) == {9} and len(seen) >= 3
    assert (found.exposures, found.measured) == (9, 4)


def test_sources_are_at_the_same_place_of_the_sky_in_all_dithers():
    found = proof_of(cases.each(cases.identity), cases.program(4), sources=60)
    assert found.places < found.sources <= 4 * found.places
    alone = proof_of(cases.each(cases.identity), cases.program(4, wcs=False), sources=60)
    assert alone.places == alone.sources > 0
    assert np.isnan(alone.sky_structure)


@pytest.mark.parametrize("count", [0, 1])
def test_little_to_prove_with(count):
    exposures = [cases.exposure(0, shape=(24, 24), bad=1.0)] * count
    found = proof_of(cases.each(cases.identity), exposures)
    assert found.verdict == "doubtful"
    assert "No source could be added" in found.sentences[0]


def test_a_proof_survives_its_record():
    found = proof_of(cases.without_median(15), cases.program(4, scene=waves))
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    again = Proof.from_dict(plain | {"of a newer version": 1})
    assert again.to_dict() == plain
    assert again.sentences == found.sentences
    assert again.bins == found.bins
    assert Proof.from_dict(Proof().to_dict()).to_dict() == Proof().to_dict()
