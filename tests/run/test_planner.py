"""Shifts, their application and the one grid as part of a chain: who needs whom, and what is run again."""

from dataclasses import replace

import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.run import plan_stages
from miri_widgets.run.groups import groups_of

from .conftest import ENVIRONMENT, make_exposure

CHAIN = ("detector1", "image2", "grid", "sky", "shifts", "apply_shift", "image3")


def exposures(folder, filters=("F1500W", "F560W"), stars=("S1", "S2")):
    made = []
    for place, filter_name in enumerate(filters):
        for tile, star in enumerate(stars):
            for dither in (1, 2):
                one = make_exposure(folder, 10 * place + 4 * tile + dither, filter_name=filter_name)
                name = replace(one.name, visit=f"{tile + 1:03d}")
                path = one.path.rename(folder / name.filename)
                path.write_text(name.filename)
                made.append(replace(one, name=name, path=path, guide_star=star))
    return made


def plan(folder, some, stages=CHAIN, values=None):
    return plan_stages(folder, some, stages, values or {}, ENVIRONMENT)


def keys(plans):
    return {(one.stage, one.label): one.key for one in plans}


def of(plans, stage):
    return [one for one in plans if one.stage == stage]


def changed(before, after):
    return {stage for (stage, label), key in keys(before).items() if keys(after)[stage, label] != key}


def test_shifts_of_the_shortest_filter_go_to_exposures_of_all_filters(tmp_path):
    some = exposures(tmp_path)
    plans = plan(tmp_path, some)
    (shifts,) = of(plans, "shifts")
    assert shifts.exposures == tuple(sorted(one.root for one in some if one.filter == "F560W"))
    assert all(one.stage == "sky" for one in shifts.inputs)
    applied = of(plans, "apply_shift")
    assert len(applied) == len(some)
    for one in applied:
        (table,) = (each for each in one.inputs if each.parameter)
        assert (table.parameter, table.product) == ("shift_table", "jw01040_shifts.ecsv")
        assert table.run_key == shifts.key and shifts.key in one.depends
    for one in of(plans, "image3"):
        assert {each.stage for each in one.inputs if not each.parameter} == {"apply_shift"}
        assert one.settings["tweakreg.skip"] is True


def test_another_reference_filter_measures_there(tmp_path):
    some = exposures(tmp_path)
    plans = plan(tmp_path, some, values={"shifts": {"reference_filter": "F1500W"}})
    everything = tuple(sorted(one.root for one in some))
    assert of(plans, "shifts")[0].exposures == everything, "F560W stands by for groups that fail"
    with_longer = exposures(tmp_path / "three", ("F560W", "F1500W", "F2100W"))
    plans = plan(tmp_path, with_longer, values={"shifts": {"reference_filter": "F1500W"}})
    assert not {one.root for one in with_longer if one.filter == "F2100W"} & set(
        of(plans, "shifts")[0].exposures
    )
    with pytest.raises(ParameterError, match="F560W, F1500W, in which there are exposures"):
        plan(tmp_path, some, values={"shifts": {"reference_filter": "F770W"}})


def test_a_guide_star_that_the_reference_filter_missed_is_known_all_the_same(tmp_path):
    some = exposures(tmp_path / "a", stars=("S1", "S2"))
    some = [one for one in some if one.filter == "F560W" or one.guide_star == "S1"]
    lone = replace(some[0], name=replace(some[0].name, visit="009"), guide_star="S9")
    lone = replace(lone, path=some[0].path.with_name(lone.name.filename))
    lone.path.write_text("lone")
    (shifts,) = of(plan(tmp_path, [*some, lone]), "shifts")
    # with the others of its filter, which tell how the two filters compare
    assert set(shifts.exposures) == {one.root for one in (*some, lone)}


def test_runs_come_after_what_they_need_in_any_order_of_exposures(tmp_path):
    some = exposures(tmp_path)
    plans = plan(tmp_path, some)
    seen = set()
    for one in plans:
        assert set(one.depends) <= seen, one.label
        seen.add(one.key)
    assert plan(tmp_path, some[::-1]) == plans


def test_a_parameter_of_shifts_reruns_only_what_is_shifted(tmp_path):
    some = exposures(tmp_path)
    before = plan(tmp_path, some)
    assert changed(before, plan(tmp_path, some, values={"shifts": {"search_radius": 2.0}})) == {
        "shifts",
        "apply_shift",
        "image3",
    }
    assert changed(before, plan(tmp_path, some, values={"grid": {"margin": 30}})) == {"grid", "image3"}
    assert changed(before, plan(tmp_path, some, values={"sky": {"clip_low": 2.0}})) == {
        "sky",
        "shifts",
        "apply_shift",
        "image3",
    }


def test_a_catalogue_with_other_content_is_another_one(tmp_path):
    some = exposures(tmp_path)
    catalog = tmp_path / "gaia.csv"
    catalog.write_text("ra,dec")
    before = plan(tmp_path, some, values={"shifts": {"catalog": str(catalog)}})
    catalog.write_text("ra,dec\n1,2")
    after = plan(tmp_path, some, values={"shifts": {"catalog": str(catalog)}})
    assert changed(before, after) == {"shifts", "apply_shift", "image3"}


def test_one_grid_of_all_exposures_for_all_filters(tmp_path):
    some = exposures(tmp_path)
    plans = plan(tmp_path, some, values={"image3": {"resample.pixel_scale": 0.11}})
    (grid,) = of(plans, "grid")
    assert len(grid.exposures) == len(some)
    for one in of(plans, "image3"):
        (given,) = (each for each in one.inputs if each.parameter)
        assert (given.parameter, given.product) == ("resample.output_wcs", "jw01040_grid.asdf")
        assert given.run_key == grid.key
        assert "resample.pixel_scale" not in one.settings, "the usual scale does not contradict the grid"


def test_the_grid_does_not_move_with_the_shifts(tmp_path):
    some = exposures(tmp_path)
    without = of(plan(tmp_path, some, ("detector1", "image2", "grid", "image3")), "grid")
    assert of(plan(tmp_path, some), "grid") == without


@pytest.mark.parametrize(
    "name, value",
    [("resample.pixel_scale", 0.06), ("resample.rotation", 0.0), ("resample.crval", [1.0, 2.0])],
)
def test_what_contradicts_the_grid_is_told(tmp_path, name, value):
    some = exposures(tmp_path)
    with pytest.raises(ParameterError, match=f"{name} of image3 is set, and the stage grid decides it"):
        plan(tmp_path, some, values={"image3": {name: value}})
    plans = plan(tmp_path, some, ("detector1", "image2", "image3"), {"image3": {name: value}})
    assert of(plans, "image3")[0].settings[name] == value


def test_applying_needs_something_to_apply(tmp_path):
    some = exposures(tmp_path)
    chain = ("detector1", "image2", "apply_shift", "image3")
    with pytest.raises(ParameterError, match="the stage shifts in the chain, or shift_table set"):
        plan(tmp_path, some, chain)
    table = tmp_path / "shifts.ecsv"
    table.write_text("x")
    for values in ({"shift_table": str(table)}, {"dx": 0.1}, {"undo": True}):
        plans = plan(tmp_path, some, chain, {"apply_shift": values})
        assert of(plans, "apply_shift")[0].settings == values
    with pytest.raises(ParameterError, match="the stage shifts gives it too"):
        plan(tmp_path, some, CHAIN, {"apply_shift": {"shift_table": str(table)}})


def test_tweakreg_is_skipped_after_shifts_unless_the_user_wants_it(tmp_path):
    some = exposures(tmp_path)
    plans = plan(tmp_path, some, values={"image3": {"tweakreg.skip": False}})
    assert {one.settings["tweakreg.skip"] for one in of(plans, "image3")} == {False}
    plans = plan(tmp_path, some, ("detector1", "image2", "shifts", "image3"))
    assert "tweakreg.skip" not in of(plans, "image3")[0].settings


def test_dedicated_backgrounds_are_left_alone(tmp_path):
    some = exposures(tmp_path)
    empty = make_exposure(tmp_path / "sky", 1, filter_name="F560W")
    name = replace(empty.name, observation="002")
    path = empty.path.rename(empty.path.with_name(name.filename))
    empty = replace(empty, name=name, path=path, guide_star="S3")
    plans = plan(tmp_path, [*some, empty], values={"sky": {"background_observations": ["2"]}})
    for stage in ("grid", "shifts", "apply_shift", "image3"):
        assert not any(empty.root in one.exposures for one in of(plans, stage)), stage
    assert any(empty.root in one.exposures for one in of(plans, "sky"))


def test_an_exported_script_makes_the_same_keys(tmp_path):
    some = exposures(tmp_path)
    values = {"shifts": {"reference_filter": "F1500W", "search_radius": 2.0}, "grid": {"margin": 9}}
    plans = plan(tmp_path, some, values=values)
    of_file = {file: group for group in groups_of(plans) for file in group["files"]}
    again = plan_stages(
        tmp_path,
        some,
        CHAIN,
        lambda stage, exposure: of_file[str(exposure.path.resolve())]["settings"].get(stage, {}),
        ENVIRONMENT,
        product_name=lambda exposure: of_file[str(exposure.path.resolve())]["product_name"],
    )
    assert keys(again) == keys(plans)
