"""The facts of a report: only runs of the current settings, and what differs from the defaults."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import EngineError, NotFitsError
from miri_widgets.report.figures import picture
from miri_widgets.report.report import gather
from miri_widgets.steps.stage_list import STAGES

PNG = b"\x89PNG\r\n\x1a\n"


def finish(session, *stages):
    for name in stages or session.stages:
        session.run(name)
        session.services.engine.finish()
        session.poll()


def with_records(session, **values):
    """Let every record tell more."""
    real = session.services.record

    def record(plan):
        found = real(plan)
        return found and replace(found, settings=plan.settings, **values)

    session.services = replace(session.services, record=record)


def test_nothing_run_yet_is_a_sentence(session):
    with pytest.raises(EngineError, match="no run is complete with the current settings"):
        gather(session.report_request())


def test_plans_of_earlier_settings_are_not_reported(session):
    finish(session, "detector1")
    session.stages["detector1"].set({"jump.rejection_threshold": 7})
    with pytest.raises(EngineError, match="no report can be made now"):
        session.report_request()
    session.poll()
    with pytest.raises(EngineError, match="no run is complete with the current settings"):
        gather(session.report_request())


def test_a_whole_chain(session):
    finish(session)
    found = gather(session.report_request())
    assert [stage.status for stage in found.stages] == ["complete"] * 3
    assert all(run.complete for run in found.runs) and len(found.runs) == len(session.plans)
    assert [one.title for one in found.pictures] == ["Mosaic · trial_f770w", "Mosaic · trial_f1500w"]
    assert all(one.png.startswith(PNG) and "MJy/sr" in one.caption for one in found.pictures)
    assert found.missing == () and found.parameters == ()
    assert "All parameters had the values of the pipeline" in " ".join(found.methods)
    assert {"Rieke2015", "Wright2023", "Bushouse"} <= set(found.citations)
    assert not {"Gaia2023", "Greenfield2016", "Fruchter2002"} & set(found.citations)


def test_what_is_missing_is_said(session):
    finish(session, "detector1")
    session.programs.exclude([session.programs.exposures[0].root])
    session.poll()
    found = gather(session.report_request())
    assert [stage.status for stage in found.stages] == [
        "complete",
        "0 of 3 runs complete",
        "0 of 2 runs complete",
    ]
    assert found.missing[0].startswith(
        "Image 2 was not complete with the settings of this report for jw09999001001"
    )
    assert found.missing[-1] == "1 of 4 exposures is excluded."
    assert found.pictures == ()


def test_rejected_exposures_and_their_tags_are_said(session):
    root = session.programs.exposures[0].root
    session.tags.change([root], verdict="rejected", comment="trailed")
    session.poll()
    finish(session)
    found = gather(session.report_request())
    assert found.missing == ("1 of 4 exposures is rejected: the mosaics leave it out.",)
    assert found.tags[root].comment == "trailed"


def test_a_refused_stage_is_said(session):
    session.use_stage("apply_shift")
    session.poll()
    finish(session, "detector1", "image2")
    found = gather(session.report_request())
    assert any(line.startswith("Apply shifts is not in this report: ") for line in found.missing)
    assert {stage.name: stage.status for stage in found.stages}["apply_shift"] == "cannot run"


def test_parameters_and_who_set_them(session, program):
    session.services = replace(
        session.services,
        preset=lambda stage, filter_name: (
            {"jump.three_group_threshold": 9} if (stage, filter_name) == ("detector1", "F1500W") else {}
        ),
    )
    session.rescan()
    session.poll()
    session.stages["detector1"].set({"ramp_fit.algorithm": "LIKELY"})
    session.poll()
    finish(session, "detector1")
    with_records(session, resolved={"jump.rejection_threshold": 5.5, "jump.flag_4_neighbors": True})
    found = {one.name: one for one in gather(session.report_request()).parameters}
    chosen = found["ramp_fit.algorithm"]
    assert (chosen.value, chosen.default, chosen.source, chosen.runs, chosen.of) == (
        "LIKELY",
        "OLS_C",
        "the user",
        4,
        4,
    )
    assert found["jump.rejection_threshold"].source == "CRDS parameter file"
    assert found["jump.rejection_threshold"].unit == "sigma"
    # a value that is the default is no difference
    assert "jump.flag_4_neighbors" not in found


def test_a_file_of_an_earlier_stage_is_not_called_crds(session):
    session.use_stage("persistence")
    session.poll()
    finish(session, "persistence", "detector1")
    with_records(session, resolved={"dq_init.user_supplied_dq": "/somewhere/x_dqmask.fits"})
    found = {one.name: one for one in gather(session.report_request()).parameters}
    one = found["dq_init.user_supplied_dq"]
    assert one.source == "the stage persistence" and one.value.endswith("_dqmask.fits") and one.runs == 4


def test_proofs_the_worst_first_with_what_was_accepted(session):
    finish(session, "detector1")
    keys = [plan.key for plan in session.plans if plan.stage == "detector1"]
    reports = {
        keys[0]: {"proof": {"verdict": "good", "sentences": ["fine"]}},
        keys[1]: {"proof": {"verdict": "harm", "sentences": ["lost 7 %"]}, "warnings": ["few stars"]},
    }
    real = session.services.record
    session.services = replace(
        session.services,
        record=lambda plan: real(plan) and replace(real(plan), facts={"report": reports.get(plan.key, {})}),
        accepted=lambda key: key == keys[1],
    )
    found = gather(session.report_request()).validations
    assert [(one.verdict, one.accepted) for one in found] == [
        ("harm", True),
        ("good", False),
        ("note", False),
    ]


def test_methods_and_citations_follow_the_steps(session):
    finish(session)
    steps = (
        {"name": "resample", "cal_step": "COMPLETE", "state": "done"},
        {"name": "source_catalog", "cal_step": "SKIPPED", "state": "done"},
    )
    with_records(
        session, steps=steps, crds_context="jwst_1.pmap", versions={"jwst": "3.0.0"}, facts={"sources": 3},
        resolved={"resample.pixfrac": 0.8, "resample.kernel": "square"},
    )  # fmt: skip
    found = gather(session.report_request())
    text = " ".join(found.methods)
    assert "pipeline version 3.0.0 [Bushouse] and the CRDS context jwst_1.pmap" in text
    assert "drizzled [Fruchter2002] into a mosaic with pixfrac 0.8 and the square kernel" in text
    assert "photutils" not in text and "Photutils" not in found.citations
    assert found.stages[0].skipped == ("source_catalog",)


def test_warnings_of_python_are_no_warnings_of_the_pipeline(session):
    finish(session, "detector1")
    with_records(
        session,
        warnings=(
            "py: /a/b c/site-packages/jwst/associations/association.py:232: UserWarning: Input association file "
            "contains path information; note that. warnings.warn(err_str, UserWarning, stacklevel=1)",
            "py: /a/x.py:3: AstropyUserWarning: 3 values were clipped warnings.warn(text)",
            "jwst: Step skipped",
        ),
    )
    found = gather(session.report_request())
    assert found.warnings == (
        ("detector1", "AstropyUserWarning: 3 values were clipped", 4),
        ("detector1", "jwst: Step skipped", 4),
    )
    assert found.python_warnings == 1


def test_methods_of_every_stage_are_in_the_past_tense():
    for stage in STAGES:
        if stage.name != "image3":  # told step by step
            assert re.search(r"\b(was|were)\b", stage.methods) and stage.methods.endswith("."), stage.name


@pytest.mark.parametrize("shape", [(1, 1), (7, 2000), (30, 30)])
def test_a_picture_of_any_shape(tmp_path, shape):
    path = tmp_path / "x_i2d.fits"
    science = fits.ImageHDU(np.full(shape, np.nan, np.float32), name="SCI")
    science.header["BUNIT"] = "MJy/sr $x^"
    fits.HDUList([fits.PrimaryHDU(), science]).writeto(path)
    assert picture(path, "all NaN").png.startswith(PNG)


def test_north_and_east_and_the_scale_bar_follow_the_wcs(tmp_path):
    path = tmp_path / "x_i2d.fits"
    science = fits.ImageHDU(np.ones((100, 120), np.float32), name="SCI")
    cards = {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": -60.0, "CRPIX1": 60.0, "CRPIX2": 50.0,
        "CDELT1": -0.11 / 3600, "CDELT2": 0.11 / 3600, "CUNIT1": "deg", "CUNIT2": "deg",
    }  # fmt: skip
    science.header.update(cards)
    fits.HDUList([fits.PrimaryHDU(), science]).writeto(path)
    from miri_widgets.report import figures

    north, east = figures._axes(figures._celestial(science.header), (100, 120))
    np.testing.assert_allclose((north, east), ((0, 1), (-1, 0)), atol=1e-3)
    assert (
        "0.11 arcsec per pixel" in picture(path, "x").caption and "bar 2 arcsec" in picture(path, "x").caption
    )


def test_a_damaged_product_is_a_sentence(tmp_path):
    (tmp_path / "x_i2d.fits").write_text("nothing")
    with pytest.raises(NotFitsError):
        picture(tmp_path / "x_i2d.fits", "x")


def test_the_line_of_code_behind_a_warning_is_no_part_of_it(session):
    finish(session, "detector1")
    with_records(
        session,
        warnings=(
            "py: /a/site-packages/gwcs/_wcs.py:17: LinAlgWarning: Failed to reach the accuracy. u, v, res = fit_2D_poly(",
            "py: /a/x.py:3: AstropyUserWarning: The fit may be unsuccessful (see fit_info).",
            "jwst: " + "word " * 100,
        ),
    )
    lines = [line for _, line, _ in gather(session.report_request()).warnings]
    assert "LinAlgWarning: Failed to reach the accuracy." in lines
    assert "AstropyUserWarning: The fit may be unsuccessful (see fit_info)." in lines
    assert len(lines[-1]) <= 300 and lines[-1].endswith("…")


def test_a_step_that_some_runs_have_skipped_is_told_with_how_many(session):
    finish(session, "detector1")
    first = session.services.record(session.plans[0]).key
    real = session.services.record

    def record(plan):
        found = real(plan)
        state = "SKIPPED" if plan.key == first else "COMPLETE"
        return found and replace(
            found, steps=({"name": "refpix", "cal_step": state}, {"name": "emicorr", "cal_step": "SKIPPED"})
        )

    session.services = replace(session.services, record=record)
    facts = gather(session.report_request()).stages[0]
    assert facts.skipped == ("emicorr",) and facts.skipped_text == "emicorr, refpix (1 of 4 runs)"


def test_what_the_program_sets_for_a_filter_is_no_preset_of_the_package(fakes, program):
    from miri_widgets.models import SessionModel

    values = {"jump.three_group_threshold": 9}
    for presets, filters, words in (
        (lambda stage, name: {}, {"F1500W": {"detector1": values}}, "program file, for F1500W"),
        (lambda stage, name: values if name == "F1500W" else {}, {}, "preset of the package, for F1500W"),
    ):
        program = replace(program, filters=filters, workspace=program.workspace / words[:6])
        services = fakes.fake_services(program, presets=presets)
        both = replace(
            services, preset=lambda stage, name, p=program, q=presets: q(stage, name) | p.preset(stage, name)
        )
        session = SessionModel(program, both)
        session.poll()
        finish(session, "detector1")
        one = {one.name: one for one in gather(session.report_request()).parameters}[
            "jump.three_group_threshold"
        ]
        assert (one.source, one.runs, one.of, one.filters) == (words, 2, 4, ("F1500W",))
        session.close()


def test_the_catalogue_of_a_twin_is_not_said_to_stand_in_the_program_file(session):
    truth = str(session.program.folders[0].parent / "truth" / "catalog.ecsv")
    session.program = replace(session.program, settings={"image3": {"tweakreg.abs_refcat": truth}})
    session.rescan()
    session.poll()
    finish(session)
    for awaited, words in (((Path("/real"),), "the simulated twin"), ((), "program file")):
        session.program = replace(session.program, awaited=awaited)
        found = {one.name: one for one in gather(session.report_request()).parameters}
        assert found["tweakreg.abs_refcat"].source == words


def test_mosaics_that_differ_are_not_told_as_alike(session):
    finish(session)
    real, scales = session.services.record, iter((0.11, 0.065))

    def record(plan):
        found = real(plan)
        if found is None or plan.stage != "image3":
            return found
        return replace(
            found,
            steps=(
                {"name": "resample", "cal_step": "COMPLETE"},
                {"name": "skymatch", "cal_step": "COMPLETE"},
            ),
            resolved={
                "resample.pixel_scale": next(scales),
                "resample.pixfrac": 0.8,
                "resample.kernel": "square",
                "skymatch.subtract": True,
            },
            inactive={"resample.kernel": "It does not act here."},
        )

    session.services = replace(session.services, record=record)
    text = " ".join(gather(session.report_request()).methods)
    assert "into a mosaic with a pixel scale of 0.11 and 0.065 arcsec and pixfrac 0.8." in text
    assert "were matched and subtracted by the step skymatch." in text


def test_several_versions_are_told_as_several(session):
    finish(session, "detector1")
    real, versions = session.services.record, iter(("3.0.0", "3.1.0", "3.0.0", "3.0.0"))
    session.services = replace(
        session.services,
        record=lambda plan: real(plan) and replace(real(plan), versions={"jwst": next(versions)}),
    )
    assert "pipeline versions 3.0.0 and 3.1.0 [Bushouse]." in " ".join(
        gather(session.report_request()).methods
    )


def test_accelerations_are_told_with_their_states_and_counts(session):
    finish(session, "detector1")
    real, states = (
        session.services.record,
        iter(({}, {"a": "on", "b": "off"}, {"a": "on", "b": "on"}, {"a": "off", "b": "off"})),
    )
    session.services = replace(
        session.services,
        record=lambda plan: real(plan) and replace(real(plan), accelerations=next(states)),
    )  # fmt: skip
    assert dict(gather(session.report_request()).accelerations) == {
        "a": "on in 2 of 4 runs; off in 1 of 4 runs; not recorded in 1 of 4 runs",
        "b": "off in 2 of 4 runs; on in 1 of 4 runs; not recorded in 1 of 4 runs",
    }


def test_files_that_cannot_be_used_are_counted(session):
    (session.program.folders[0] / "jw09999001001_02101_00009_mirimage_uncal.fits").write_text("no FITS")
    session.rescan()
    session.poll()
    finish(session, "detector1")
    told = [line for line in gather(session.report_request()).missing if "of the folders" in line]
    assert len(told) == 1 and told[0].startswith(
        "1 file of the folders was not used: jw09999001001_02101_00009"
    )


def test_a_stage_that_takes_some_filters_says_which(session):
    finish(session, "detector1")
    real = session.services.record
    kept = {one.root for one in session.programs.exposures if one.filter == "F770W"}
    session.services = replace(
        session.services, record=lambda plan: real(plan) if kept >= set(plan.exposures) else None
    )
    report = gather(session.report_request())
    assert report.stages[0].filters == ("F770W",) and "in F770W only" in " ".join(report.methods)


def test_runs_stand_in_the_order_of_the_stages_and_by_wavelength(session):
    finish(session)
    runs = gather(session.report_request()).runs
    order = list(session.stages)
    assert [order.index(one.stage) for one in runs] == sorted(order.index(one.stage) for one in runs)
    assert [one.label for one in runs if one.stage == "image3"] == ["trial_f770w", "trial_f1500w"]


def test_products_of_a_run_of_many_exposures_are_counted(session):
    finish(session, "detector1")
    real = session.services.record
    products = {"a_cal.fits": 1, "b_cal.fits": 1, "a_sky.fits": 1}
    session.services = replace(
        session.services, record=lambda plan: real(plan) and replace(real(plan), products=products)
    )
    assert gather(session.report_request()).runs[0].main == "2 × _cal.fits"


def test_what_was_not_fitted_has_no_shift_of_zero(session):
    finish(session)
    roots = [one.root for one in session.programs.exposures]
    entry = {
        "root": roots[0],
        "dra_mas": 0.0,
        "ddec_mas": 0.0,
        "used": None,
        "reference": False,
        "rmse_mas": None,
    }
    entries = [entry, {**entry, "root": roots[1], "used": 9, "dra_mas": 4.0}, {**entry, "root": roots[2], "reference": True}]  # fmt: skip
    with_records(session, facts={"shifts": entries})
    printable = {one["root"]: one["dra_mas"] for one in gather(session.report_request()).shifts}
    assert printable == {roots[0]: None, roots[1]: 4.0, roots[2]: 0.0}


def test_a_picture_says_of_how_many_exposures_it_is_made(session):
    finish(session)
    roots = [one.root for one in session.programs.exposures]
    with_records(session, exposures=tuple(roots[:1]))
    assert gather(session.report_request()).pictures[0].caption.startswith("1 exposure; ")
    with_records(session, exposures=tuple(roots))
    assert gather(session.report_request()).pictures[0].caption.startswith("4 exposures; ")
