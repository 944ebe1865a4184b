import codecs
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.text_files import decode_text, read_text

WORDS = "# catalogue\nra,dec\n83.81,-5.39\n"


def read(path, **options):
    return read_text(path, "a region file", "save it again", **options)


@pytest.mark.parametrize(
    "mark, encoding",
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends_of_editors_leave_the_text(tmp_path, mark, encoding, end):
    path = tmp_path / "file.txt"
    path.write_bytes(mark + WORDS.replace("\n", end).encode(encoding))
    assert read(path) == WORDS


def test_a_degree_sign_of_windows_is_read(tmp_path):
    path = tmp_path / "file.txt"
    path.write_bytes("# 5°\n1 2\n".encode("cp1252"))
    assert read(path) == "# 5°\n1 2\n"


def test_a_mark_within_an_appended_file_leaves_it():
    assert decode_text(b"a\n" + codecs.BOM_UTF8 + b"b\n") == "a\nb\n"


@given(st.text(st.characters(exclude_characters="\ufeff\0\r", exclude_categories=["Cs"])))
def test_what_was_written_is_read(text):
    assert decode_text(text.encode()) == text


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_a_reason(content):
    try:
        assert "\r" not in decode_text(content)
    except ValueError as error:
        assert str(error)


def test_what_is_no_text_file_is_a_sentence(tmp_path):
    with pytest.raises(
        MissingFileError, match=r"no file gone\.reg; expected a region file in .*: save it again"
    ):
        read(tmp_path / "gone.reg")
    with pytest.raises(BadTableError, match="is a folder"):
        read(tmp_path)
    for content, words in [(b"a\0b", "NUL"), (b"x" * 200, "larger than")]:
        path = tmp_path / "file.txt"
        path.write_bytes(content)
        with pytest.raises(BadTableError, match=words):
            read(path, largest=100)
    with pytest.raises(BadTableError, match="cannot be read"):
        read(tmp_path / ("x" * 5000))
    with pytest.raises(BadTableError, match="cannot be read"):
        read(tmp_path / "a\0b")


def test_gzipped_text_is_read_and_its_size_counts_unpacked(tmp_path):
    path = tmp_path / "file.txt.gz"
    path.write_bytes(gzip.compress(WORDS.encode()))
    assert read(path) == WORDS
    with pytest.raises(BadTableError, match="larger than 10 Bytes"):
        read(path, largest=10)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadTableError, match="cannot be read"):
        read(path)
