"""Any table of shifts by exposure is read, or refused in one sentence."""

import math

import pytest

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.tables.measured_shifts import read_measured_shifts

NAME = "jw01040001{visit:03}_02101_{number:05}"


def write(tmp_path, text, name="shifts.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def rows(values, visit=1):
    return "".join(
        f"{NAME.format(visit=visit, number=number)},{dx},{dy}\n"
        for number, (dx, dy) in enumerate(values, start=1)
    )


def test_names_give_the_visit_and_the_guide_star_divides_it(tmp_path):
    text = "file,dx,dy,gs_id\n"
    for visit, star in ((1, "S1"), (1, "S2"), (2, "S2")):
        for number in (1, 2):
            number += 10 * (star == "S2")
            text += f"/data/{NAME.format(visit=visit, number=number)}_mirimage_fixed_wcs_cal.fits,0.1,0.2,{star}\n"
    found = read_measured_shifts(write(tmp_path, text))
    assert [group.name for group in found.groups] == [
        "jw01040001001:S1", "jw01040001001:S2", "jw01040001002:S2"
    ]  # fmt: skip
    assert found.measurements[0].root == "jw01040001001_02101_00001_mirimage"
    assert set(found.runs) == {"01040"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_units_and_columns(tmp_path, separator):
    text = "filter,root,dx_mas,dy_mas,sigma_mas,matches,rms_mas,significance,relative\n"
    text += f"F560W,{NAME.format(visit=1, number=1)},100.5,-20,2,31,18,9.5,true\n"
    one = read_measured_shifts(write(tmp_path, text.replace(",", separator))).measurements[0]
    assert (one.dx, one.dy, one.sigma) == pytest.approx((0.1005, -0.02, 0.002))
    assert (one.matches, one.significance, one.relative) == (31, 9.5, True)
    assert one.rms == pytest.approx(0.018)


def test_units_in_brackets_and_names_of_targets(tmp_path):
    text = f"name,exposure,DX [mas],DY (arcsec)\nLMC,{NAME.format(visit=1, number=1)},100,0.5\n"
    one = read_measured_shifts(write(tmp_path, text)).measurements[0]
    assert (one.root, one.dx, one.dy) == (NAME.format(visit=1, number=1), pytest.approx(0.1), 0.5)


def test_ecsv_as_astropy_writes_it(tmp_path):
    from astropy.table import Table

    path = tmp_path / "shifts.ecsv"
    Table({"root": [NAME.format(visit=3, number=1)], "dx": [0.25], "dy": [-0.5], "group": ["mine"]}).write(
        path
    )
    found = read_measured_shifts(path)
    assert [group.name for group in found.groups] == ["mine"]
    assert (found.measurements[0].dx, found.measurements[0].dy) == (0.25, -0.5)


def test_fields_and_filters_are_runs(tmp_path):
    text = "field,filter,exposure,dx,dy\n"
    text += (
        f"LMC,F560W,{NAME.format(visit=1, number=1)},0,1\nLMC,F770W,{NAME.format(visit=1, number=2)},0,1\n"
    )
    found = read_measured_shifts(write(tmp_path, text))
    assert found.runs == ("LMC F560W", "LMC F770W")
    assert len(found.run("LMC F770W").measurements) == 1
    assert found.run("LMC F770W").filters == ("F770W",)


def test_exposures_without_a_shift_are_kept_as_failed(tmp_path):
    found = read_measured_shifts(
        write(tmp_path, "exposure,dx,dy\n" + rows([(0.1, 0.2), ("nan", ""), (0.1, 0.3)]))
    )
    assert [str(one.status) for one in found.measurements] == ["measured", "failed", "measured"]
    assert math.isnan(found.measurements[1].dx)


def test_other_names_need_a_group(tmp_path):
    found = read_measured_shifts(write(tmp_path, "file,dx,dy,group\na.fits,0,1,west\nb.fits,0,1,west\n"))
    assert [group.roots for group in found.groups] == [("a.fits", "b.fits")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("exposure,dx,dy\n", "no lines below"),
        ("a,b\n1,2\n", "no column exposure nor dx_arcsec nor dy_arcsec"),
        ("exposure,dx\n" + NAME.format(visit=1, number=1) + ",1\n", "no column dy_arcsec"),
        ("exposure,dv2,dv3\nx,1,2\n", "along V2 and V3"),
        ("exposure,dx_pix,dy_pix\nx,1,2\n", "gives dx_pix in pix"),
        ("exposure,dx_mas,dx_arcsec,dy\nx,1,2,3\n", "dx_mas and dx_arcsec"),
        ("exposure,dx,dy\nsome.fits,1,2\n", "names an exposure 'some.fits' in line 2"),
        ("exposure,dx,dy\n" + rows([("a", 0)]), "line 2: dx is 'a', no number"),
        ("exposure,dx,dy\n" + rows([(105.0, 0)]), "by 105 arcsec in line 2"),
        ("exposure,dx,dy\n" + rows([(0, 0)]) * 2, "in line 2 and again in line 3"),
    ],
)
def test_other_files_are_refused_in_one_sentence(tmp_path, text, words):
    with pytest.raises(BadTableError) as caught:
        read_measured_shifts(write(tmp_path, text))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_are_no_text(tmp_path):
    (tmp_path / "image.fits").write_bytes(bytes(range(256)))
    with pytest.raises(BadTableError, match="cannot be read"):
        read_measured_shifts(tmp_path / "image.fits")
    with pytest.raises(BadTableError, match="is a folder"):
        read_measured_shifts(tmp_path)
    with pytest.raises(MissingFileError):
        read_measured_shifts(tmp_path / "none.csv")


def test_the_real_table(shared_data):
    found = read_measured_shifts(shared_data / "tables" / "measured_tweakreg_shifts.csv")
    assert len(found.measurements) == 75
    assert [len(group) for group in found.groups] == [10, 10, 10, 10, 5, 10, 10, 10]
    assert [group.guide_star for group in found.groups[2:4]] == ["S1HP093172"] * 2
