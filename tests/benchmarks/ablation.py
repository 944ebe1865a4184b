"""
Skip each step of calwebb_detector1 in turn: does the rate move away from truth?

One FULL exposure (10 groups, 2 integrations) with its noiseless rate. Seven
measures of the departure from truth, each with its standard error; the figure
of a step is the largest growth of any of them, in standard errors. Above 3
the step is exercised by the simulation.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from astropy.io import fits
from keys import DETECTOR1_STEPS
from scipy.ndimage import maximum_filter

from miri_widgets.products.scan import scan
from miri_widgets.run import plan_stages
from miri_widgets.run.engine import Engine
from miri_widgets.run.workspace import Workspace
from miri_widgets.simulation import PROGRAMS, crds_environment, load_truth, simulate
from miri_widgets.simulation.twins import ensure_twin

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "science" / "ablation"

REASONS = {
    "group_scale": "MIRI frames are not averaged on board: there is nothing to scale",
    "gain_scale": "the gain setting is the nominal one: there is nothing to scale",
    "firstframe": "skipped by default since jwst 3.0, which moved its work into rscd",
    "clean_flicker_noise": "skipped by default, and no 1/f noise is injected",
    "persistence": "skipped by default, and no persistence is injected",
    "ramp_fit": "without it there is no rate at all",
}

Measures = dict[str, tuple[float, float]]


def measures(rate: Path, truth: np.ndarray, err: np.ndarray) -> Measures:
    """
    Return how far a rate image is from truth: value and standard error of each measure.

    Parameters
    ----------
    rate : Path
        The rate product.
    truth, err : ndarray, shape (ny, nx)
        Noiseless rate, and standard deviation of the default reduction, DN/s.
    """
    with fits.open(rate) as hdus:
        data, dq = hdus["SCI"].data.astype(float), hdus["DQ"].data
    # a pixel that is bad in the default reduction has no error there; unflagged it counts as any other
    err = np.where(np.isfinite(err) & (err > 0), err, np.nanmedian(err[err > 0]))
    good = ((dq & 1) == 0) & np.isfinite(data) & (truth > 0)
    difference = np.where(good, data - truth, np.nan)
    pull = difference / err
    level = np.median(truth[good])
    sky, bright = good & (truth < 1.1 * level), good & (truth > 5 * level)
    relative = (data[bright] - truth[bright]) / truth[bright]
    spread = 1.4826 * np.nanmedian(np.abs(pull - np.nanmedian(pull)))
    peaks = good & (truth == maximum_filter(truth, 9)) & (truth > 10 * level)
    rms = float(np.sqrt(np.mean(difference[good] ** 2)))
    far = int(np.sum(np.abs(pull[good]) > 5))
    with np.errstate(all="ignore"):
        rows = np.nanmedian(np.where(sky, difference, np.nan), axis=1)
    step = np.diff(rows[np.isfinite(rows)])
    return {
        "sky bias [DN/s]": _median(difference[sky]),
        "bright bias": _median(relative),
        "peaks of stars": _median((data[peaks] - truth[peaks]) / truth[peaks]),
        "rms [DN/s]": (rms, float(rms / np.sqrt(2 * good.sum()))),
        "scatter / err": (float(spread), float(spread / np.sqrt(2 * good.sum()))),
        "pixels > 5 sigma": (far, float(np.sqrt(far + 1))),
        "row step [DN/s]": (float(np.std(step)), float(np.std(step) / np.sqrt(2 * step.size))),
    }


def _median(values: np.ndarray) -> tuple[float, float]:
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    return abs(middle), 1.2533 * spread / np.sqrt(values.size)


def growth(skipped: Measures, base: Measures) -> tuple[float, str]:
    """Return the largest growth of a measure in standard errors, and its name."""
    grown = {
        name: (skipped[name][0] - base[name][0]) / np.hypot(skipped[name][1], base[name][1]) for name in base
    }
    worst = max(grown, key=lambda name: grown[name])
    return float(grown[worst]), worst


def reduce() -> tuple[dict[str, Path], Path]:
    """Run detector1 with each step skipped; return the rate by step ('' for none), and the truth."""
    twin = ensure_twin("demo")
    demo = PROGRAMS["demo"]
    program = demo.replace(
        name="ablation", tiles=demo.tiles[:1], dithers=demo.dithers[:1], ngroups=10, nints=2
    )
    shutil.rmtree(FOLDER, ignore_errors=True)
    made = simulate(program, FOLDER, processes=1, save_rates=True)
    exposures = scan([made.uncal[0]]).exposures
    engine = Engine(Workspace(FOLDER / "workspace"), workers=2)
    environment = crds_environment(twin.cache, twin.context)
    plans = {
        step: plan_stages(
            engine.workspace,
            exposures,
            ["detector1"],
            {"detector1": {f"{step}.skip": True} if step else {}},
            environment,
        )[0]
        for step in ("", *(step for step in DETECTOR1_STEPS if step != "ramp_fit"))
    }
    state = engine.wait(engine.submit(tuple(plans.values())), timeout=3600)
    rates = {}
    for step, plan in plans.items():
        run = state.run(plan.key)
        if run is not None and run.status.good:
            folder = engine.workspace.run_folder("detector1", plan.key)
            rates[step] = next(folder.glob("*_rate.fits"))
        else:
            print(f"without {step}: {run.error if run else 'no run'}")
    engine.shutdown()
    return rates, made.truth


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return ``ablation.<step>`` for every step, and a line on each."""
    rates, truth_file = reduce()
    truth = load_truth(truth_file)
    exposure = next(iter(truth.exposures.values()))
    with fits.open(truth_file.parent / exposure.rate) as hdus:
        true = next(hdu.data for hdu in hdus if hdu.data is not None).astype(float)
    with fits.open(rates[""]) as hdus:
        err = hdus["ERR"].data.astype(float)
    base = measures(rates[""], true, err)
    values: dict[str, float | None] = {
        "detector1.rate_bias": base["sky bias [DN/s]"][0],
        "detector1.rate_pull_scatter": base["scatter / err"][0],
    }
    notes = ["all steps: " + ", ".join(f"{name} {value:.4g}" for name, (value, _) in base.items())]
    for step in DETECTOR1_STEPS:
        if step not in rates:
            values[f"ablation.{step}"] = None
            notes.append(f"{step}: {REASONS.get(step, 'the pipeline does not run without it')}")
            continue
        found = measures(rates[step], true, err)
        values[f"ablation.{step}"], worst = growth(found, base)
        line = f"without {step}: {worst} {base[worst][0]:.4g} -> {found[worst][0]:.4g}"
        if values[f"ablation.{step}"] < 3:
            line = (
                f"without {step}: no measure grows by 3 standard errors ({REASONS.get(step, 'UNEXPLAINED')})"
            )
        notes.append(line)
    return values, notes
