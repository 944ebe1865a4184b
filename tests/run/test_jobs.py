"""The same jobs on a dask cluster that somebody else started."""

import pytest

from miri_widgets.run import Engine, RunStatus


@pytest.fixture
def cluster(fake_pipeline, tmp_path):
    from distributed import LocalCluster

    # a nanny and a daemonic worker process, as dask-jobqueue starts them
    with LocalCluster(
        n_workers=1,
        processes=True,
        threads_per_worker=2,
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        resources={"memory_mb": 4000},
        local_directory=str(tmp_path / "dask"),
        silence_logs=50,
    ) as found:
        yield found


def test_runs_on_a_given_scheduler(bench, cluster):
    engine = Engine(bench.workspace, scheduler=cluster.scheduler_address, idle_minutes=1)
    exposures = bench.exposures(3, n3="ramp !fail")
    state = engine.wait(engine.submit(bench.plan(exposures, ("detector1", "image2"))), 600)
    assert state.counts == {RunStatus.DONE: 4, RunStatus.FAILED: 1, RunStatus.UPSTREAM_FAILED: 1}
    assert engine.status().address == cluster.scheduler_address and engine.status().memory_mb == 4000
    assert not bench.partials()
    assert engine.shutdown()
