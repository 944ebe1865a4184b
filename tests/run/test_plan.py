"""Laws of keys: equal content, equal name; anything else, another name."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.errors import WrongSuffixError
from miri_widgets.run import RunPlan, plan_stages, run_key

from .conftest import ENVIRONMENT, make_exposure

STAGES = ("detector1", "image2", "image3")
names = st.text("abcdef.", min_size=1, max_size=8)
values = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5))
contents = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(STAGES),
        "stage_version": st.integers(1, 9),
        "settings": st.dictionaries(names, values, max_size=4),
        "identities": st.lists(names, min_size=1, max_size=5),
        "crds_context": st.sampled_from(["jwst_1413.pmap", "jwst_1414.pmap"]),
        "jwst_version": st.sampled_from(["3.0.0", "3.0.1"]),
        "product_name": st.sampled_from(["a", "b"]),
    }
)


@settings(deadline=None)
@given(content=contents, data=st.data())
def test_order_of_inputs_and_settings_does_not_matter(content, data):
    shuffled = content | {
        "identities": data.draw(st.permutations(content["identities"])),
        "settings": dict(reversed(content["settings"].items())),
    }
    assert run_key(**content) == run_key(**shuffled)


@settings(deadline=None)
@given(one=contents, other=contents)
def test_keys_are_equal_only_for_equal_content(one, other):
    def plain(content):
        return json.dumps(content | {"identities": sorted(content["identities"])}, sort_keys=True)

    assert (run_key(**one) == run_key(**other)) == (plain(one) == plain(other))


@settings(deadline=None)
@given(content=contents, field=st.sampled_from(["stage_version", "settings", "identities"]))
def test_any_change_gives_another_key(content, field):
    change = {
        "stage_version": content["stage_version"] + 1,
        "settings": content["settings"] | {"new.name": 1},
        "identities": [*content["identities"], "one more"],
    }
    assert run_key(**content) != run_key(**(content | {field: change[field]}))


def plan(folder, exposures, stages=STAGES, values=None, **more):
    return plan_stages(folder, exposures, stages, values or {}, more.pop("environment", ENVIRONMENT), **more)


@settings(max_examples=10, deadline=None)  # files are hashed, on a machine that others use
@given(order=st.permutations(range(4)))
def test_order_of_exposures_does_not_matter(tmp_path_factory, order):
    folder = tmp_path_factory.getbasetemp() / "law"
    exposures = [make_exposure(folder, number) for number in range(4)]
    assert plan(folder, [exposures[i] for i in order]) == plan(folder, exposures)


def test_a_chain_is_planned_before_anything_ran(tmp_path):
    exposures = [make_exposure(tmp_path / "raw", number) for number in (1, 2)]
    plans = plan(tmp_path, exposures, product_name="m31_{filter}")
    assert [one.stage for one in plans] == ["detector1"] * 2 + ["image2"] * 2 + ["image3"]
    keys = [one.key for one in plans]
    assert plans[2].depends == (keys[0],) and set(plans[4].depends) == set(keys[2:4])
    assert plans[4].label == plans[4].product_name == "m31_f770w" and plans[0].product_name == ""
    assert plans[2].inputs[0].file(SimpleNamespace(run_folder=lambda s, k: tmp_path / s / k)) == (
        tmp_path / "detector1" / keys[0] / f"{exposures[0].root}_rate.fits"
    )
    assert all(len(key) == 20 for key in keys)


def test_a_change_moves_all_keys_downstream_and_none_upstream(tmp_path):
    exposures = [make_exposure(tmp_path / "raw", number) for number in (1, 2)]
    before = plan(tmp_path, exposures)
    flat = plan(tmp_path, exposures, values={"image2": {"flat_field.skip": True}})
    assert [a.key == b.key for a, b in zip(before, flat, strict=True)] == [True, True, False, False, False]
    other = [make_exposure(tmp_path / "raw", 1, "other bytes"), exposures[1]]
    changed = plan(tmp_path, other)
    assert [a.key == b.key for a, b in zip(before, changed, strict=True)] == [False, True, False, True, False]
    context = plan(tmp_path, exposures, environment={"CRDS_CONTEXT": "jwst_9002.pmap"})
    assert not {one.key for one in before} & {one.key for one in context}


def test_a_file_that_moved_keeps_its_key(tmp_path):
    here, there = (make_exposure(tmp_path / name, 1) for name in ("a", "b"))
    assert plan(tmp_path, [here])[0].key == plan(tmp_path, [there])[0].key


def test_each_filter_has_its_product(tmp_path):
    exposures = [make_exposure(tmp_path, 1), make_exposure(tmp_path, 2, filter_name="F1000W")]
    last = [one for one in plan(tmp_path, exposures, product_name="field") if one.stage == "image3"]
    assert [one.label for one in last] == ["field_f770w", "field_f1000w"]
    assert [len(one.inputs) for one in last] == [1, 1]


def test_a_product_name_is_no_way_out_of_the_folder(tmp_path):
    plans = plan(tmp_path, [make_exposure(tmp_path, 1)], product_name="../../x")
    assert plans[-1].product_name == "x"


def test_a_gap_in_the_chain_is_an_error(tmp_path):
    with pytest.raises(WrongSuffixError, match="a cal product, or the stage before"):
        plan(tmp_path, [make_exposure(tmp_path, 1)], ("detector1", "image3"))


def test_round_trip(tmp_path):
    for one in plan(tmp_path, [make_exposure(tmp_path, 1)]):
        assert RunPlan.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_memory_follows_what_was_measured(tmp_path):
    from miri_widgets.run import Workspace
    from miri_widgets.run.estimates import Measured, note_measured

    exposure = make_exposure(tmp_path / "raw", 1)
    full = replace(exposure, nx=1032, ny=1024, ngroups=10)
    assert 900 < plan(tmp_path, [full])[0].predicted_mb < 1200
    workspace = Workspace(tmp_path)
    for peak in (500.0, 600.0):
        note_measured(workspace, Measured("detector1", "1024x1032x10x1", peak, 7.0))
    with workspace.measured.open("a") as stream:
        stream.write('{"stage": "detector1", "torn')
    found = plan(tmp_path, [full])[0]
    assert found.predicted_mb == pytest.approx(690) and found.predicted_seconds == 7.0
