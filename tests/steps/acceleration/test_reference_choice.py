"""The choice of references against CRDS itself, on the simulated context."""

import pytest

from miri_widgets.steps.acceleration import stock_function
from miri_widgets.steps.acceleration.reference_choice import TARGET, hv_best_references

HEADER = {
    "meta.instrument.name": "MIRI", "meta.instrument.detector": "MIRIMAGE", "meta.instrument.filter": "F770W",
    "meta.instrument.band": "N/A", "meta.exposure.type": "MIR_IMAGE", "meta.exposure.readpatt": "FASTR1",
    "meta.subarray.name": "FULL", "meta.observation.date": "2022-07-01", "meta.observation.time": "10:00:00.000",
    "meta.exposure.ngroups": 10, "meta.exposure.nints": 1, "meta.target.ra": 80.1, "meta.visit.tsovisit": False,
    "cal_logs": "a log", "meta.wcs": None,
}  # fmt: skip
KINDS = (
    "mask",
    "saturation",
    "dark",
    "flat",
    "photom",
    "distortion",
    "pars-jumpstep",
    "no_such_type",
    "area",
)


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    from miri_widgets.products.program import data_root
    from miri_widgets.simulation import crds_environment, write_reference_cache

    cache = write_reference_cache(data_root() / "crds")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in crds_environment(cache.path, cache.context).items():
            patch.setenv(name, value)
        yield cache.context


def both(context, header, include, *more):
    outcomes = []
    for function in (hv_best_references, stock_function(TARGET), hv_best_references):
        try:
            outcomes.append(function(context, header, include, *more))
        except Exception as error:
            outcomes.append((type(error), str(error)))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    return outcomes[0]


@pytest.mark.parametrize("kind", KINDS)
def test_references_are_those_of_crds(context, kind):
    both(context, HEADER, [kind])


def test_something_is_chosen_and_each_caller_gets_a_copy(context):
    chosen = both(context, HEADER, list(KINDS))
    assert sum(not name.startswith("NOT FOUND") for name in chosen.values()) > 3
    hv_best_references(context, HEADER, list(KINDS)).clear()
    assert hv_best_references(context, HEADER, list(KINDS)) == chosen


@pytest.mark.parametrize(
    "changes",
    [
        {"meta.instrument.filter": "F2550W"},
        {"meta.instrument.filter": "f770w"},
        {"meta.instrument.filter": None},
        {"meta.subarray.name": "SUB64"},
        {"meta.subarray.name": "GENERIC"},
        {"meta.exposure.ngroups": 3},
        {"meta.exposure.readpatt": "SLOWR1"},
        {"meta.instrument.name": "miri"},
        {"meta.instrument.name": "NIRCAM"},
        {"meta.instrument.name": 5},
        {"META.INSTRUMENT.FILTER": "F2550W"},
        {"FILTER": "F2550W"},
        {"meta.observation.date": "1999-01-01"},
        {"meta.visit.tsovisit": True},
        {"meta.visit.tsovisit": 1},
        {"meta.exposure.type": ["MIR_IMAGE"]},
    ],
    ids=str,
)
def test_a_keyword_that_changes_is_noticed(context, changes):
    for kind in ("flat", "dark", "mask"):
        both(context, HEADER, [kind])
        both(context, HEADER | changes, [kind])


@pytest.mark.parametrize("missing", ["meta.instrument.name", "meta.instrument.filter", "meta.subarray.name"])
def test_a_keyword_that_is_missing_is_noticed(context, missing):
    both(context, {key: value for key, value in HEADER.items() if key != missing}, ["flat", "dark"])


def test_other_ways_to_ask(context):
    both(context, HEADER, ["flat"], False)
    both("jwst_9999.pmap", HEADER, ["flat"])
    assert hv_best_references(context, HEADER, ["flat"]) != hv_best_references(context, HEADER, ["dark"])
