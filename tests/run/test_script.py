"""Exported code runs, and makes the same keys."""

import subprocess
import sys

import pytest

from miri_widgets.errors import EngineError
from miri_widgets.run import Engine, RunStatus, code_for, export_script, plan_stages

from .conftest import ENVIRONMENT


def test_the_script_reuses_the_runs_it_was_exported_from(bench):
    values = {"detector1": {"jump.tag": "script"}, "image3": {"resample.pixfrac": 0.8}}
    stages = ("detector1", "image2", "image3")
    plans = plan_stages(bench.workspace, bench.exposures(2), stages, values, ENVIRONMENT, product_name="m")
    bench.run(plans)
    script = bench.root / "reduce.py"
    script.write_text(_fake_headers() + export_script(plans, bench.workspace))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
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
        "import miri_widgets.products.exposure as e\n"
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


def test_nothing_to_export_is_an_error(tmp_path):
    with pytest.raises(EngineError, match="no runs"):
        export_script([], tmp_path)


def test_the_script_leaves_rejected_exposures_out_of_the_mosaic(bench):
    some = bench.exposures(3)
    stages = ("detector1", "image2", "image3")
    plans = plan_stages(
        bench.workspace, some, stages, {}, ENVIRONMENT, product_name="m", rejected=[some[1].root]
    )
    assert plans[-1].exposures == (some[0].root, some[2].root)
    bench.run(plans)
    script = bench.root / "reduce.py"
    script.write_text(_fake_headers() + export_script(plans, bench.workspace))
    assert f"REJECTED = ['{some[1].root}']" in script.read_text()
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Not the same" not in done.stdout
    assert Engine(bench.workspace).jobs()[0].counts == {RunStatus.REUSED: 7}
