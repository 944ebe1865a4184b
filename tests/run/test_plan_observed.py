"""The chains of the observed programs, planned for every exposure of their full twins."""

import pytest

from miri_widgets.products.exposure import Exposure
from miri_widgets.products.program import load_program
from miri_widgets.run import plan_stages
from miri_widgets.run.setting_layers import checked_layer
from miri_widgets.settings import Settings, Source
from miri_widgets.simulation import PROGRAMS
from miri_widgets.simulation.plan import planned_exposures
from miri_widgets.steps.declarations import declared
from miri_widgets.steps.stages import STAGES

ENVIRONMENT = {"CRDS_CONTEXT": "jwst_1464.pmap", "CRDS_PATH": "/none"}
OBSERVED = sorted(name.removesuffix("_full") for name in PROGRAMS if name.endswith("_full"))


def exposures(name, folder):
    """Facts of the exposures of a full twin, with files that are named right and empty."""
    program, found = PROGRAMS[name + "_full"], []
    for one in planned_exposures(program):
        path, setup = folder / one.name.filename, program.setup(one.filter)
        path.write_text(path.name)
        found.append(
            Exposure(
                path=path, name=one.name, filter=one.filter, subarray="FULL", readpatt="FASTR1", nints=setup.nints,
                ngroups=setup.ngroups, nx=1032, ny=1024, dither=one.dither + 1, dithers=4, start="",
                start_mjd=one.start_mjd, end_mjd=one.start_mjd + 0.001, exposure_time=1.0,
                guide_star=one.tile.guide_star, target="", ra=one.planned.ra, dec=one.planned.dec, s_region="", size=1,
                mtime_ns=1, header_program=program.program,
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("name", OBSERVED)
def test_a_program_file_plans_its_whole_chain(name, repository, tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "root"))
    program = load_program(repository / "dashboards" / f"{name}.toml")
    chain = [one.name for one in STAGES if not one.optional or one.name in program.stages]
    found, told = exposures(name, tmp_path), []

    def settings(stage, exposure):
        layers = {
            Source.PRESET: checked_layer(declared(stage), program.preset(stage, exposure.filter), told),
            Source.PROGRAM: checked_layer(declared(stage), program.settings.get(stage, {}), told),
        }
        return Settings(declared(stage), layers)

    plans = plan_stages(tmp_path / "work", found, chain, settings, ENVIRONMENT, only=program.only)
    assert told == []
    mosaics = [plan for plan in plans if plan.stage == "image3"]
    assert len(mosaics) == len({one.filter for one in found})
    science = {one.root for one in found if one.observation != "040"}
    assert {root for plan in mosaics for root in plan.exposures} == science
    if "sky" in chain:
        of = {one.root: one.filter for one in found}
        filters = {of[plan.exposures[0]] for plan in plans if plan.stage == "sky"}
        assert filters == set(program.only.get("sky", set(of.values())))
    # the mosaics of all filters lie on one grid
    assert len({one.product for plan in mosaics for one in plan.inputs if one.stage == "grid"}) == 1


def test_exposures_go_past_a_stage_that_does_not_take_their_filter(tmp_path):
    found = exposures("lmc_1040", tmp_path)[:20]  # ten of two filters
    chain = ["detector1", "image2", "areas", "sky", "image3"]
    plans = plan_stages(
        tmp_path / "work", found, chain, {}, ENVIRONMENT, only={"sky": ["F560W"], "image2": []}
    )
    sky = [plan for plan in plans if plan.stage == "sky"]
    assert [plan.label for plan in sky] == ["jw01040_miri_f560w"]
    for plan in plans:
        if plan.stage == "image3":
            givers = {one.stage for one in plan.inputs}
            assert givers == ({"sky"} if "f560w" in plan.label else {"areas"})
    # what the chain cannot do without takes all, whatever is said
    assert sum(plan.stage == "image2" for plan in plans) == 20


def test_values_of_one_filter_act_in_it_alone(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path))
    program = load_program(repository / "dashboards" / "stephans_quintet_2732.toml")
    assert program.preset("sky", "F1500W")["exclude_delta"] == 20.0
    assert program.preset("sky", "F770W")["exclude_delta"] == 1.0
