"""Tables of tags: they come back as they went, and what is wrong with one is told with its place."""

import csv
import io
import json
from types import SimpleNamespace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from miri_widgets.errors import BadTableError
from miri_widgets.products.tables.tag_tables import parse_tags, tags_as_csv, tags_as_json
from miri_widgets.products.tags import (
    ANOMALIES,
    ExposureVerdict,
    Tag,
    change_tags,
    read_tags,
    tag_from,
)

TEXTS = st.one_of(
    st.text(),
    st.sampled_from(
        ["=cmd|' /C calc'!A0", "'=1+1", "''@x", "+1\n-2", "<script>alert(1)</script>", 'a,"b"\r\nc', "\ud800"]
    ),
)


TAGS = st.builds(
    lambda verdict, anomalies, comment, seen: tag_from(
        {"verdict": verdict, "anomalies": anomalies, "comment": comment, "seen": seen}
    ),
    st.sampled_from(ExposureVerdict),
    st.lists(st.sampled_from(list(ANOMALIES))),
    TEXTS,
    st.booleans(),
)


def some(count):
    return [SimpleNamespace(root=f"jw0{n}", filter="F770W", tile=1, dither=n) for n in range(count)]


@given(st.lists(TAGS, min_size=1, max_size=4))
def test_tables_come_back_as_they_went(tags):
    by_root = {one.root: tag for one, tag in zip(some(len(tags)), tags, strict=True)}
    for table in (tags_as_csv, tags_as_json):
        text = table(some(len(tags)), by_root)
        text.encode()
        back = {root: tag_from(values) for root, values in parse_tags(text).items()}
        assert back == by_root


@given(TEXTS)
def test_no_cell_of_the_table_is_a_formula(comment):
    text = tags_as_csv(some(1), {"jw00": tag_from({"comment": comment})})
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)


def test_a_table_made_by_hand_changes_what_it_names(tmp_path):
    path = tmp_path / "tags.json"
    change_tags(path, {"jw1": {"comment": "kept"}})
    change_tags(path, parse_tags("\ufeffexposure,verdict\njw1,rejected\n"))
    assert read_tags(path)["jw1"] == Tag(ExposureVerdict.REJECTED, (), "kept")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column exposure"),
        ("name,verdict\nx,ok\n", "no column exposure"),
        ("exposure,verdict\na,ok\nb,great\n", "line 3: the tag 'great'"),
        ("exposure,verdict\n,ok\n", "line 2 names no exposure"),
        ("[1]", "no list of exposures"),
        ("[{]", "no JSON"),
        (json.dumps([{"exposure": "a", "anomalies": ["rings"]}]), "entry 1: the anomaly 'rings'"),
        (json.dumps([{"exposure": "a", "anomalies": 5}]), "entry 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_told_with_its_place(text, words):
    with pytest.raises(BadTableError, match=words):
        parse_tags(text)
