"""The law of reports, over whatever state a session is in."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from miri_widgets.errors import BadTableError, EngineError
from miri_widgets.report.html import render
from miri_widgets.report.report import gather

from .report_law import Tables, assert_consistent

NUMBERS = st.floats(0.1, 99, allow_subnormal=False).map(lambda value: value + 1e-12)
SENTENCES = st.lists(
    st.sampled_from(
        [
            "Noise rose by 1.234567890123 %, in /data/mine/x_cal.fits. Press Run to try again.",
            "The field shows extended emission: do not use steps that make a pattern.",
            "Faint emission loses 6.4 ± 0.9 % of its flux: take care with nebulae.",
            "Use dedicated background exposures.",
            "Rows changed by -0.10000000000000002 MJy/sr.",
        ]
    ),
    max_size=3,
)
WARNINGS = st.lists(
    st.sampled_from(
        [
            "py: /a/site-packages/gwcs/wcs/_wcs.py:1777: LinAlgWarning: Failed to reach the accuracy. u, v, r = fit_2D_poly(",
            "py: /a/x.py:3: AstropyUserWarning: 3 values were clipped. warnings.warn(text)",
            "py: /a/x.py:2: DeprecationWarning: old. warnings.warn(text)",
            "stcal: at /a/b/c.py, MJD 60310.123456789",
            "jwst: " + "x" * 400,
        ]
    ),
    max_size=3,
    unique=True,
)
STATES = st.fixed_dictionaries(
    {
        "excluded": st.sets(st.integers(0, 3), max_size=3),
        "rejected": st.sets(st.integers(0, 3), max_size=4),
        "stages": st.integers(0, 3),
        "threshold": st.none() | NUMBERS,
        "skipped": st.sampled_from([(), ("tweakreg",), ("jump", "tweakreg"), ("resample",)]),
        "partly": st.booleans(),
        "catalog": st.sampled_from([None, "/home/a b/My Stars/gaia.ecsv", "~/stars.ecsv"]),
        "accelerations": st.sampled_from(
            [{}, {"a": "on", "b": "off"}, {"a": "stock: the installed source is not the one that was proven"}]
        ),
        "recorded": st.booleans(),
        "sentences": SENTENCES,
        "warnings": WARNINGS,
        "scales": st.lists(NUMBERS, min_size=1, max_size=2),
        "moved": st.lists(st.none() | NUMBERS, min_size=1, max_size=3),
        "twin": st.sampled_from(["", "small", "lmc_1040_full"]),
        "unusable": st.integers(0, 6),
        "jwst": st.lists(st.sampled_from(["3.0.0", "3.1.0"]), min_size=1, max_size=2),
    }
)


def arrange(session, state):
    """Bring a session into a state; what was run in earlier states is still on the disk."""
    roots = [one.root for one in session.programs.exposures]
    session.programs.include(roots)
    session.programs.exclude([roots[one] for one in state["excluded"]])
    session.tags.change(roots, verdict="")
    session.tags.change([roots[one] for one in state["rejected"]], verdict="rejected", comment="trailed")
    catalog, threshold = state["catalog"], state["threshold"]
    session.stages["image3"].set({"tweakreg.abs_refcat": catalog or ""})
    session.stages["image3"].set({"tweakreg.skip": "tweakreg" in state["skipped"]})
    session.stages["detector1"].set({"jump.rejection_threshold": threshold or 4.0})
    session.poll()
    for name in list(session.stages)[: state["stages"]]:
        try:
            session.run(name)
        except EngineError:
            continue  # it is complete, or every exposure is rejected
        session.services.engine.finish()
        session.poll()
    problem = BadTableError("/data/x/y_uncal.fits is cut", "a whole file", "get it again")
    session.programs.problems = (SimpleNamespace(error=problem),) * state["unusable"]


def with_records(services, state, roots):
    """Let records tell what the state says."""
    real, counter = services.record, iter(range(10**6))

    def record(plan):
        found = real(plan)
        if found is None:
            return None
        number = next(counter)
        skipped = state["skipped"] if not (state["partly"] and number % 2) else ()
        names = ("jump", "ramp_fit") if plan.stage == "detector1" else ("tweakreg", "resample")
        shifts = [
            {"root": root, "dra_mas": move or 0.0, "ddec_mas": 0.0, "used": move and 7, "reference": False, "rmse_mas": None}
            for root, move in zip(roots, state["moved"], strict=False)
        ]  # fmt: skip
        report = {
            "proof": {"verdict": "doubtful", "sentences": state["sentences"]},
            "warnings": state["sentences"],
        }
        return replace(
            found,
            settings=plan.settings,
            accelerations=state["accelerations"] if state["recorded"] or number % 2 else {},
            versions={"jwst": state["jwst"][number % len(state["jwst"])], "miri_widgets": "0.2.0"},
            crds_context="jwst_0001.pmap",
            steps=tuple(
                {"name": name, "cal_step": "SKIPPED" if name in skipped else "COMPLETE"} for name in names
            ),
            warnings=tuple(state["warnings"]),
            resolved={"resample.pixel_scale": state["scales"][number % len(state["scales"])], "tweakreg.sigma": 3.3},
            facts={"report": report, **({"shifts": shifts, "sources": 3} if plan.stage == "image3" else {})},
        )  # fmt: skip

    return replace(services, record=record)


@settings(
    max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip
@given(state=STATES)
def test_a_report_contradicts_itself_nowhere_whatever_the_state(session, program, state):
    session.program = replace(
        program,
        simulated=state["twin"],
        awaited=(program.workspace / "real",) if state["twin"] else (),
        description="Five tiles in nine filters.",
    )
    arrange(session, state)
    roots = [one.root for one in session.programs.exposures]
    try:
        request = session.report_request()
        report = gather(replace(request, services=with_records(request.services, state, roots)))
    except EngineError:
        return  # nothing is complete
    html = render(report)
    assert_consistent(report, html)
    prose = " ".join(" ".join(Tables(html).prose).split())
    assert ("About the observed program: Five tiles" in prose) == bool(state["twin"])
    assert ("Greenfield" in prose.partition("References")[0]) == (not state["twin"])
    unusable = state["unusable"]
    assert (f"{unusable} file{'' if unusable == 1 else 's'} of the folders" in prose) == bool(unusable)
