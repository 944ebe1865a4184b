"""Filters as red, green and blue: values from the data, Lupton's mapping, and curves."""

import numpy as np
import pytest
from astropy.visualization import make_lupton_rgb
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.composite import Channel, CompositeMapping, Curve, Method, composite_rgb, mixing_matrix
from miri_widgets.core.composite_start import default_hues, sky_statistics, start_channel, start_mapping
from miri_widgets.errors import InputError, ParameterError

RGB = (240.0, 120.0, 0.0)


def channels(**values):
    return tuple(Channel(name, 0.0, 1.0, hue=hue, **values) for name, hue in zip("abc", RGB, strict=True))


@settings(max_examples=25, deadline=None)
@given(stretch=st.floats(0.005, 1), softening=st.floats(0.5, 20), seed=st.integers(0, 99))
def test_lupton_is_that_of_astropy(stretch, softening, seed):
    blue, green, red = np.random.default_rng(seed).gamma(0.5, 0.4, (3, 20, 30)).astype(np.float32)
    own = composite_rgb(
        (blue, green, red), CompositeMapping(channels(), stretch=stretch, softening=softening)
    )
    slow = make_lupton_rgb(red, green, blue, minimum=0, stretch=stretch, Q=softening)
    # astropy cuts to whole numbers of 255
    assert np.abs(own * 255 - slow.astype(float)).max() <= 1.01


def test_sky_and_noise_are_those_of_the_sky_not_of_the_sources():
    rng = np.random.default_rng(3)
    image = rng.normal(12.0, 0.2, (400, 400))
    crowded = rng.random(image.shape) < 0.15
    image[crowded] += rng.gamma(0.6, 20, crowded.sum())
    image[:60] = np.nan
    level, noise = sky_statistics(image)
    assert level == pytest.approx(12.0, abs=0.05) and noise == pytest.approx(0.2, rel=0.15)


def test_start_values_do_not_depend_on_the_unit():
    image = np.random.default_rng(1).gamma(0.5, 1.0, (200, 200)) + 5
    plain, scaled = start_channel(image, "F770W"), start_channel(image * 1e-3, "F770W")
    assert scaled.black == pytest.approx(plain.black * 1e-3) and scaled.white == pytest.approx(
        plain.white * 1e-3
    )


def test_a_new_composite_has_a_dark_sky_and_bright_sources():
    rng = np.random.default_rng(5)
    images = [rng.normal(level, noise, (300, 300)) for level, noise in ((5, 0.05), (12, 0.1), (40, 0.3))]
    for image, noise in zip(images, (0.05, 0.1, 0.3), strict=True):
        image[100:104, 100:104] += 2000 * noise
        image[200:210, 200:210] += 8 * noise
    picture = composite_rgb(images, start_mapping(images, ("F770W", "F1000W", "F1500W")))
    assert np.median(picture[:90]) < 0.1
    assert picture[101, 101].min() > 0.9
    assert 0.15 < picture[201:209, 201:209].mean() < 0.9


def test_hues_go_from_blue_to_red():
    assert default_hues(1) == (-1.0,)
    assert default_hues(3) == RGB
    assert list(default_hues(5)) == sorted(default_hues(5), reverse=True)
    names = ("F560W", "F770W", "F1130W", "F1500W", "F2100W")
    images = [np.random.default_rng(seed).normal(1, 0.1, (40, 40)) for seed in range(5)]
    mapping = start_mapping(images, names)
    assert [channel.filter for channel in mapping.channels if channel.weight > 0] == [
        "F560W",
        "F1130W",
        "F2100W",
    ]
    assert [channel.hue for channel in mapping.channels if channel.weight > 0] == list(RGB)
    assert all(channel.weight == 1 for channel in start_mapping(images, names, default_hues(5)).channels)


@given(hues=st.lists(st.floats(0, 359), min_size=2, max_size=7))
def test_equal_filters_are_white_where_all_colours_take_part(hues):
    hues = [*hues, *RGB]
    matrix = mixing_matrix([Channel(str(index), 0, 1, hue=hue) for index, hue in enumerate(hues)])
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-5)


def test_a_pixel_without_data_is_black_and_one_with_some_is_grey():
    images = [np.full((3, 3), value) for value in (0.9, 0.2, 0.4)]
    for image in images:
        image[0, 0] = np.nan
    images[1][1, 1] = np.nan
    for method in Method:
        picture = composite_rgb(
            images, CompositeMapping(channels(), method=method, stretch=0.5, saturation=1.5)
        )
        assert (picture[0, 0] == 0).all()
        assert np.ptp(picture[1, 1]) < 1e-6 and picture[1, 1, 0] > 0
        assert np.ptp(picture[2, 2]) > 0.1


@pytest.mark.parametrize("curve", Curve)
def test_each_curve_rises_from_black_to_white(curve):
    ramp = np.linspace(-0.2, 1.2, 141, dtype=np.float32).reshape(1, -1)
    mapping = CompositeMapping(channels(curve=curve), method=Method.CURVES)
    picture = composite_rgb((ramp, ramp, ramp), mapping)[0, :, 0]
    assert picture[0] == 0 and picture[-1] == pytest.approx(1, abs=1e-6)
    assert (np.diff(picture) >= -1e-7).all() and (np.diff(picture[22:118]) > 0).all()


def test_weights_and_saturation_act():
    images = [np.full((2, 2), value) for value in (0.8, 0.4, 0.2)]
    plain = composite_rgb(images, CompositeMapping(channels(), method=Method.CURVES))
    assert plain[0, 0].argmax() == 2
    grey = composite_rgb(images, CompositeMapping(channels(), method=Method.CURVES, saturation=0))
    assert np.ptp(grey[0, 0]) < 1e-6
    without = (Channel("a", 0, 1, 0.0, 240.0), *channels()[1:])
    assert composite_rgb(images, CompositeMapping(without, method=Method.CURVES))[0, 0, 2] == 0


@pytest.mark.parametrize(
    "values",
    [
        {"black": 1.0, "white": 1.0},
        {"black": 0.0, "white": np.nan},
        {"black": 0.0, "white": 1.0, "weight": -1.0},
    ],
)
def test_values_that_give_no_picture_are_refused(values):
    with pytest.raises(ParameterError, match="F770W"):
        Channel("F770W", **values)


def test_a_picture_of_nothing_is_refused():
    with pytest.raises(ParameterError, match="at least one filter"):
        CompositeMapping((Channel("F770W", 0, 1, 0.0),))
    with pytest.raises(ParameterError, match="stretch"):
        CompositeMapping(channels(), stretch=0.0)
    with pytest.raises(InputError, match="F770W"):
        start_channel(np.full((4, 4), np.nan), "F770W")
    with pytest.raises(InputError, match="one image per channel"):
        composite_rgb([np.zeros((2, 2))], CompositeMapping(channels()))


def test_settings_survive_json():
    mapping = CompositeMapping(channels(curve=Curve.LOG), method=Method.CURVES, stretch=0.3)
    assert CompositeMapping.from_dict(mapping.to_dict()) == mapping
