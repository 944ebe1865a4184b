"""The facts of a report: only runs of the settings of now, and what differs from the defaults."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import EngineError, NotFitsError
from miri_widgets.models.citations import CITATIONS, bibtex
from miri_widgets.models.report import gather, request_of
from miri_widgets.models.report_pictures import picture
from miri_widgets.models.report_texts import of_words, short_numbers, without_advice, without_folders
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
    with pytest.raises(EngineError, match="no run is complete with the settings of now"):
        gather(request_of(session))


def test_plans_of_earlier_settings_are_not_reported(session):
    finish(session, "detector1")
    session.stages["detector1"].set({"jump.rejection_threshold": 7})
    with pytest.raises(EngineError, match="no report can be made now"):
        request_of(session)
    session.poll()
    with pytest.raises(EngineError, match="no run is complete with the settings of now"):
        gather(request_of(session))


def test_a_whole_chain(session):
    finish(session)
    found = gather(request_of(session))
    assert [stage.status for stage in found.stages] == ["complete"] * 3
    assert all(run.complete for run in found.runs) and len(found.runs) == len(session.plans)
    assert [one.title for one in found.pictures] == ["Mosaic · trial_f770w", "Mosaic · trial_f1500w"]
    assert all(one.png.startswith(PNG) and "MJy/sr" in one.caption for one in found.pictures)
    assert found.missing == () and found.parameters == ()
    assert "All parameters have the values of the pipeline" in " ".join(found.methods)
    assert {"Rieke2015", "Wright2023", "Bushouse"} <= set(found.citations)
    assert not {"Gaia2023", "Greenfield2016", "Fruchter2002"} & set(found.citations)


def test_what_is_missing_is_said(session):
    finish(session, "detector1")
    session.programs.exclude([session.programs.exposures[0].root])
    session.poll()
    found = gather(request_of(session))
    assert [stage.status for stage in found.stages] == [
        "complete",
        "0 of 3 runs complete",
        "0 of 2 runs complete",
    ]
    assert found.missing[0].startswith("Image 2 is not complete with the settings of now for jw09999001001")
    assert found.missing[-1] == "1 of 4 exposures is excluded."
    assert found.pictures == ()


def test_rejected_exposures_and_their_tags_are_said(session):
    root = session.programs.exposures[0].root
    session.tags.change([root], verdict="rejected", comment="trailed")
    session.poll()
    finish(session)
    found = gather(request_of(session))
    assert found.missing == ("1 of 4 exposures is rejected: the mosaics leave it out.",)
    assert found.tags[root].comment == "trailed"


def test_a_refused_stage_is_said(session):
    session.use_stage("apply_shift")
    session.poll()
    finish(session, "detector1", "image2")
    found = gather(request_of(session))
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
    found = {one.name: one for one in gather(request_of(session)).parameters}
    chosen = found["ramp_fit.algorithm"]
    assert (chosen.value, chosen.default, chosen.source, chosen.runs, chosen.of) == (
        "LIKELY",
        "OLS_C",
        "you",
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
    found = {one.name: one for one in gather(request_of(session)).parameters}
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
    found = gather(request_of(session)).proofs
    assert [(one.verdict, one.accepted) for one in found] == [
        ("harm", True),
        ("good", False),
        ("told", False),
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
    found = gather(request_of(session))
    text = " ".join(found.methods)
    assert "pipeline version 3.0.0 [Bushouse] and the CRDS context jwst_1.pmap" in text
    assert "drizzled [Fruchter2002] into a mosaic with pixfrac 0.8 and the square kernel" in text
    assert "photutils" not in text and "Photutils" not in found.citations
    assert found.stages[0].skipped == ("source_catalog",)


def test_advice_for_a_page_is_left_out_of_a_paper():
    text = "nothing is here; expected a grid: press Make in the Program tab."
    assert without_advice(text) == "nothing is here; expected a grid."
    assert (
        without_advice("Pressure is no advice. Version 1.2 ran.") == "Pressure is no advice. Version 1.2 ran."
    )
    assert without_advice("Press Run.") == ""
    assert (
        of_words(1, 20, "exposure") == "1 of 20 exposures is" and of_words(2, 2, "run") == "2 of 2 runs are"
    )
    assert of_words(1, 1, "run") == "1 of 1 run is"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("/home/a b/work/runs/x_cal.fits", "runs/x_cal.fits"),
        ("read (/data/x/gaia.ecsv), then", "read (gaia.ecsv), then"),
        ("from '~/points.reg'.", "from 'points.reg'."),
        ("in C:\\Users\\me\\cat.ecsv and \\\\host\\share\\b.fits", "in cat.ecsv and b.fits"),
        ("/mnt/My Stars/gaia cat.ecsv", "gaia cat.ecsv"),
        (
            "12 MJy/sr, 1/f, N/A, https://doi.org/10.1/x and/or",
            "12 MJy/sr, 1/f, N/A, https://doi.org/10.1/x and/or",
        ),
        ("In /home/a b/work are files", "In work are files"),
    ],
)
def test_folders_of_a_machine_are_not_printed(text, printed):
    assert without_folders(text, (Path("/home/a b/work"),)) == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("0.30000000000000004 mas", "0.3 mas"),
        ("MJD 60310.123456789.", "MJD 60310.123."),
        ("rms 1.23456789012e-09", "rms 1.23457e-09"),
        ("0.12345678 of 60310.123", "0.12345678 of 60310.123"),
        (
            "jwst 1.20.3.dev12345678901 at 2024-01-02T00:00:00.1234567890",
            "jwst 1.20.3.dev12345678901 at 2024-01-02T00:00:00.1234567890",
        ),
    ],
)
def test_long_numbers_are_shortened(text, printed):
    assert short_numbers(text) == printed


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
    found = gather(request_of(session))
    assert found.warnings == (
        ("detector1", "AstropyUserWarning: 3 values were clipped", 4),
        ("detector1", "jwst: Step skipped", 4),
    )
    assert found.python_warnings == 1


def test_methods_of_every_stage_are_in_the_past_tense():
    for stage in STAGES:
        if stage.name != "image3":  # told step by step
            assert re.search(r"\b(was|were)\b", stage.methods) and stage.methods.endswith("."), stage.name


def test_every_citation_has_a_doi_or_a_journal_and_gives_bibtex():
    for one in CITATIONS.values():
        assert one.doi or one.journal
        assert one.short.split()[0].strip(",")
    text = bibtex(CITATIONS.values(), {"Bushouse": "3.0.0"})
    assert text.count("@article{") + text.count("@software{") == len(CITATIONS)
    assert text.count("{") == text.count("}") and "= {3.0.0}," in text


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
    from miri_widgets.models import report_pictures

    north, east = report_pictures._axes(report_pictures._celestial(science.header), (100, 120))
    np.testing.assert_allclose((north, east), ((0, 1), (-1, 0)), atol=1e-3)
    assert (
        "0.11 arcsec per pixel" in picture(path, "x").caption and "bar 2 arcsec" in picture(path, "x").caption
    )


def test_a_damaged_product_is_a_sentence(tmp_path):
    (tmp_path / "x_i2d.fits").write_text("nothing")
    with pytest.raises(NotFitsError):
        picture(tmp_path / "x_i2d.fits", "x")
