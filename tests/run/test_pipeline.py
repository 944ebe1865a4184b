"""The engine and the real pipeline together, on one simulated exposure."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.products.product_digest import content_hash
from miri_widgets.products.scan import scan
from miri_widgets.run import RunStatus, completed, plan_stages, products
from tests.run.conftest import Bench

pytestmark = pytest.mark.pipeline


@pytest.fixture
def twin():
    from miri_widgets.simulation import crds_environment
    from miri_widgets.simulation.twins import ensure_twin

    made = ensure_twin("small")
    return scan([made.folder / "uncal"]).exposures, crds_environment(made.cache, made.context)


def test_two_stages_of_one_exposure(bench, twin, monkeypatch):
    for name in ("MIRI_WIDGETS_EXECUTOR", "MIRI_WIDGETS_PRELOAD"):
        monkeypatch.delenv(name)
    exposures, environment = twin
    settings = {"detector1": {"jump.rejection_threshold": 4.5}}
    stages = ("detector1", "image2")
    plans = plan_stages(bench.workspace, exposures[:1], stages, settings, environment)
    state = bench.run(plans, timeout=1800)
    assert state.counts == {RunStatus.DONE: 2}, [run.error for run in state.runs]
    record = completed(bench.workspace, plans[0].key)
    assert record.resolved["jump.rejection_threshold"] == 4.5 and "dark" in record.references
    assert record.crds_context == environment["CRDS_CONTEXT"]
    assert 100 < record.peak_rss_mb < 4000 and record.cpu_seconds > 0
    assert next(path.name for path in products(bench.workspace, plans[1])).endswith("_cal.fits")
    log = bench.engine.log_path(state.job, plans[0].key).read_text()
    assert "Step jump running" in log and "CRDS" in log
    # nothing but products, record and log: the working folder of the pipeline is the run's own
    for plan in plans:
        folder = bench.workspace.run_folder(plan.stage, plan.key)
        named = {path.name for path in products(bench.workspace, plan)}
        assert {path.name for path in folder.iterdir()} == named | {"record.json", "log.txt"}


def test_calibration_in_the_process_of_the_ramps_gives_the_same_and_the_resampled_image_on_demand(
    bench, twin, monkeypatch, tmp_path
):
    for name in ("MIRI_WIDGETS_EXECUTOR", "MIRI_WIDGETS_PRELOAD"):
        monkeypatch.delenv(name)
    exposures, environment = twin
    stages, made = ("detector1", "image2"), {}
    apart = Bench(tmp_path / "apart")

    def reduce(one, skip, jobs):
        settings = {"image2": {"resample.skip": skip}}
        plans = plan_stages(one.workspace, exposures[:1], stages, settings, environment)
        for chosen in jobs:
            state = one.run([plan for plan in plans if plan.stage in chosen], timeout=1800)
            assert all(run.status.good for run in state.runs), [run.error for run in state.runs]
        made[skip] = {path.name.rpartition("_")[2]: path for path in products(one.workspace, plans[1])}
        return plans

    try:
        plans = reduce(bench, False, [stages])
        assert reduce(apart, False, [stages[:1], stages[1:]]) == plans
        for plan in plans:
            together, alone = (products(one.workspace, plan) for one in (bench, apart))
            assert [path.name for path in together] == [path.name for path in alone] and together
            assert [content_hash(path) for path in together] == [content_hash(path) for path in alone]
            ours, theirs = (completed(one.workspace, plan.key, plan.stage) for one in (bench, apart))
            assert _without_times(ours) == _without_times(theirs)
        assert set(made[False]) == {"cal.fits", "i2d.fits"}
        reduce(bench, True, [stages])
        assert set(made[True]) == {"cal.fits"}
        for extension in ("SCI", "ERR", "DQ", "AREA", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT"):
            with_it, without = (fits.getdata(made[skip]["cal.fits"], extension) for skip in (False, True))
            np.testing.assert_array_equal(with_it, without, err_msg=extension)
    finally:
        apart.close()


def _without_times(record):
    steps = tuple({**step, "seconds": 0.0} for step in record.steps)
    products = dict.fromkeys(record.products)  # metadata with other times may be longer by a few bytes
    measured = {"peak_rss_mb": 0, "started": 0, "finished": 0, "seconds": 0, "cpu_seconds": 0}
    return replace(record, **measured, steps=steps, products=products)
