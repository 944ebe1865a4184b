"""Exposures without noise, without sky or nearly without pixels: our corrections and what judges them stay on their feet."""

import math

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.exposure_arrays import CorrectionResult
from miri_widgets.core.validation.figures import Proof
from miri_widgets.core.validation.mask_validation import prove_masks
from miri_widgets.core.validation.validation import judged, prove
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.steps.execute import execute
from miri_widgets.steps.previews import operation_of
from miri_widgets.steps.stages import STAGES
from tests.support import proof_cases as cases

SHAPE = (96, 96)
OWN = [one.name for one in STAGES if one.correction]


def all_but(sci, rows, columns):
    left = np.full_like(sci, np.nan)
    left[rows, columns] = sci[rows, columns]
    return left


DEGENERATE = {
    "all zero": lambda sci: np.zeros_like(sci),
    "constant": lambda sci: np.full_like(sci, 3.5),
    "all NaN but few": lambda sci: all_but(sci, slice(40, 44), slice(50, 54)),
    "one finite pixel": lambda sci: all_but(sci, 50, 50),
    "all NaN": lambda sci: np.full_like(sci, np.nan),
    "all infinite": lambda sci: np.full_like(sci, np.inf),
    "half zero": lambda sci: np.where(np.arange(sci.shape[0])[:, None] < 48, np.float32(0), sci),
    "zero below the 90th percentile": lambda sci: np.where(sci < np.nanpercentile(sci, 90), np.float32(0), sci),
    "a patch of infinity": lambda sci: np.where(np.add.outer(range(96), range(96)) < 30, np.float32(np.inf), sci),
    "negative": lambda sci: -10 * np.abs(sci),
    "huge": lambda sci: sci * np.float32(1e30),
    "tiny": lambda sci: sci * np.float32(1e-38),
}  # fmt: skip
ERRORS = {"its ERR": 1.0, "zero ERR": 0.0, "no ERR": math.nan, "infinite ERR": math.inf}


def exposures(change, err=1.0, dq=None, count=4):
    found = []
    for index in range(count):
        one = cases.exposure(index, shape=SHAPE)
        with np.errstate(all="ignore"):
            one = one.replace(sci=np.asarray(change(one.sci), np.float32), err=(one.err * np.float32(err)))
        found.append(one if dq is None else one.replace(dq=np.full(SHAPE, dq, np.uint32)))
    return found


def require_judged(name, some):
    """Correct and judge; a correction may refuse by a sentence, a judge may not fail."""
    operation = operation_of(name)
    try:
        outcome = operation(some)
        list(outcome.exposures)
    except MiriWidgetsError as error:
        assert "; expected " in str(error)
        return
    proof = prove(operation, some, outcome, sources=40)
    # the fall-back is for what nobody has thought of: these are judged by their figures, in words
    assert proof.headline != "could not be measured", proof.sentences
    assert proof.sentences and len(proof.sentences) == len(proof.grades)
    assert not any(word in line for line in proof.sentences for word in ("nan", "inf ", "Error"))
    assert Proof.from_dict(proof.to_dict()).to_dict() == proof.to_dict()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("what", DEGENERATE)
def test_no_degenerate_exposure_makes_a_step_fail_through_its_proof(name, what):
    require_judged(name, exposures(DEGENERATE[what]))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(deadline=None, max_examples=12)
@given(
    st.sampled_from(OWN),
    st.sampled_from(sorted(DEGENERATE)),
    st.sampled_from(sorted(ERRORS)),
    st.sampled_from([None, 0, 1, 2]),
    st.integers(1, 4),
)
def test_degenerate_exposures_of_any_err_and_dq_are_judged_in_words(name, what, err, dq, count):
    require_judged(name, exposures(DEGENERATE[what], ERRORS[err], dq, count))


def test_zero_background_is_judged_in_words_and_is_not_called_unharmed_noise():
    """A field without noise: noise added to it by a step could not be compared."""
    some = exposures(DEGENERATE["all zero"])

    def noisy(planes):
        more = np.random.default_rng(3).normal(0, 0.1, planes.shape).astype(np.float32)
        return planes.replace(sci=planes.sci + more)

    correct = cases.each(noisy)
    proof = prove(correct, some, correct(some), sources=40)
    assert proof.verdict != "good"
    assert any("without any noise: the noise could not be compared" in line for line in proof.sentences)


def test_a_judge_that_fails_leaves_the_product_and_says_why():
    some = exposures(lambda sci: sci)

    def fails_with_sources(exposures):
        if exposures is not some:
            raise ZeroDivisionError("float division by zero")
        return CorrectionResult(exposures)

    proof = prove(fails_with_sources, some, fails_with_sources(some))
    assert (proof.verdict, proof.headline) == ("doubtful", "could not be measured")
    assert "ZeroDivisionError: float division by zero" in proof.sentences[0]
    assert "the products are complete" in proof.sentences[0]
    with pytest.raises(KeyboardInterrupt):
        judged(lambda: (_ for _ in ()).throw(KeyboardInterrupt()))


def test_masks_on_exposures_without_a_usable_pixel_are_doubtful():
    nothing, some = np.zeros(SHAPE, bool), np.ones(SHAPE, bool)
    alone = prove_masks([nothing], [nothing], [2.5], ["e0"])
    assert alone.verdict == "doubtful" and "could not be measured" in alone.sentences[0]
    both = prove_masks([nothing, nothing], [nothing, some], [2.5, 2.5], ["e0", "e1"])
    assert both.verdict == "doubtful" and "1 of 2 exposures have no usable pixel" in both.sentences[-1]
    assert prove_masks([nothing], [some], [2.5], ["e0"]).verdict == "good"


@pytest.mark.pipeline
@pytest.mark.xdist_group("small_program")
@pytest.mark.parametrize("name", ["areas", "pullupdown", "sky", "level_match", "warm_pixels", "stripes"])
def test_zero_background_passes_every_step(name, own_runs, tmp_path):
    """All pixels below the 90th percentile are 0, in calibrated files."""
    stage = next(one for one in STAGES if one.name == name)
    inputs = []
    for path in own_runs.inputs(stage):
        inputs.append(tmp_path / path.name)
        with fits.open(path) as hdus:
            sci = hdus["SCI"].data
            sci[sci < np.nanpercentile(sci, 90)] = 0
            hdus.writeto(inputs[-1])
    result = own_runs.call(execute, name, inputs, {}, tmp_path / "out", product_name="zero")
    report = result.facts["report"]
    proofs = [one for one in (report.get("proof"), *(report.get("proofs") or ())) if one]
    assert proofs and all(one["headline"] != "could not be measured" for one in proofs)
