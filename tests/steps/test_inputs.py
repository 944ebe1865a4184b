"""Bad inputs are refused with a sentence before the pipeline is paid for."""

import gzip
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets import errors
from miri_widgets.products.association import read_association
from miri_widgets.steps.execute import execute
from miri_widgets.steps.inputs import check_inputs, check_settings, pipeline_input
from miri_widgets.steps.stages import stage

UNCAL = "jw01041001001_02101_00001_mirimage_uncal.fits"


@pytest.fixture(autouse=True)
def no_pipeline(monkeypatch, request):
    """Any attempt to build a pipeline fails the test."""

    def refuse(dotted):
        raise AssertionError("the pipeline was asked for")

    monkeypatch.setattr("miri_widgets.steps.pipeline_run.pipeline_class", refuse)


def refused(kind, stage_name, inputs, tmp_path, settings=None):
    with pytest.raises(getattr(errors, kind)) as caught:
        execute(stage_name, inputs, settings or {}, tmp_path / "out")
    return str(caught.value)


def write(tmp_path, content, name=UNCAL):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_empty(tmp_path):
    assert "is empty" in refused("NotFitsError", "detector1", [write(tmp_path, b"")], tmp_path)


def test_truncated(tmp_path, make_exposure):
    path = make_exposure()
    path.write_bytes(path.read_bytes()[:-2880])
    assert "bytes" in refused("NotFitsError", "detector1", [path], tmp_path)


def test_gzip_cut_short(tmp_path, make_exposure):
    whole = gzip.compress(make_exposure().read_bytes())
    refused("NotFitsError", "detector1", [write(tmp_path, whole[: len(whole) // 2])], tmp_path)


def test_not_fits(tmp_path):
    assert "not FITS" in refused(
        "NotFitsError", "detector1", [write(tmp_path, b"<html>404</html>")], tmp_path
    )


def test_gone(tmp_path):
    refused("MissingFileError", "detector1", [tmp_path / UNCAL], tmp_path)


def test_no_input(tmp_path):
    refused("MissingFileError", "image3", [], tmp_path)


def test_not_jwst(tmp_path, make_exposure):
    refused("NotJwstError", "detector1", [make_exposure(TELESCOP="HST")], tmp_path)


def test_not_imaging(tmp_path, make_exposure):
    refused("NotImagingError", "detector1", [make_exposure(EXP_TYPE="MIR_LRS-FIXEDSLIT")], tmp_path)
    refused("NotImagingError", "detector1", [make_exposure(INSTRUME="NIRCAM")], tmp_path)


def test_wrong_suffix(tmp_path, make_exposure):
    path = make_exposure("jw01041001001_02101_00001_mirimage_rate.fits")
    assert "expected a uncal file" in refused("WrongSuffixError", "detector1", [path], tmp_path)


def test_two_exposures_for_a_stage_of_one(tmp_path, make_exposure):
    paths = [make_exposure(), make_exposure(UNCAL.replace("00001_m", "00002_m"))]
    assert "one exposure" in refused("MixedExposuresError", "detector1", paths, tmp_path)


def test_two_filters_in_a_mosaic(tmp_path, make_exposure):
    paths = [
        make_exposure("jw01041001001_02101_00001_mirimage_cal.fits"),
        make_exposure("jw01041001001_02101_00002_mirimage_cal.fits", FILTER="F770W"),
    ]
    assert "F560W and F770W together" in refused("MixedExposuresError", "image3", paths, tmp_path)


def test_an_exposure_given_twice(tmp_path, make_exposure):
    path = make_exposure("jw01041001001_02101_00001_mirimage_cal.fits")
    assert "given twice" in refused("MixedExposuresError", "image3", [path, path], tmp_path)


def test_a_folder_that_is_none(tmp_path, make_exposure):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(errors.MiriWidgetsError) as caught:
        execute("detector1", [make_exposure()], {}, tmp_path / "out" / "deep")
    assert str(caught.value).endswith(".")


def test_an_unknown_stage(tmp_path):
    refused("ParameterError", "detector9", [], tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("jump.rejection_treshold", 4, "rejection_threshold"),
        ("jump.rejection_threshold", -1, "at least 0"),
        ("jump.rejection_threshold", "many", "a number"),
        ("jump.skip", 1, "true or false"),
        ("ramp_fit.algorithm", "OLS", "OLS_C, LIKELY"),
        ("output_dir", "/tmp", "folder of its own"),
        ("jump.maximum_cores", "all", "side by side"),
        ("jump.pre_hooks", ["os.system"], "trace"),
        ("skip", True, "always runs"),
        ("ramp_fit.skip", True, "no rate product"),
    ],
)
def test_bad_parameters(name, value, words, tmp_path, make_exposure):
    assert words in refused("ParameterError", "detector1", [make_exposure()], tmp_path, {name: value})


@pytest.mark.parametrize(
    ("stage_name", "name"),
    [
        ("detector1", "dq_init.user_supplied_dq"),
        ("detector1", "dark_current.override_dark"),
        ("image2", "bkg_subtract.bkg_list"),
        ("image3", "tweakreg.abs_refcat"),
        ("image3", "resample.output_wcs"),
    ],
)
def test_files_that_parameters_name_must_be_there(stage_name, name, tmp_path, monkeypatch):
    (tmp_path / "here.fits").write_text("x")
    monkeypatch.chdir(tmp_path)
    for missing in (str(tmp_path / "gone.fits"), "here.fits"):
        with pytest.raises(errors.MissingFileError, match="full path"):
            check_settings(stage(stage_name), {name: [missing] if name.endswith("list") else missing})
    there = str(tmp_path / "here.fits")
    check_settings(stage(stage_name), {name: [there] if name.endswith("list") else there})


def test_catalogue_services_and_no_file_are_allowed():
    assert check_settings(stage("image3"), {"tweakreg.abs_refcat": "GAIADR3"})
    assert check_settings(stage("detector1"), {"dark_current.override_dark": "N/A"})


def test_numbers_come_in_their_kind():
    checked = check_settings(stage("image3"), {"resample.crval": (80, "-69.5"), "tweakreg.minobj": "8"})
    assert checked == {"resample.crval": [80.0, -69.5], "tweakreg.minobj": 8}


@given(st.permutations(["00003", "00001", "00002"]))
def test_the_association_does_not_depend_on_the_order(tmp_path_factory, order):
    from miri_widgets.products.association import level3_association

    paths = [f"/x/jw01041001001_02101_{one}_mirimage_cal.fits" for one in order]
    expected = level3_association(sorted(paths), product_name="m", program="01041")
    assert level3_association(paths, product_name="m", program="01041") == expected


def test_a_mosaic_is_called_with_an_association(tmp_path, make_exposure):
    paths = [make_exposure(f"jw01041001001_02101_0000{i}_mirimage_cal.fits") for i in (2, 1)]
    exposures = check_inputs(stage("image3"), paths)
    asn = pipeline_input(stage("image3"), exposures, {}, tmp_path, "")
    (product,) = read_association(asn)["products"]
    assert product["name"] == "jw01041_f560w"
    assert [member["expname"] for member in product["members"]] == [str(path) for path in reversed(paths)]
    with pytest.raises(errors.ParameterError, match="product name"):
        pipeline_input(stage("image3"), exposures, {}, tmp_path, "../evil")
    paths[0].unlink()
    with pytest.raises(errors.MissingFileError, match="member"):
        pipeline_input(stage("image3"), exposures, {}, tmp_path, "")


def test_backgrounds_become_members(tmp_path, make_exposure):
    rate = make_exposure("jw01041001001_02101_00001_mirimage_rate.fits")
    back = make_exposure("jw01041002001_02101_00001_mirimage_rate.fits")
    exposures = check_inputs(stage("image2"), [rate])
    assert pipeline_input(stage("image2"), exposures, {}, tmp_path, "") == rate
    values = {"bkg_subtract.bkg_list": [str(back)]}
    (product,) = read_association(pipeline_input(stage("image2"), exposures, values, tmp_path, ""))[
        "products"
    ]
    assert [member["exptype"] for member in product["members"]] == ["science", "background"]


def test_checks_import_no_pipeline():
    import subprocess

    code = (
        "import sys, miri_widgets.steps.execute as e\n"
        "try: e.execute('detector1', ['/nowhere/x_uncal.fits'], {}, '/tmp/never')\n"
        "except Exception as error: print(type(error).__name__, 'jwst' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["MissingFileError", "False"]
