"""Tags outlive pages, pages do not lose each other's, and hostile text is text."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest

from miri_widgets.errors import BadTableError, ParameterError
from miri_widgets.products.tags import (
    ExposureVerdict,
    Tag,
    TagFile,
    change_tags,
    changed,
    read_tags,
    tag_from,
)


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
