"""Files released to a browser: what a token stands for, and what cannot be released."""

import os
import time

import pytest

from miri_widgets.errors import InputError, MissingFileError
from miri_widgets.products import served_files
from miri_widgets.products.served_files import LIFETIME, read_released, release_files, safe_name, withdraw


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    return tmp_path / "runtime"


@pytest.fixture
def workspace(tmp_path):
    top = tmp_path / "work space"
    for name in ("runs/image3/key/a_i2d.fits", "runs/image3/key/record.json", "composites/b.png"):
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return top


def test_one_file_keeps_its_name_and_several_become_a_zip(workspace):
    file = workspace / "composites" / "b.png"
    one = read_released(release_files([file], workspace, "all"))
    assert (one.name, one.zipped, [entry.path for entry in one.files]) == (
        "b.png",
        False,
        [str(file.resolve())],
    )
    every = read_released(release_files([workspace / "runs", file, file], workspace, "../x/all"))
    assert every.name == "all.zip" and every.zipped
    assert [entry.name for entry in every.files] == [
        "runs/image3/key/a_i2d.fits",
        "runs/image3/key/record.json",
        "composites/b.png",
    ]


def test_nothing_outside_of_the_folder_is_released(workspace, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    link = workspace / "composites" / "link.txt"
    link.symlink_to(secret)
    for path in (secret, link, workspace / ".." / "secret.txt", workspace / "composites"):
        with pytest.raises(InputError, match="outside of"):
            release_files([path], workspace, "x")
    with pytest.raises(MissingFileError):
        release_files([workspace / "none.fits"], workspace, "x")
    with pytest.raises(MissingFileError, match="no file to download"):
        release_files([], workspace, "x")


def test_a_token_is_secret_ends_and_cannot_name_a_file(workspace, runtime):
    token = release_files([workspace / "runs"], workspace, "x")
    (manifest,) = (runtime / "miri-widgets-downloads").iterdir()
    assert manifest.stat().st_mode & 0o077 == 0 and len(token) == 43
    for other in ("", "../" + token, token[:-1], token + "x", "A" * 43, "..%2f" + token):
        assert read_released(other) is None
    old = time.time() - LIFETIME - 10
    os.utime(manifest, (old, old))
    assert read_released(token) is None
    release_files([workspace / "runs"], workspace, "x")
    assert not manifest.exists()
    manifest.write_text("[]")
    assert read_released(token) is None


def test_what_is_withdrawn_is_gone(workspace):
    token = release_files([workspace / "runs"], workspace, "x")
    withdraw("../../x")
    withdraw(token)
    assert read_released(token) is None


def test_names_are_safe_in_headers_and_on_disks():
    assert (
        safe_name('a"b\r\nc') == "a_b_c"
        and safe_name("../..") == "files"
        and safe_name("x/y.fits") == "y.fits"
    )
    assert served_files.safe_name("é" * 300) == "é" * 120
