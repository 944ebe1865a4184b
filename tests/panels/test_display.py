"""Numbers of the display bar: taken, or answered with a sentence."""

from types import SimpleNamespace

import pytest

from miri_widgets.panels.parts.display import _Controls


@pytest.fixture
def model():
    fixed = []
    return SimpleNamespace(
        percentile=99.5,
        black=1.0,
        white=5.0,
        unit="MJy/sr",
        sentence="",
        ranges=fixed,
        fix=lambda *two: fixed.append(two),
        release=lambda: fixed.append(None),
    )


@pytest.mark.parametrize("typed", ["150", "text", "nan", "inf", "1e400", "-1", "1,5", "1,500", "99 %", "50"])
def test_a_percentile_that_is_none_is_answered_with_a_sentence(model, typed):
    controls = _Controls(model)
    controls.vue_set_percentile(typed)
    assert model.percentile == 99.5
    assert "Enter a number above 50, up to 100 (now 99.5)." in model.sentence
    controls.vue_set_percentile("98")
    assert model.percentile == 98 and model.sentence == ""
    controls.close()


@pytest.mark.parametrize("typed", ["text", "nan", "inf", "1e400", "1,500", "3 MJy/sr"])
@pytest.mark.parametrize("limit", ["black", "white"])
def test_a_limit_that_is_no_number_is_answered_with_a_sentence(model, typed, limit):
    controls = _Controls(model)
    getattr(controls, f"vue_set_{limit}")(typed)
    assert not model.ranges
    assert model.sentence.endswith("is not a number. Enter a number in MJy/sr, or Automatic.")
    getattr(controls, f"vue_set_{limit}")(" 3 ")
    assert len(model.ranges) == 1
    controls.close()


@pytest.mark.parametrize("typed", ["", "  ", None])
def test_an_emptied_field_is_automatic_again(model, typed):
    controls = _Controls(model)
    model.percentile = 97.0
    controls.vue_set_percentile(typed)
    assert model.percentile == 99.5
    controls.vue_set_black(typed)
    controls.vue_set_white(typed)
    assert model.ranges == [None, None] and model.sentence == ""
    controls.close()


def test_a_decimal_comma_is_understood(model):
    controls = _Controls(model)
    controls.vue_set_percentile("98,5")
    controls.vue_set_black("-0,1")
    assert model.percentile == 98.5 and model.ranges == [(-0.1, 5.0)]
    controls.close()


def test_the_range_is_measured_as_chosen(session):
    from miri_widgets.models.display import DisplayModel
    from miri_widgets.panels.parts.display import DisplayBar

    bar = DisplayBar(DisplayModel(session))
    bar.controls.method = "zscale"
    assert bar.model.method == "zscale"
    bar.model.method = "min-max"
    assert bar.controls.method == "min-max"
    bar.controls.method = "nonsense"
    assert bar.model.method == "min-max"
    bar.close()
