"""Tags outlive pages, pages do not lose each other's, and hostile text is text."""

import csv
import io
import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from miri_widgets.errors import BadTableError, ParameterError
from miri_widgets.products.tables.tag_tables import parse_tags, tags_as_csv, tags_as_json
from miri_widgets.products.tags import (
    ANOMALIES,
    ExposureVerdict,
    Tag,
    TagFile,
    change_tags,
    changed,
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


def test_a_change_says_one_thing_and_leaves_the_rest(tmp_path):
    path = tmp_path / "new" / "tags.json"
    assert read_tags(path) == {}
    change_tags(path, {"a": {"verdict": "rejected"}, "b": {"seen": True}})
    change_tags(path, {"a": {"comment": " hot\r\nedge\x00 \u202e"}, "b": {"seen": False}})
    found = change_tags(path, {"a": {"anomalies": ["tree_rings", "cosmic_ray_shower"]}})
    assert found == {"a": Tag(ExposureVerdict.REJECTED, ("cosmic_ray_shower", "tree_rings"), "hot\nedge")}
    assert read_tags(path) == found
    assert sorted(one.name for one in path.parent.iterdir()) == ["tags.json", "tags.lock"]


def _tag_many(path, page):
    for number in range(20):
        change_tags(path, {f"{page}_{number}": {"verdict": "ok"}, "both": {("comment", "seen")[page]: "x"}})


def test_two_pages_at_once_lose_nothing(tmp_path):
    path = tmp_path / "tags.json"
    context = multiprocessing.get_context("fork")
    pages = [context.Process(target=_tag_many, args=(path, page)) for page in (0, 1)]
    for page in pages:
        page.start()
    for page in pages:
        page.join(60)
        assert page.exitcode == 0
    found = read_tags(path)
    assert len(found) == 41 and found["both"] == Tag(comment="x", seen=True)


def test_threads_of_one_page_lose_nothing(tmp_path):
    path = tmp_path / "tags.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: change_tags(path, {f"e{n}": {"seen": True}}), range(30)))
    assert len(read_tags(path)) == 30


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"version": 9, "exposures": {}}', '{"version": 1, "exposures": {"a": {"verdict": "x"}}}'],
)
def test_a_damaged_file_is_told_and_left_alone(tmp_path, text):
    path = tmp_path / "tags.json"
    path.write_text(text)
    for call in (
        lambda: read_tags(path),
        lambda: change_tags(path, {"a": {"seen": True}}),
        TagFile(path).read,
    ):
        with pytest.raises(BadTableError, match=r"tags\.json cannot be read"):
            call()
    assert path.read_text() == text


def test_what_others_write_is_seen_and_nothing_is_read_twice(tmp_path, monkeypatch):
    path = tmp_path / "tags.json"
    file = TagFile(path)
    assert file.read() == {}
    change_tags(path, {"a": {"seen": True}})
    assert file.read() == {"a": Tag(seen=True)}
    monkeypatch.setattr("miri_widgets.products.tags.read_tags", lambda path: pytest.fail("read again"))
    assert file.read() == {"a": Tag(seen=True)}


@pytest.mark.parametrize("values", [{"verdict": "good"}, {"anomalies": ["<b>"]}, {"colour": "red"}])
def test_what_does_not_exist_is_refused(values):
    with pytest.raises(ParameterError):
        changed({}, {"a": values})


def test_a_very_long_comment_is_cut():
    assert len(tag_from({"comment": "x" * 100_000}).comment) == 2000


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
