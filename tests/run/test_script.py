"""Exported code runs, and makes the same keys."""

import subprocess
import sys

import nbformat
import pytest

from miri_widgets.errors import EngineError, ParameterError
from miri_widgets.run import (
    Engine,
    RunStatus,
    code_for,
    export_notebook,
    export_script,
    groups,
    plan_stages,
)
from miri_widgets.run.plan import without_accelerations
from miri_widgets.steps.stages import STAGES

from .conftest import ENVIRONMENT, make_exposure


def test_the_script_reuses_the_runs_it_was_exported_from(bench):
    values = {"detector1": {"jump.tag": "script"}, "image3": {"resample.pixfrac": 0.8}}
    stages = ("detector1", "image2", "image3")
    plans = plan_stages(bench.workspace, bench.exposures(2), stages, values, ENVIRONMENT, product_name="m")
    bench.run(plans)
    script = bench.root / "reduce.py"
    script.write_text(_fake_headers() + export_script(plans, bench.workspace))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "Not the same" not in done.stdout
    newest = Engine(bench.workspace).jobs()[0]
    assert newest.counts == {RunStatus.REUSED: 5}


def _fake_headers():
    # the raw files of these tests hold no FITS: read_exposure is replaced before the script imports it
    return (
        "import sys; sys.path.insert(0, {!r})\n"
        "import importlib.util, pathlib\n"
        "spec = importlib.util.spec_from_file_location('bench', {!r})\n"
        "bench = importlib.util.module_from_spec(spec); spec.loader.exec_module(bench)\n"
        "import miri_widgets.run.groups as e\n"
        "e.read_exposure = lambda p: bench.make_exposure(p.parent, int(p.name[20:25]), p.read_text())\n"
    ).format(str(__file__), str(__file__).replace("test_script", "conftest"))


def test_code_of_one_run_is_python_and_names_its_settings(tmp_path, bench):
    values = {"detector1": {"jump.rejection_threshold": 4.5, "save_calibrated_ramp": True}}
    plans = plan_stages(
        bench.workspace, bench.exposures(2), ("detector1", "image2", "image3"), values, ENVIRONMENT
    )
    for plan in plans:
        compile(code_for(plan, bench.workspace), "code", "exec")
    first, last = code_for(plans[0], bench.workspace), code_for(plans[-1], bench.workspace)
    assert "from jwst.pipeline import Detector1Pipeline" in first
    assert "steps={'jump': {'rejection_threshold': 4.5}}" in first
    assert "save_calibrated_ramp=True," in first and "--steps.jump.rejection_threshold=4.5" in first
    assert "os.environ['CRDS_CONTEXT'] = 'jwst_9001.pmap'" in first
    assert "asn_from_list" in last and last.count("_cal.fits") == 2


CHAINS = {
    "some filters only": (("stripes",), {"stripes": ["F770W"]}, {}),
    "shifts of a reference filter": (
        ("grid", "areas", "shifts", "apply_shift"), {}, {"shifts": {"reference_filter": "F770W"}},
    ),
    "sky of one filter and shifts": (("sky", "shifts", "apply_shift"), {"sky": ["F1500W"]}, {}),
    "masks of the whole program": (("persistence", "warm_pixels"), {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_what_is_exported_plans_the_same_runs_again(bench, monkeypatch, name):
    optional, only, values = CHAINS[name]
    exposures = [
        *bench.exposures(3),
        *(make_exposure(bench.root / "uncal", number, filter_name="F1500W") for number in (4, 5, 6)),
    ]
    known = {one.path: one for one in exposures}
    monkeypatch.setattr(groups, "read_exposure", known.__getitem__)
    stages = [one.name for one in STAGES if not one.optional or one.name in optional]
    plans = plan_stages(
        bench.workspace, exposures, stages, values, ENVIRONMENT, product_name="m_{filter}", only=only
    )
    assert {plan.stage for plan in plans} == set(stages)
    again = groups.plan_groups(bench.root / "elsewhere", groups.groups_of(plans), stages, ENVIRONMENT)
    assert sorted(one.key for one in again) == sorted(one.key for one in plans)


def test_the_notebook_is_valid_and_says_what_departs_from_the_pipeline(bench):
    values = {"detector1": {"jump.rejection_threshold": 4.5, "jump.tag": "a|b `c`"}}
    plans = plan_stages(bench.workspace, bench.exposures(2), ("detector1", "image2"), values, ENVIRONMENT)
    text = export_notebook(plans, bench.workspace, "A <b>title</b>")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    words = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "2 exposures of the MIRI imager, 4 runs of the stages detector1, image2" in words
    assert "| detector1 | `jump.rejection_threshold` | 4.5 | 2 |" in words
    assert "a\\|b \\`c\\`" in words and "\\<b\\>" in words
    place = next(cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ()))
    assert place.startswith(f"WORKSPACE = Path({str(bench.workspace.root)!r})")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, "cell", "exec")
    assert text == export_notebook(plans, bench.workspace, "A <b>title</b>")


@pytest.mark.parametrize("export", [export_script, export_notebook])
def test_nothing_to_export_is_an_error(tmp_path, export):
    with pytest.raises(EngineError, match="no runs"):
        export([], tmp_path)


def test_what_is_exported_leaves_rejected_exposures_out_of_the_mosaic(bench, monkeypatch):
    some = bench.exposures(3)
    known = {one.path: one for one in some}
    monkeypatch.setattr(groups, "read_exposure", known.__getitem__)
    stages = ("detector1", "image2", "image3")
    plans = plan_stages(
        bench.workspace, some, stages, {}, ENVIRONMENT, product_name="m", rejected=[some[1].root]
    )
    assert plans[-1].exposures == (some[0].root, some[2].root)
    again = groups.plan_groups(bench.workspace, groups.groups_of(plans), stages, ENVIRONMENT)
    assert sorted(one.key for one in again) == sorted(one.key for one in plans)


def test_what_is_exported_says_which_exposures_the_mosaics_leave_out(bench):
    some = bench.exposures(3)
    stages = ("detector1", "image2", "image3")
    for rejected in ((), (some[1].root,)):
        plans = plan_stages(
            bench.workspace, some, stages, {}, ENVIRONMENT, product_name="m", rejected=rejected
        )
        script = export_script(plans, bench.workspace)
        compile(script, "script", "exec")
        told = [line for line in script.splitlines() if line.startswith("# rejected: ")]
        assert told == [f"# rejected: the mosaics leave out {root}" for root in rejected]
        notebook = nbformat.reads(export_notebook(plans, bench.workspace), as_version=4)
        head = notebook.cells[0].source
        assert "3 exposures of the MIRI imager, 7 runs of the stages detector1, image2, image3." in head
        assert ("The mosaics leave out 1 that is rejected." in head) == bool(rejected)
        assert all(line in "\n".join(cell.source for cell in notebook.cells) for line in told)
        # the stages before the mosaics leave nothing out
        before = export_script([plan for plan in plans if plan.stage != "image3"], bench.workspace)
        assert "# rejected" not in before


def test_an_excluded_exposure_is_in_nothing_that_is_exported(bench):
    some = bench.exposures(3)
    plans = plan_stages(bench.workspace, some[:1], ("detector1",), {}, ENVIRONMENT)
    assert some[1].root not in export_script(plans, bench.workspace)
    head = nbformat.reads(export_notebook(plans, bench.workspace), as_version=4).cells[0].source
    assert "1 exposure of the MIRI imager, 1 run of the stage detector1." in head


def test_script_notebook_and_code_say_alike_what_does_not_act(bench):
    values = {"image3": {"tweakreg.skip": True, "tweakreg.abs_refcat": "stars.ecsv", "resample.pixfrac": 0.8}}
    stages = ("detector1", "image2", "image3")
    plans = plan_stages(bench.workspace, bench.exposures(2), stages, values, ENVIRONMENT, product_name="m")
    script = export_script(plans, bench.workspace)
    told = [line for line in script.splitlines() if line.startswith("# does not act: ")]
    reasons = {line.partition(". ")[2] for line in told}
    assert told == ["# does not act: tweakreg.abs_refcat of image3. The step tweakreg is skipped."]
    notebook = nbformat.reads(export_notebook(plans, bench.workspace), as_version=4)
    cells = "\n".join(cell.source for cell in notebook.cells)
    assert all(line in cells for line in told)
    row = next(line for line in cells.splitlines() if line.startswith("| image3 | `tweakreg.abs_refcat`"))
    assert "does not act: " in row
    acting = next(line for line in cells.splitlines() if line.startswith("| image3 | `resample.pixfrac`"))
    assert "does not act" not in acting
    code = code_for(plans[-1], bench.workspace)
    assert all(reason in code for reason in reasons)


@pytest.mark.parametrize("off", [(), ("all",), ("jump_medians", "schema_loading")])
def test_what_is_exported_goes_without_the_same_accelerations(bench, monkeypatch, off):
    some = bench.exposures(2)
    known = {one.path: one for one in some}
    monkeypatch.setattr(groups, "read_exposure", known.__getitem__)
    chain = ("detector1", "image2")
    plans = without_accelerations(plan_stages(bench.workspace, some, chain, {}, ENVIRONMENT), off)
    cells = nbformat.reads(export_notebook(plans, bench.workspace), as_version=4).cells
    notebook = "\n".join(cell.source for cell in cells[:-4] if cell.cell_type == "code")
    for text in (export_script(plans, bench.workspace), notebook):
        assert (
            "plan_groups(WORKSPACE, GROUPS, STAGES, ENVIRONMENT, acceleration_off=ACCELERATION_OFF)" in text
        )
        names = {"__name__": "exported"}
        monkeypatch.setattr(sys, "argv", ["exported"])
        exec(compile(text, "exported", "exec"), names)
        again = names.get("plans") or groups.plan_groups(
            bench.workspace,
            names["GROUPS"],
            names["STAGES"],
            names["ENVIRONMENT"],
            acceleration_off=names["ACCELERATION_OFF"],
        )
        assert {plan.key for plan in again} == {plan.key for plan in plans}
        assert {plan.acceleration_off for plan in again} == {off}


def test_a_wrong_name_in_an_exported_script_is_a_sentence(bench):
    with pytest.raises(ParameterError, match="no acceleration is called 'jumps'"):
        groups.plan_groups(bench.workspace, [], ["detector1"], ENVIRONMENT, acceleration_off=["jumps"])
