"""The fit of the interference against the pipeline's own, to the last bit."""

import numpy as np
import pytest
from scipy import interpolate

from miri_widgets.steps.acceleration import emi_fit as fast
from miri_widgets.steps.acceleration.emi_fit import calc_chisq_amplitudes, fill_fitter


def sums(nints, nphases, ngroups, kind):
    random = np.random.default_rng(nints * 1000 + nphases + ngroups)
    wave = np.sin(2 * np.pi * np.arange(nphases) / nphases)
    counts = random.integers(0, 40, (nints, nphases)).astype(float)
    values = random.normal(2000, 30, (nints, nphases, ngroups)) + 5 * np.roll(wave, nphases // 3)[:, None]
    values *= counts[..., None]
    if kind == "not a number":
        values[-1, 2, -1] = np.nan
    if kind == "nothing":
        values[:], counts[:] = 0, 0
    return values, counts


def fitters(nints, nphases, ngroups, kind="usual", phases=60):
    from jwst.emicorr.emicorr import EMIfitter

    values, counts = sums(nints, nphases, ngroups, kind)
    knots = (np.arange(nphases + 2) - 0.5) / nphases
    random = np.random.default_rng(5)
    wave = random.normal(size=nphases)
    phasefunc = interpolate.interp1d(knots, [wave[-1], *wave, wave[0]], kind="cubic")
    template = (knots[1:-1, np.newaxis] + np.arange(ngroups) * 0.377) % 1
    phaselist = np.arange(phases) * 1.0 / phases
    given = (values, counts, phasefunc, template, phaselist, 0.2934)
    mine = EMIfitter.__new__(EMIfitter)
    fill_fitter(mine, *given)
    return mine, EMIfitter(*given)


SHAPES = [
    (1, 20, 1),
    (1, 97, 2),
    (1, 500, 10),
    (3, 40, 7),
    (2, 64, 8),
    (12, 33, 9),
    (50, 20, 10),
    (2, 11, 130),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_prepared_sums_are_those_of_the_pipeline(shape):
    mine, stock = fitters(*shape)
    assert mine.__dict__.keys() == stock.__dict__.keys()
    for name, value in stock.__dict__.items():
        own = getattr(mine, name)
        if name in ("zlist", "szlist", "stzlist", "szzlist"):
            assert len(own) == len(value)
            for one, other in zip(own, value, strict=True):
                assert one.strides == other.strides and np.array_equal(one, other)
        elif name != "phasefunc":
            assert np.array_equal(own, value)


@pytest.mark.parametrize("kind", ["usual", "not a number", "nothing"])
@pytest.mark.parametrize("shape", SHAPES)
def test_chi_squared_and_amplitudes_are_those_of_the_pipeline(shape, kind):
    from jwst.emicorr.emicorr import calc_chisq_amplitudes as stock

    mine, theirs = fitters(*shape, kind)
    last = shape[0] - 1
    for given in (
        {},
        {"ints": [last]},
        {"phases": [0.1234]},
        {"phases": [0.9], "ints": [0, last]},
        {"ints": []},
    ):
        with np.errstate(all="ignore"):
            expected, result = stock(theirs, **given), calc_chisq_amplitudes(mine, **given)
        assert np.asarray(result).tobytes() == np.asarray(expected).tobytes()
        assert [len(values) for values in result] == [len(values) for values in expected]


@pytest.mark.parametrize("ngroups", [1, 5, 8, 9, 16, 17, 100, 128, 129, 131, 300])
def test_sums_in_pieces_are_those_of_numpy(ngroups):
    random = np.random.default_rng(ngroups)
    z = random.normal(size=(ngroups, 70)).T
    y = random.normal(size=(5, 70, ngroups)) * 10.0 ** random.integers(-8, 8, (5, 70, ngroups))
    expected = fast.summed_by_numpy(z, y)
    assert fast.summed_products(z, np.ascontiguousarray(y.transpose(2, 0, 1))).tobytes() == expected.tobytes()


def test_another_way_to_sum_is_noticed(monkeypatch):
    mine, theirs = fitters(3, 40, 9)
    monkeypatch.setattr(
        fast, "summed_products", lambda z, y: fast.summed_by_numpy(z, y.transpose(1, 2, 0)) + 1
    )
    from jwst.emicorr.emicorr import calc_chisq_amplitudes as stock

    assert calc_chisq_amplitudes(mine) == stock(theirs)
