"""A reduction without a page; what commands make of it is tested with the commands."""

from collections import Counter
from dataclasses import replace

from miri_widgets.run import records
from miri_widgets.run.reduction import Reduction


def test_a_summary_reads_the_record_of_each_run_once(program, fakes, monkeypatch):
    named = replace(program, crds_path="/nowhere", crds_context="jwst_0001.pmap")
    engine = fakes.FakeEngine(named.workspace)
    reduction = Reduction(named, engine=engine, declared=fakes.declared)
    reduction.submit()
    engine.finish()
    read, real = Counter(), records.read_record

    def counted(folder):
        read[folder] += 1
        return real(folder)

    monkeypatch.setattr(records, "read_record", counted)
    summary = reduction.summary()
    assert sum(len(stage.products) for stage in summary.stages) == len(reduction.planned.plans) == len(read)
    assert set(read.values()) == {1}
