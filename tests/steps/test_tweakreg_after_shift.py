"""The official tweakreg runs after our shift, finds what the shift left, and can be told from it afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*SIP.*"),
]

LEFT = (0.12, -0.08)
"""What our shift of the second tile leaves to tweakreg, arcsec."""
BOUND_MAS = 8.0
"""Of the relative position of two tiles: the bound of shifts that are measured to each other."""


def run_both(folder: str) -> dict:
    """Shift two tiles, one of them not fully; run the official step on them; then undo and replace our shifts."""
    from jwst.tweakreg import TweakRegStep
    from stdatamodels.jwst import datamodels

    from miri_widgets.core.registration import sky_offset
    from miri_widgets.products.association import level3_association, write_association
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal
    from miri_widgets.steps.apply_shift import ApplyShiftStep
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift, recorded_shift, undo_shift
    from miri_widgets.steps.sip_keywords import check_points, sip_error_mas
    from miri_widgets.steps.tweakreg_shifts import tweakreg_preset

    root = Path(folder)
    effects = ("noise", "bad_pixels", "pointing_error")
    program = calibrated_program("crowded", "F560W", dithers=2, tiles=2, shape=(400, 400), effects=effects)
    raw: list[Path] = []
    shifted: list[Path] = []
    groups = sorted({one.name.root[:13] for one in program.plan})
    true = {
        name: np.mean([one.pointing_error for one in program.plan if one.name.root[:13] == name], axis=0)
        for name in groups
    }
    for exposure in program:
        path = write_cal(exposure, root / "cal")
        dx, dy = true[path.name[:13]] + (np.array(LEFT) if path.name[:13] == groups[1] else 0)
        ApplyShiftStep(dx=float(dx), dy=float(dy), save_results=True, output_dir=str(root / "shifted")).run(
            str(path)
        )
        raw.append(path)
        shifted.append(root / "shifted" / path.name)
    asn = root / "shifted" / "after_asn.json"
    write_association(level3_association(shifted, product_name="after", program="01050"), asn)
    library = TweakRegStep.call(
        str(asn),
        configure_log=False,
        save_results=True,
        output_dir=str(root),
        **tweakreg_preset("F560W"),
        searchrad=2.0,
    )
    facts: dict = {}
    with library:
        for model in library:
            facts[str(model.meta.filename).rpartition("_")[0]] = {
                "status": str(model.meta.cal_step.tweakreg),
                "name": str(model.meta.wcs.name),
            }
            library.shelve(model, modify=False)
    for path, before, plan in zip(raw, shifted, program.plan, strict=True):
        (written,) = root.glob(f"{plan.name.root}_*tweakreg*.fits")
        with (
            datamodels.open(written) as model,
            datamodels.open(before) as ours,
            datamodels.open(path) as original,
        ):
            x, y = check_points(model.data.shape)

            def moved(wcs, other, x=x, y=y):
                return np.mean(
                    sky_offset(*wcs(x, y, with_bounding_box=False), *other(x, y, with_bounding_box=False)),
                    axis=1,
                )

            total = moved(model.meta.wcs, original.meta.wcs)
            tweak = moved(model.meta.wcs, ours.meta.wcs)
            after = recorded_shift(model)
            sip = sip_error_mas(model)
            replaced = model.copy()
            undone = undo_shift(model)
            one = facts[plan.name.root]
            one |= {
                "error": (total - np.array(plan.pointing_error)).tolist(),
                "tweak": tweak.tolist(),
                "recorded": after.values if after else None,
                "applied": recorded_shift(ours).values,
                "sip": sip,
                "undone": undone,
                "left": moved(model.meta.wcs, original.meta.wcs).tolist(),
                "record_after_undo": recorded_shift(model) is not None,
                "history": [
                    str(line["description"]) for line in model.history if "undone" in str(line["description"])
                ],
            }
            model.save(root / "undone_cal.fits")
            apply_shift(model, Shift(*recorded_shift(ours).values))
            one["again"] = (moved(model.meta.wcs, original.meta.wcs) - total).tolist()
            apply_shift(replaced, Shift(*recorded_shift(ours).values))
            one["same"] = (moved(replaced.meta.wcs, original.meta.wcs) - total).tolist()
            replaced.close()
    return {"exposures": facts, "groups": groups}


@pytest.fixture(scope="module")
def both(tmp_path_factory, in_child):
    from miri_widgets.simulation import write_reference_cache

    folder = tmp_path_factory.mktemp("after")
    cache = write_reference_cache(folder / "crds", filters=("F560W",), subarrays=("SUB64",))
    with in_child(cache.environment()) as call:
        return call(run_both, str(folder)), folder


def of_group(found, number, name):
    group = found["groups"][number]
    return np.array([one[name] for root, one in found["exposures"].items() if root.startswith(group)])


def test_it_runs_and_finds_what_the_shift_left(both):
    found, _ = both
    assert {one["status"] for one in found["exposures"].values()} == {"COMPLETE"}
    between = of_group(found, 1, "tweak").mean(axis=0) - of_group(found, 0, "tweak").mean(axis=0)
    assert between == pytest.approx(-np.array(LEFT), abs=BOUND_MAS / 1000)


def test_the_tiles_lie_right_to_each_other_afterwards(both):
    found, _ = both
    apart = of_group(found, 1, "error").mean(axis=0) - of_group(found, 0, "error").mean(axis=0)
    assert np.abs(apart).max() * 1000 < BOUND_MAS
    before = np.array(LEFT)
    assert np.hypot(*apart) < 0.1 * np.hypot(*before)


def test_our_shift_is_still_recorded_and_keywords_follow(both):
    found, _ = both
    for one in found["exposures"].values():
        assert one["recorded"] == one["applied"]
        assert one["sip"] < 0.3


def test_undo_takes_our_shift_alone_and_says_so(both):
    found, _ = both
    for one in found["exposures"].values():
        assert one["undone"] and not one["record_after_undo"]
        assert np.abs(np.subtract(one["left"], one["tweak"])).max() < 2e-4
        dx, dy, _ = one["applied"]
        assert one["history"] == [f"WCS shift ({dx:+.6f}, {dy:+.6f}) arcsec undone"]


def test_applying_again_gives_the_same_place_with_the_tweak(both):
    found, _ = both
    for one in found["exposures"].values():
        # a shift before and a shift after the tweak's turn differ, by much less than a milliarcsecond
        assert np.abs(one["again"]).max() < 1e-4
        assert np.abs(one["same"]).max() == 0
