"""Figures in words: as many digits as the error deserves, a true minus sign, and nothing where nothing changed."""

import pytest

from miri_widgets.core.validation.wording import changes, finite_or_zero, is_small, percent


@pytest.mark.parametrize(
    ("value", "err", "text"),
    [
        (0.0123, 0.004, "+1.2 ± 0.4 %"),
        (-0.5, 0.2, "−50 ± 20 %"),
        (0.001234, 0.0001, "+0.12 ± 0.01 %"),
        (0.02, float("nan"), "+2.0 %"),
        (-1e-9, 0.01, "0.0 ± 1.0 %"),
    ],
)
def test_digits_follow_the_error(value, err, text):
    assert percent(value, err) == text


def test_no_change_is_said_as_such():
    assert changes(0.0, 0.0) == "do not change" and changes(0.0, 0.0, many=False) == "does not change"
    assert changes(0.01, 0.001).startswith("change by +1.0")


def test_small_is_more_than_noise_and_more_than_nothing():
    assert is_small(0.01, 0.001) and not is_small(0.01, 0.01) and not is_small(1e-4, 1e-6)
    assert finite_or_zero(float("nan")) == 0 and finite_or_zero(0.2) == 0.2
