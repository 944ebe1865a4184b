"""Settings are one value: immutable, validated, with the source of each entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.errors import ParameterError
from miri_widgets.settings import Kind, Parameter, Settings, Source

DECLARED = (
    Parameter("jump.rejection_threshold", Kind.FLOAT, 4.0, low=0, unit="sigma"),
    Parameter("jump.maximum_cores", Kind.STRING, "1"),
    Parameter("jump.skip", Kind.BOOLEAN, False),
    Parameter("ramp_fit.algorithm", Kind.CHOICE, "OLS_C", choices=("OLS_C", "LIKELY")),
    Parameter(
        "resample.output_shape", Kind.INTEGER_LIST, None, optional=True, minimum_items=2, maximum_items=2
    ),
    Parameter("tweakreg.brightest", Kind.INTEGER, 200, low=1, high=1000),
)
SETTINGS = Settings(DECLARED)


@given(st.floats(0, 1e6), st.booleans(), st.sampled_from(["OLS_C", "LIKELY"]), st.integers(1, 1000))
def test_values_come_back_and_the_old_value_stays(threshold, skip, algorithm, brightest):
    values = {
        "jump.rejection_threshold": threshold,
        "jump.skip": skip,
        "ramp_fit.algorithm": algorithm,
        "tweakreg.brightest": brightest,
    }
    changed = SETTINGS.replace(values)
    assert {name: changed[name] for name in values} == values
    assert changed.replace(values) == changed
    assert hash(changed.replace(values)) == hash(changed)
    assert changed.without() == SETTINGS
    assert SETTINGS["jump.rejection_threshold"] == 4.0


@given(st.text(max_size=20))
def test_text_is_parsed_or_refused_in_a_sentence(text):
    for parameter in DECLARED:
        try:
            value = parameter.check(text)
        except ParameterError as error:
            assert "expected" in str(error)
        else:
            assert parameter.check(value) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jump.rejection_threshold", -1),
        ("jump.rejection_threshold", "many"),
        ("jump.rejection_threshold", float("nan")),
        ("jump.rejection_threshold", True),
        ("jump.skip", "perhaps"),
        ("ramp_fit.algorithm", "OLS"),
        ("tweakreg.brightest", 3.5),
        ("tweakreg.brightest", float("inf")),
        ("tweakreg.brightest", 1001),
        ("resample.output_shape", [1]),
        ("resample.output_shape", "1, x"),
        ("no.such", 1),
    ],
)
def test_bad_values(name, value):
    with pytest.raises(ParameterError):
        SETTINGS.replace({name: value})


def test_sources_and_what_is_passed():
    layered = Settings(
        DECLARED,
        {
            Source.CRDS: {"jump.rejection_threshold": 5.0, "tweakreg.brightest": 100},
            Source.PRESET: {"tweakreg.brightest": 50},
            Source.USER: {"jump.skip": True},
        },
    )
    assert layered.effective("jump.rejection_threshold").source == Source.CRDS
    assert layered.effective("tweakreg.brightest").value == 50
    assert layered.effective("ramp_fit.algorithm").source == Source.SPEC
    # the pipeline itself applies what CRDS says
    assert layered.passed() == {"jump.skip": True, "tweakreg.brightest": 50}


def test_lists_none_and_plain_copies():
    changed = SETTINGS.replace({"resample.output_shape": "[10, 20]"})
    assert changed["resample.output_shape"] == (10, 20)
    assert changed.passed() == {"resample.output_shape": [10, 20]}
    assert SETTINGS.replace({"resample.output_shape": "None"})["resample.output_shape"] is None
    for parameter in DECLARED:
        assert Parameter.from_dict(parameter.to_dict()) == parameter
