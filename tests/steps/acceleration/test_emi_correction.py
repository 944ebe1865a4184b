import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.steps.acceleration.emi_correction import emicorr_refwave, sums_by_phase


def ramps(seed, nints, ngroups, ny, nx, *, broken=0.0):
    random = np.random.default_rng(seed)
    steps = random.normal(30, 5, (nints, ngroups, ny, nx)).astype("float32")
    data = np.cumsum(steps, axis=1, dtype="float32")
    data[random.random(data.shape) < broken] = np.nan
    flags = (random.random((ny, nx)) < 0.05).astype("uint32")
    wave = np.sin(np.linspace(0, 2 * np.pi, 64, endpoint=False)) * 20
    return data, flags, wave


def stock(data, *arguments, **options):
    from jwst.emicorr.emicorr import emicorr_refwave as function

    return function(data, *arguments, **options)


@pytest.mark.parametrize(
    "shape", [(1, 5, 32, 64), (3, 4, 16, 72), (1, 2, 8, 16), (2, 1, 8, 32), (1, 6, 24, 28)]
)
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("nsamples, rowclocks", [(1, 271), (9, 2304)])
@pytest.mark.parametrize("broken", [0.0, 0.02])
def test_every_bit_is_that_of_the_pipeline(shape, apart, nsamples, rowclocks, broken):
    data, flags, wave = ramps(sum(shape), *shape, broken=broken)
    arguments = (flags, wave, nsamples, rowclocks, 1024 * rowclocks, 255.87)
    options = {"fit_ints_separately": apart, "nphases_opt": 40}
    with np.errstate(all="ignore"):
        expected = stock(data.copy(), *arguments, **options)
        mine = data.copy()
        result = emicorr_refwave(mine, *arguments, **options)
    assert result is mine  # in place, as the pipeline does it
    assert result.dtype == expected.dtype
    assert result.tobytes() == expected.tobytes()


def test_the_waveform_is_taken_out():
    data, flags, wave = ramps(1, 1, 8, 64, 64)
    quiet = data.copy()
    phase = (np.arange(64)[:, None] * 271 + np.arange(16)) / 255.87 % 1
    frame = ((64 * 271 + 960 * 7.0) / 255.87) % 1
    for group in range(8):
        added = np.interp((phase + frame * group) % 1, np.linspace(0, 1, 64), wave)
        data[0, group] += np.repeat(added, 4, axis=1)
    with_wave = np.std(data - quiet)
    result = emicorr_refwave(data.copy(), flags * 0, wave, 1, 271, 1024 * 271, 255.87)
    assert np.std(result - quiet) < 0.3 * with_wave


def sums_pixel_by_pixel(data, good, phase, nphases):
    """The pipeline's loop."""
    nints, ngroups, ny, _ = data.shape
    sums, counts = np.zeros((nints, nphases, ngroups)), np.zeros((nints, nphases))
    for row in range(ny):
        for column in range(phase.shape[1]):
            if column in (1, 2):
                continue
            index = int(phase[row, column] * nphases)
            for channel in range(4):
                use = good[:, row, column * 4 + channel]
                sums[:, index] += data[:, :, row, column * 4 + channel] * use[:, np.newaxis]
                counts[:, index] += use
    return sums, counts


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 9), st.integers(1, 10), st.integers(0, 3)),
    st.sampled_from([0.0, 0.1]),
    st.sampled_from(["float32", "float64"]),
)
def test_sums_are_those_of_the_loop(seed, shape, broken, kind):
    nints, ngroups, ny, columns, rest = shape
    random = np.random.default_rng(seed)
    data = (
        random.normal(size=(nints, ngroups, ny, columns * 4 + rest)) * 10.0 ** random.integers(-3, 6)
    ).astype(kind)
    data[random.random(data.shape) < broken] = random.choice([np.nan, np.inf, -np.inf, 0.0])
    good = random.random((nints, ny, columns * 4 + rest)) < 0.7
    phase = random.random((ny, columns))
    with np.errstate(all="ignore"):
        expected = sums_pixel_by_pixel(data, good, phase, 7)
        result = sums_by_phase(data, good, phase, 7)
    for mine, theirs in zip(result, expected, strict=True):
        assert np.array_equal(mine, theirs, equal_nan=True)


def test_a_phase_of_one_is_refused_as_in_the_pipeline():
    with pytest.raises(IndexError, match="out of bounds"):
        sums_by_phase(np.ones((1, 1, 1, 4)), np.ones((1, 1, 4), bool), np.ones((1, 1)), 5)
