"""Tables of shifts come back exactly as written, and say in a sentence what is wrong with others."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.groups import Group, split
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.tables.shift_tables import (
    ShiftTable,
    compare_tables,
    read_shift_table,
    write_shift_table,
)


@dataclass(frozen=True)
class Facts:
    root: str
    observation: str = "001"
    visit: str = "001"
    guide_star: str = "S1"
    start_mjd: float = 60000.0
    program: str = "01040"


def trusted(visit="001", dx=0.1, dy=-0.2, filter_name="F560W", star="S1"):
    roots = tuple(f"jw01040001{visit}_02101_{number:05}_mirimage" for number in (1, 2, 3, 4))
    group = Group(f"jw01040001{visit}:{star}", roots, "01040", "001", visit, star, (1.0, 2.0, 3.0, 4.0))
    return TrustedShift(
        group, filter_name, dx, dy, 0.002, 0.003, 0.1, 0.0, 4, 4, Verdict.PASS, "4 of 4 exposures agree"
    )


def table(*shifts):
    return ShiftTable(
        shifts, "01040", "gaia.ecsv", "a person", {"miri_widgets": "0.1"}, ("A note: with colon.",)
    )


finite = st.floats(-100, 100)
words = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)


@given(finite, finite, st.floats(0, 1), st.sampled_from(Verdict), words, words)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_round_trip_is_exact(tmp_path: Path, dx, dy, err, verdict, reason, source):
    one = replace(trusted(dx=dx, dy=dy), dx_err=err, verdict=verdict, reason=reason, source=source)
    written = table(one, trusted("002"))
    write_shift_table(written, tmp_path / "shifts.ecsv")
    assert read_shift_table(tmp_path / "shifts.ecsv") == written


def test_what_is_not_known_comes_back_as_not_known(tmp_path):
    one = trusted(star="", filter_name="")
    one = replace(one, dx_err=math.nan, group=replace(one.group, times=()))
    write_shift_table(ShiftTable((one,)), tmp_path / "shifts.ecsv")
    back = read_shift_table(tmp_path / "shifts.ecsv").shifts[0]
    assert (back.filter, back.group.guide_star, back.group) == ("", "", one.group)
    assert math.isnan(back.dx_err)


def test_a_person_can_read_it(tmp_path):
    write_shift_table(table(trusted()), tmp_path / "shifts.ecsv")
    text = (tmp_path / "shifts.ecsv").read_text()
    for word in (
        "RA cos(Dec)",
        "unit: arcsec",
        "gaia.ecsv",
        "a person",
        "4 of 4 exposures agree",
        "measured",
    ):
        assert word in text


def test_exposures_of_any_filter_find_their_row():
    shifts = table(trusted("001", 0.1), trusted("002", 0.2), trusted("002", 0.3, filter_name="F770W"))
    other = Facts("jw01040001002_04101_00001_mirimage", visit="002")
    assert shifts.shift_for(other).dx == 0.2
    assert shifts.shift_for(other, "F770W").dx == 0.3
    assert shifts.shift_for(replace(other, guide_star="S2")) is None
    stranger = Facts("jw02731001001_02101_00001_mirimage", program="02731")
    assert shifts.uncovered([other, stranger]) == (stranger.root,)


def test_parts_of_a_split_group_are_told_by_name_and_then_by_time():
    whole = trusted()
    stay, leave = split(whole.group, whole.group.roots[2:])
    shifts = table(replace(whole, group=stay, dx=1.0), replace(whole, group=leave, dx=2.0))
    assert shifts.shift_for(Facts(whole.group.roots[3])).dx == 2.0
    assert shifts.shift_for(Facts("jw01040001001_04101_00001_mirimage", start_mjd=1.2)).dx == 1.0
    assert shifts.shift_for(Facts("jw01040001001_04101_00002_mirimage", start_mjd=3.9)).dx == 2.0


@pytest.mark.parametrize(
    ("dx", "dy", "words"),
    [
        (0.1, 0.2, "the sign of dy was lost"),
        (-0.1, 0.2, "the sign of dx and of dy was lost"),
        (-0.2, 0.1, "dx and dy are exchanged"),
        (0.101, -0.2, "differs by 1.0 mas"),
    ],
)
def test_comparison_tells_what_happened_to_a_number(dx, dy, words):
    (sentence,) = compare_tables(table(trusted()), table(trusted(dx=dx, dy=dy)))
    assert words in sentence and "S1" in sentence


def test_comparison_tells_missing_and_additional_groups_and_nothing_else():
    first, second = trusted("001"), trusted("002")
    assert compare_tables(table(first, second), table(first, second)) == ()
    assert "missing" in compare_tables(table(first, second), table(first))[0]
    assert "only in the other" in compare_tables(table(first), table(first, second))[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ICRS; dx is added to RA cos(Dec), dy to Dec", "V2, V3", "says frame 'V2, V3'"),
        (" PASS ", " GOOD ", "cannot be read"),
        ("dy,", "dz,", "does not name the column dy"),
        (" 0.1 -0.2 ", " nan -0.2 ", "has no shift"),
        ("# %ECSV 1.0", "nonsense", "has no row that can be read"),
    ],
)
def test_a_damaged_table_is_one_sentence(tmp_path, old, new, words):
    path = tmp_path / "shifts.ecsv"
    write_shift_table(table(trusted()), path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(BadTableError) as caught:
        read_shift_table(path)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_table_is_said(tmp_path):
    with pytest.raises(MissingFileError):
        read_shift_table(tmp_path / "none.ecsv")
