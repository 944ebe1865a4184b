"""Measured shifts as values: what is wrong before and after, what to do next, groups that the user makes."""

import math
from dataclasses import replace

import numpy as np
import pytest

from miri_widgets.analysis.shift_diagnostics import group_labels, short_name
from miri_widgets.analysis.shift_files import read_shift_facts
from miri_widgets.analysis.shift_residuals import star_matches, stored_histograms
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.errors import BadTableError, ParameterError
from miri_widgets.models.shifts import ShiftsModel, next_step
from miri_widgets.products.tables.shift_tables import read_shift_table
from tests.support import shift_files


@pytest.fixture(scope="module")
def made():
    """The writer of tables with known values."""
    return shift_files


@pytest.fixture
def field(fakes, made, tmp_path):
    session = made.field_session(fakes, tmp_path / "field", tiles=2, each=3)
    yield session
    session.close()


def test_before_is_what_was_measured_and_after_what_is_left(made, tmp_path):
    files = made.write_shift_files(tmp_path, groups=3, each=4)
    facts = read_shift_facts(files.table)
    assert len(facts.exposures) == 12
    for one in facts.exposures:
        shift = facts.by_root[one.root]
        assert np.subtract(one.before, one.after) == pytest.approx((shift.dx, shift.dy))
        assert np.abs(one.after) == pytest.approx(0.002)
    assert {one.guide_star for one in facts.exposures} == set(facts.guide_stars)
    for one in facts.overlaps:
        assert one.after == pytest.approx((0.004, -0.003)) and math.hypot(*one.before) > 0.1


def test_relative_shifts_lose_their_common_zero_point(made, tmp_path):
    files = made.write_shift_files(tmp_path, groups=3, each=4, relative=True)
    assert np.abs([one.after for one in read_shift_facts(files.table).exposures]).max() < 0.005


def test_fall_backs_are_told_from_measurements(made, tmp_path):
    files = made.write_shift_files(tmp_path, groups=2, each=3, shared=2)
    left = [one for one in read_shift_facts(files.table).exposures if not one.usable]
    assert [one.root for one in left] == [made.root_of(2, 1), made.root_of(2, 2)]
    assert left[0].note == "only the shift of the whole run"


def test_a_table_alone_is_enough(made, tmp_path):
    files = made.write_shift_files(tmp_path, groups=2, each=3)
    files.measured.unlink()
    facts = read_shift_facts(files.table)
    assert len(facts.table.shifts) == 2 and facts.exposures == () and "no measured shifts" in facts.sentence
    files.measured.write_text("a b\n1 2\n")
    assert "expected an ECSV file" in read_shift_facts(files.table).sentence
    files.table.write_text("a b\n1 2\n")
    with pytest.raises(BadTableError):
        read_shift_facts(files.table)


def test_footprints_give_the_middle_of_a_group(made, tmp_path):
    files = made.write_shift_files(tmp_path, groups=2, each=2)
    facts = read_shift_facts(
        files.table, files={path.name.rpartition("_")[0]: path for path in files.exposures}
    )
    east = [facts.centre(one.group) for one in facts.table.shifts]
    apart = (east[1][0] - east[0][0]) * math.cos(math.radians(made.DEC)) * 3600
    assert apart == pytest.approx(95, abs=0.5)
    assert read_shift_facts(files.table).centre(facts.table.shifts[0].group) is None


@pytest.mark.parametrize(
    ("verdicts", "chain", "words", "action"),
    [
        ("PASS PASS", (), "All 2 groups PASS: take 'Apply shifts' into the chain", "take"),
        ("PASS PASS", ("apply_shift",), "All 2 groups PASS: run 'Apply shifts'", "go"),
        ("PASS WEAK", (), "1 of 2 groups are WEAK", "take"),
        ("FAIL PASS", (), "1 of 2 groups FAIL", "take"),
        ("FAIL FAIL", (), "No group passes", ""),
    ],
)
def test_the_next_step_follows_from_the_verdicts(made, tmp_path, verdicts, chain, words, action):
    shifts = tuple(
        made.trusted(tile, 2, Verdict(word)) for tile, word in enumerate(verdicts.split(), start=1)
    )
    files = made.write_shift_files(tmp_path, shifts)
    sentence, found = next_step(read_shift_facts(files.table), chain)
    assert words in sentence and found == action


def test_what_the_report_keeps_is_taken_and_what_is_broken_is_not(made):
    report = made.report_of((made.trusted(1, 2), made.trusted(2, 2)))
    pictures = stored_histograms(report)
    assert len(pictures) == 2
    place = np.unravel_index(pictures[1].counts.argmax(), pictures[1].counts.shape)
    # the first axis is dy
    assert pictures[1].edges[place[0]] <= pictures[1].dy <= pictures[1].edges[place[0] + 1]
    assert pictures[1].edges[place[1]] <= pictures[1].dx <= pictures[1].edges[place[1] + 1]
    assert len(star_matches(report)) == 20 and star_matches(report)[0].after == (0.003, -0.002)
    first = report["histograms"][pictures[0].group]
    first["counts"] = [[1.0]]
    del report["matches"]["ra"]
    assert len(stored_histograms(report)) == 1 and star_matches(report) == ()
    assert stored_histograms({}) == () and star_matches({}) == ()


def test_names_are_short(made):
    group = made.trusted(3, 2).group
    assert short_name(group) == "3.1"
    assert short_name(replace(group, name=group.name + "/2")) == "3.1/2"
    assert short_name(replace(group, observation="")) == group.name


def test_labels_of_a_table_tell_every_group_from_the_others(made):
    first = made.trusted(3, 2).group
    assert group_labels([first]) == {first.name: "3.1"}
    stranger = replace(first, name="jw02729003001:S9", program="02729")
    labels = group_labels([first, stranger])
    assert labels[stranger.name] == "2729 3.1" and labels[first.name].endswith(" 3.1")
    other_star = replace(first, name=first.name.partition(":")[0] + ":S99", guide_star="S99")
    assert group_labels([first, other_star]) == {
        first.name: f"3.1 {first.guide_star}",
        other_star.name: "3.1 S99",
    }
    named = [replace(first, name=name, guide_star="") for name in ("north", "south")]
    assert group_labels(named) == {"north": "north", "south": "south"}


def test_a_run_of_the_stage_is_read_and_grows_old(field, made, tmp_path):
    shifts = ShiftsModel(field)
    assert shifts.facts is None and not shifts.stale
    tables = tuple(made.trusted(tile, 3, first=3 * tile - 2) for tile in (1, 2))
    files = made.write_shift_files(tmp_path, tables)
    made.finish_stage(field, "shifts", (files.table, files.measured), files.report)
    assert len(shifts.facts.table.shifts) == 2 and len(shifts.facts.matches) == 30
    assert set(shifts.facts.footprints) == set(shifts.facts.by_root) == set(shifts.facts.files)
    shifts.merge([one.group.name for one in tables])
    field.poll()
    assert shifts.stale and shifts.facts is not None
    shifts.take_back()
    field.poll()
    assert not shifts.stale
    shifts.close()


def test_lines_make_groups_and_wrong_ones_are_refused(field):
    shifts = ShiftsModel(field)
    first, second = shifts.groups()
    assert first.name == "jw09999001001:S1AB000001" and len(first) == 3
    shifts.split(first.name, first.roots[2:])
    assert [len(one) for one in shifts.groups()] == [2, 1, 3]
    shifts.merge([first.name + "/2", second.name])
    assert [len(one) for one in shifts.groups()] == [2, 4]
    assert field.models["shifts"].settings.user["regroup"] == [
        f"split {first.name} {first.roots[2]}",
        f"merge {first.name}/2 {second.name}",
    ]
    before = shifts.lines
    for wrong in (
        lambda: shifts.merge([first.name]),
        lambda: shifts.merge([first.name, second.name]),
        lambda: shifts.split(first.name + "/1", ()),
        lambda: shifts.split(first.name + "/1", first.roots[:2]),
    ):
        with pytest.raises(ParameterError):
            wrong()
    assert shifts.lines == before
    shifts.take_back()
    shifts.take_back()
    assert shifts.groups() == (first, second) and "regroup" not in field.models["shifts"].settings.user
    shifts.close()


def test_a_copy_is_the_same_table_and_never_replaces_a_file(made, tmp_path):
    files = made.write_shift_files(tmp_path, groups=2, each=2)
    shifts = ShiftsModel()
    with pytest.raises(ParameterError, match="no table"):
        shifts.save_copy(tmp_path / "copy.ecsv")
    shifts.open(files.table)
    path = shifts.save_copy(tmp_path / "copy.ecsv")
    assert read_shift_table(path) == read_shift_table(files.table)
    for name, words in (("copy.ecsv", "there already"), ("copy.txt", "ends in .ecsv")):
        with pytest.raises(ParameterError, match=words):
            shifts.save_copy(tmp_path / name)


def test_a_table_that_cannot_be_read_is_a_sentence(tmp_path):
    shifts = ShiftsModel()
    shifts.open(tmp_path / "none_shifts.ecsv")
    assert shifts.facts is None and "none_shifts.ecsv" in shifts.sentence and not shifts.working
