"""Raw exposures: names, headers, truth, and the same pixels every time."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.names import ExposureName
from miri_widgets.simulation import PROGRAMS, load_truth, simulate

PROGRAM = PROGRAMS["sub64"].replace(ngroups=4, nints=2)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    seen = []
    result = simulate(
        PROGRAM, tmp_path_factory.mktemp("sub64"), progress=lambda *args: seen.append(args), save_rates=True
    )
    assert seen == [(i + 1, len(result.uncal), path.name) for i, path in enumerate(result.uncal)]
    return result


def test_names_follow_the_grammar(made):
    names = [ExposureName.parse(path) for path in made.uncal]
    assert {name.program for name in names} == {PROGRAM.program}
    assert names == sorted(names)
    assert all(path.is_file() for path in made.uncal)


def test_nothing_but_the_products_is_left(made):
    assert sorted(path.name for path in made.uncal[0].parent.iterdir()) == [path.name for path in made.uncal]


def test_headers_are_complete(made):
    for path, dither in zip(made.uncal, PROGRAM.dithers, strict=True):
        with fits.open(path) as hdus:
            header, science = hdus[0].header, hdus["SCI"]
            assert science.data.shape == (2, 4, 64, 72)
            assert science.data.dtype.kind == "u"
            expected = {
                "TELESCOP": "JWST",
                "INSTRUME": "MIRI",
                "DETECTOR": "MIRIMAGE",
                "EXP_TYPE": "MIR_IMAGE",
                "FILTER": "F560W",
                "READPATT": "FASTR1",
                "SUBARRAY": "SUB64",
                "SUBSTRT1": 1,
                "SUBSTRT2": 779,
                "SUBSIZE1": 72,
                "SUBSIZE2": 64,
                "NINTS": 2,
                "NGROUPS": 4,
                "TITLE": PROGRAM.title,
                "PROGRAM": PROGRAM.program,
                "GDSTARID": PROGRAM.tiles[0].guide_star,
                "FILENAME": path.name,
                "VISIT_ID": "01044001001",
                "APERNAME": "MIRIM_SUB64",
            }
            assert {key: header.get(key) for key in expected} == expected
            assert (header["XOFFSET"], header["YOFFSET"]) == dither
            for key in (
                "DATE-OBS",
                "TIME-OBS",
                "EXPSTART",
                "EXPMID",
                "EFFEXPTM",
                "TFRAME",
                "TGROUP",
                "GS_RA",
                "TARG_RA",
            ):
                assert header.get(key) is not None, key
            for key in (
                "RA_REF",
                "DEC_REF",
                "ROLL_REF",
                "V2_REF",
                "V3_REF",
                "VPARITY",
                "V3I_YANG",
                "VA_SCALE",
            ):
                assert science.header.get(key) is not None or header.get(key) is not None, key


def test_same_pixels_again(made, tmp_path):
    again = simulate(PROGRAM, tmp_path, processes=1)
    for old, new in zip(made.uncal, again.uncal, strict=True):
        assert fits.getdata(old, "SCI").tobytes() == fits.getdata(new, "SCI").tobytes()
    assert load_truth(again.truth).exposures.keys() == load_truth(made.truth).exposures.keys()


def test_another_seed_gives_other_pixels(made, tmp_path):
    other = simulate(PROGRAM.replace(seed=2, dithers=((0.0, 0.0),)), tmp_path)
    assert not np.array_equal(fits.getdata(other.uncal[0], "SCI"), fits.getdata(made.uncal[0], "SCI"))


def test_truth_says_what_was_injected(made):
    truth = load_truth(made.truth.parent.parent)
    assert truth.program["seed"] == PROGRAM.seed
    assert len(truth.catalog) == PROGRAM.field.stars
    assert {"ra", "dec", "flux_ujy", "type", "isolated"} <= set(truth.catalog.colnames)
    for path in made.uncal:
        exposure = truth.exposures[path.name]
        error = np.subtract(exposure.pointing_error, PROGRAM.tiles[0].guide_star_error)
        assert 0.0019 < np.hypot(*error) < 0.0091
        assert exposure.sky == 1.6
        sources = truth.sources(path.name)
        assert set(sources["id"]) <= set(truth.catalog["id"])
        rate = fits.getdata(truth.path.parent / exposure.rate)
        assert rate.shape == (64, 72)


def test_brightest_source_is_where_the_truth_says(made):
    truth = load_truth(made.truth)
    name = made.uncal[0].name
    sources: Table = truth.sources(name)
    best = sources[int(np.argmax(sources["flux_ujy"]))]
    data = fits.getdata(made.uncal[0], "SCI").astype(float)[0]
    row, column = round(best["y"]), round(best["x"])
    signal = (data[-2] - data[0])[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].max()
    assert signal > 5 * np.std(data[1] - data[0])


def test_lost_or_broken_truth_is_a_sentence(tmp_path):
    with pytest.raises(MissingFileError, match="simulated program"):
        load_truth(tmp_path)
    (tmp_path / "truth.json").write_text("{}")
    with pytest.raises(BadTableError, match="simulate again"):
        load_truth(tmp_path)
