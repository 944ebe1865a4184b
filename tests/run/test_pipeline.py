"""The engine and the real pipeline together, on one simulated exposure."""

import pytest

from miri_widgets.products.scan import scan
from miri_widgets.run import RunStatus, completed, plan_stages, products

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
