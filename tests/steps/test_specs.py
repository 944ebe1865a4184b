"""Bounds of parameters stand in the specs of steps alone: refused at each border, and by no correction a second time."""

import math
import re
from importlib import import_module

import pytest
from stpipe import config_parser
from stpipe.config_parser import ValidationError

from miri_widgets.core.sky.subtraction import subtract_sky
from miri_widgets.errors import MiriWidgetsError, ParameterError
from miri_widgets.settings import Kind
from miri_widgets.simulation.calibrated import calibrated_program
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.previews import operation_of
from miri_widgets.steps.specs import pipeline_class
from miri_widgets.steps.stages import STAGES, stage

NAN = float("nan")
OUTSIDE = [
    *(("areas", "margin", value) for value in (-61, 201, 10**6)),
    *(("warm_pixels", name, value) for name, value in (("nsigma", 0), ("fraction", 0.2), ("min_exposures", 2))),
    *(("warm_pixels", name, value) for name, value in (("min_separation", NAN), ("box", 2), ("box", 32))),
    *(("sky", name, value) for name, value in (("clip_low", 0.0), ("clip_low", -1.0), ("source_threshold", NAN))),
    *(("sky", name, value) for name, value in (("source_grow", -1.0), ("mask_rounds", 0), ("method", "magic"))),
    *(("sky", name, value) for name, value in (("clip_high", 21.0), ("scaling", "magic"), ("exclude_above", NAN))),
    *(("pullupdown", name, value) for name, value in (("width", 1), ("offset", -1), ("source_nsigma", 0.0))),
    *(("pullupdown", name, value) for name, value in (("significance", NAN), ("significance", 1.9))),
    *(("stripes", name, value) for name, value in (("protect_scale", 0.0), ("source_nsigma", -1.0))),
    *(("stripes", name, value) for name, value in (("coronagraphs", "maybe"), ("min_pixels", 0))),
    *(("level_match", name, value) for name, value in (("model", "curve"), ("group", "night"), ("box", 2))),
    *(("level_match", name, value) for name, value in (("reference", "first"), ("min_cells", 0), ("plane_sigma", 0))),
    *(("grid", name, value) for name, value in (("pixel_scale", 0.0), ("pixel_scale", NAN), ("margin", -1))),
    *(("apply_shift", name, value) for name, value in (("dx", 61.0), ("rotation", NAN))),
]  # fmt: skip
CORRECTIONS = [one for one in STAGES if one.correction and one.takes == "cal"]


def numbers(of):
    """The bounded numbers of a correction."""
    found = [
        one
        for one in declared(of.name)
        if one.kind in (Kind.FLOAT, Kind.INTEGER) and not owned_reason(one.name)
    ]
    return [one for one in found if one.name != "proof_sources"]


def beyond(parameter):
    """The values just outside the bounds of a number; an odd one stays odd, as its help says."""
    step = 2 if parameter.name == "box" else 1
    low = (
        [] if parameter.low is None else [parameter.low - (step if parameter.kind is Kind.INTEGER else 0.01)]
    )
    high = (
        []
        if parameter.high is None
        else [parameter.high + (step if parameter.kind is Kind.INTEGER else 0.01)]
    )
    return low + high


@pytest.mark.parametrize(("name", "parameter", "value"), OUTSIDE)
def test_a_value_outside_is_refused_at_each_border(name, parameter, value):
    known = {one.name: one for one in declared(name)}[parameter]
    with pytest.raises(ParameterError, match=parameter):
        known.check(value)
    cls = pipeline_class(stage(name).pipeline)
    if isinstance(value, float) and math.isnan(value):
        # a spec cannot say that a number is one
        step = cls()
        setattr(step, parameter, value)
        with pytest.raises(ParameterError, match=f"{parameter} = nan; expected a number"):
            step.run("no_file_is_opened_cal.fits")
    else:
        with pytest.raises(ValidationError, match=parameter):
            config_parser.validate(config_parser.ConfigObj({parameter: str(value)}), cls.load_spec_file())


@pytest.mark.parametrize("of", [one for one in STAGES if one.is_own], ids=lambda one: one.name)
def test_every_bound_is_held(of):
    for parameter in numbers(of):
        for bound in (parameter.low, parameter.high):
            assert bound is None or parameter.check(bound) == bound
        for value in beyond(parameter):
            with pytest.raises(ParameterError, match=re.escape(parameter.name)):
                parameter.check(value)


@pytest.fixture(scope="module")
def exposures():
    return tuple(calibrated_program("sparse", "F560W", dithers=4, shape=(64, 64), effects=("noise",)).arrays)


def corrected(of, exposures, **settings):
    """Call a correction; what it refuses, by its sentence."""
    operation = subtract_sky if of.name == "sky" else operation_of(of.name)
    try:
        outcome = operation(exposures, **settings)
        for one in outcome.exposures:
            assert one.sci.shape == (64, 64)
    except ParameterError as error:
        return error
    except (MiriWidgetsError, ArithmeticError, ValueError, IndexError, UnboundLocalError, RuntimeWarning):
        pass  # nonsense in, whatever out: the border keeps it away
    return None


@pytest.mark.parametrize(
    ("of", "parameter"),
    [(of, one) for of in CORRECTIONS for one in numbers(of)],
    ids=lambda one: one.name,
)
def test_no_correction_has_bounds_of_its_own(exposures, of, parameter):
    inside = [one for one in (parameter.low, parameter.high) if one is not None]
    kind = int if parameter.kind is Kind.INTEGER else float
    for value in map(kind, (*inside, *beyond(parameter))):
        assert corrected(of, exposures, **{parameter.name: value}) is None, value


@pytest.mark.parametrize(
    ("of", "parameter"),
    [(of, one) for of in CORRECTIONS for one in declared(of.name) if one.kind is Kind.CHOICE],
    ids=lambda one: one.name,
)
def test_the_choices_of_a_correction_are_those_of_its_spec(exposures, of, parameter):
    error = corrected(of, exposures, **{parameter.name: "no such choice"})
    assert error is not None and parameter.name in str(error)
    listed = re.search(r"expected one of ([\w, ]+):", str(error)).group(1)
    assert set(listed.split(", ")) == set(parameter.choices)
    for choice in parameter.choices:
        assert corrected(of, exposures, **{parameter.name: choice}) is None, choice


def test_every_correction_is_tried():
    assert {one.name for one in CORRECTIONS} == {name for name, *_ in OUTSIDE} - {"grid", "apply_shift"}
    assert all(import_module(one.correction.partition(":")[0]) for one in CORRECTIONS)
