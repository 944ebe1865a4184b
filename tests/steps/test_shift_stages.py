"""Shifts are measured in one filter, applied in another, and both mosaics lie on one grid: with the real pipeline."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.pipeline

FILTERS = ("F560W", "F770W")
QUICK = {f"{step}.skip": True for step in ("tweakreg", "skymatch", "outlier_detection", "source_catalog")}


def write_field(folder: str) -> tuple[list[str], dict[str, tuple[float, float]], str]:
    """Write two tiles in two filters, off by the errors of their guide stars; and the stars' true positions."""
    from astropy.table import Table

    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    files, true = [], {}
    for number, name in enumerate(FILTERS):
        effects = ("noise", "bad_pixels", "pointing_error")
        program = calibrated_program("crowded", name, dithers=2, tiles=2, shape=(240, 240), effects=effects)
        # filter changes of one visit are activities of it
        program.plan = tuple(
            replace(one, name=replace(one.name, activity=f"{2 * number + 1:02d}")) for one in program.plan
        )
        files += [str(write_cal(one, Path(folder))) for one in program]
        true |= {one.name.root: tuple(map(float, one.pointing_error)) for one in program.plan}
        if number == 0:
            stars = program.catalog[program.catalog["type"] == "star"]
            bright = stars[stars["flux_ujy"] > 10]
            Table({"ra": bright["ra"], "dec": bright["dec"]}).write(Path(folder) / "gaia.csv")
    return files, true, str(Path(folder) / "gaia.csv")


def run_chain(folder: str) -> dict:
    """Run the stages as the engine does, each in its folder."""
    from miri_widgets.steps.execute import execute

    root = Path(folder)
    files, true, catalog = write_field(str(root / "cal"))
    paths = [Path(one) for one in files]
    shifts = execute(
        "shifts",
        [one for one in paths if "_02101_" in one.name][::-1],
        {"catalog": catalog},
        root / "shifts",
        product_name="jw01050_shifts",
    )
    grid = execute("grid", paths[::-1], {}, root / "grid", product_name="jw01050_grid")
    execute("grid", paths, {}, root / "grid2", product_name="jw01050_grid")
    table = root / "shifts" / shifts.products[0]
    applied = {}
    for path in paths:
        result = execute("apply_shift", [path], {"shift_table": str(table)}, root / "applied")
        applied[path.name] = result.facts["report"]
    again = execute(
        "apply_shift", [root / "applied" / paths[-1].name], {"shift_table": str(table)}, root / "again"
    )
    mosaics = {}
    for name, part in zip(FILTERS, ("_02101_", "_02103_"), strict=True):
        members = [root / "applied" / one.name for one in paths if part in one.name]
        settings = {**QUICK, "resample.output_wcs": str(root / "grid" / grid.products[0])}
        made = execute("image3", members, settings, root / name, product_name=f"field_{name.lower()}")
        mosaics[name] = str(root / name / made.products[0])
    return {
        "files": files,
        "true": true,
        "shifts": shifts.facts["report"],
        "products": shifts.products,
        "grid": grid.facts["report"],
        "grid_products": grid.products,
        "applied": applied,
        "again": again.facts["report"],
        "mosaics": mosaics,
    }


@pytest.fixture(scope="module")
def chain(tmp_path_factory, in_child):
    from miri_widgets.simulation import write_reference_cache

    folder = tmp_path_factory.mktemp("chain")
    cache = write_reference_cache(folder / "crds", filters=("F560W",), subarrays=("SUB64",))
    with in_child(cache.environment()) as call:
        return call(run_chain, str(folder)), folder


def group_truth(found):
    truth = {}
    for root, error in found["true"].items():
        if "_02101_" in root:
            truth.setdefault(root[:13], []).append(error)
    return {name: np.mean(errors, axis=0) for name, errors in truth.items()}


def test_measured_shifts_are_the_true_ones_and_are_believed(chain):
    found, _ = chain
    report, truth = found["shifts"], group_truth(found)
    assert report["filter"] == "F560W"
    assert len(report["groups"]) == 2
    for one in report["groups"]:
        assert np.hypot(*np.subtract((one["dx"], one["dy"]), truth[one["group"][:13]])) < 0.02
        assert one["verdict"] == "PASS", one["reason"]
        assert one["source"] == "measured" and one["exposures"] == one["used"] == 2
        assert one["significance"] > 10 and one["matches"] >= 10
        assert 0 < one["dx_err"] < 0.02
    assert set(report["exposures"]) == {root for root in found["true"] if "_02101_" in root}
    json.dumps(report, allow_nan=False)


def test_report_holds_what_charts_need(chain):
    report = chain[0]["shifts"]
    matches = report["matches"]
    before = np.hypot(matches["dx_before"], matches["dy_before"])
    after = np.hypot(matches["dx"], matches["dy"])
    assert len(after) >= 20 and {len(column) for column in matches.values()} == {len(after)}
    assert np.median(after) < 0.03 < 0.15 < np.median(before)
    for one in report["groups"]:
        histogram = report["histograms"][one["group"]]
        counts, edges = np.array(histogram["counts"]), np.array(histogram["edges"])
        assert counts.shape == (len(edges) - 1,) * 2 and len(counts) <= 40
        row, column = np.unravel_index(counts.argmax(), counts.shape)
        middles = (edges[1:] + edges[:-1]) / 2
        assert np.hypot(middles[column] - one["dx"], middles[row] - one["dy"]) < 0.25
    assert report["overlaps"] and all(
        abs(one["residual_dx"]) < 0.03 and one["group_a"] != one["group_b"] for one in report["overlaps"]
    )
    assert len(json.dumps(report)) < 200_000


def test_tables_lie_beside_each_other(chain):
    from miri_widgets.products.tables.exposure_shifts import read_exposure_shifts
    from miri_widgets.products.tables.shift_tables import read_shift_table

    found, folder = chain
    assert found["products"][0] == "jw01050_shifts.ecsv"
    table = read_shift_table(folder / "shifts" / "jw01050_shifts.ecsv")
    assert table.program == "01050" and table.reference_catalog == "gaia.csv"
    measured = read_exposure_shifts(folder / "shifts" / "jw01050_shifts_measured.ecsv")
    assert len(measured.exposures) == 4


def test_the_other_filter_gets_the_shift_of_its_group(chain):
    from astropy.io import fits
    from astropy.wcs import WCS

    found, folder = chain
    by_group = {one["group"][:13]: one for one in found["shifts"]["groups"]}
    others = [Path(one) for one in found["files"] if "_02103_" in one]
    assert len(others) == 4
    for path in others:
        (facts,) = found["applied"][path.name]["exposures"].values()
        wanted = by_group[path.name[:13]]
        assert (facts["dx"], facts["dy"]) == (wanted["dx"], wanted["dy"]) and facts["changed"]
        # their keywords follow the gWCS
        old, new = (
            WCS(fits.getheader(one, "SCI")).all_pix2world([[120, 120]], 0)[0]
            for one in (path, folder / "applied" / path.name)
        )
        moved = (new[0] - old[0]) * np.cos(np.deg2rad(old[1])) * 3600, (new[1] - old[1]) * 3600
        true = found["true"][path.name.removesuffix("_cal.fits")]
        assert np.hypot(*np.subtract(moved, true)) < 0.02


def test_applying_again_changes_nothing(chain):
    from astropy.io import fits

    found, folder = chain
    assert [one["changed"] for one in found["again"]["exposures"].values()] == [False]
    name = Path(found["files"][-1]).name
    first, second = (fits.getheader(folder / place / name, "SCI") for place in ("applied", "again"))
    for key in ("CRVAL1", "CRVAL2", "A_2_0", "S_REGION"):
        assert first[key] == second[key]


def test_both_mosaics_lie_on_the_grid_whatever_the_order(chain):
    from astropy.io import fits
    from astropy.wcs import WCS

    from miri_widgets.steps.mosaic_grid import read_grid

    found, folder = chain
    assert found["grid_products"][0] == "jw01050_grid.asdf"
    grid = read_grid(folder / "grid" / "jw01050_grid.asdf")
    assert grid == read_grid(folder / "grid2" / "jw01050_grid.asdf")
    assert grid.to_dict() == found["grid"]["grid"] and not found["grid"]["outside"]
    assert len(found["grid"]["footprints"]) == 8 and len(found["grid"]["corners"]) == 4
    shapes, worlds = [], []
    for path in found["mosaics"].values():
        with fits.open(path) as hdus:
            shapes.append(hdus["SCI"].data.shape)
            assert np.isfinite(hdus["SCI"].data).mean() > 0.5
            worlds.append(WCS(hdus["SCI"].header).wcs_pix2world([[0, 0], [200, 150]], 0))
    assert shapes == [grid.shape] * 2
    assert np.array_equal(*worlds)
