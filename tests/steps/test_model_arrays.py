"""Dates of the integrations of a ramp, whatever keyword gives them."""

import math

import numpy as np
import pytest

pytest.importorskip("stdatamodels")


def ramp(**dates):
    from stdatamodels.jwst.datamodels import RampModel

    model = RampModel((2, 5, 4, 4))
    model.meta.exposure.group_time, model.meta.exposure.frame_time = 8.64, 8.64
    model.meta.exposure.nresets_between_ints = 1
    for name, value in dates.items():
        owner = model.meta.exposure if name in _OF_EXPOSURE else model.meta.observation
        setattr(owner, name, value)
    return model


_OF_EXPOSURE = ("start_time", "mid_time", "end_time", "integration_start", "exposure_time")


@pytest.mark.parametrize(
    "dates",
    [
        {"start_time": 60310.5},
        {"start_time": 0.0, "date_beg": "2024-01-01T12:00:00.000"},
        {"date": "2024-01-01", "time": "12:00:00.000"},
        {"mid_time": 60310.5005, "exposure_time": 86.4},
    ],
)
def test_persistence_takes_any_date_of_the_exposure(dates):
    from miri_widgets.steps.model_arrays import integration_starts

    starts, length = integration_starts(ramp(**dates))
    assert length == pytest.approx(43.2)
    # five groups and a reset
    assert starts == pytest.approx([60310.5, 60310.5 + 51.84 / 86400], abs=1e-8)


def test_a_segment_counts_from_its_first_integration():
    from miri_widgets.steps.model_arrays import integration_starts

    assert integration_starts(ramp(start_time=60310.5, integration_start=3))[0][0] == pytest.approx(
        60310.5 + 2 * 51.84 / 86400, abs=1e-9
    )


@pytest.mark.parametrize(("value", "expected"), [(60311.25, 60311.25), (0.0, 60310.5), (math.nan, 60310.5)])
def test_a_table_of_integrations_counts_where_it_holds_dates(value, expected):
    from miri_widgets.steps.model_arrays import integration_starts

    model = ramp(start_time=60310.5)
    table = np.zeros(2, dtype=model.get_dtype("int_times"))
    table["int_start_MJD_UTC"] = value
    model.int_times = table
    assert integration_starts(model)[0][0] == pytest.approx(expected, abs=1e-9)


def test_without_any_date_nothing_is_dated_to_zero():
    from miri_widgets.steps.model_arrays import integration_starts

    assert all(math.isnan(start) for start in integration_starts(ramp())[0])
