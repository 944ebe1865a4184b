"""A reader sees the old file or the new one; full and forbidden disks are sentences."""

import errno
import os
import shutil
import subprocess

import pytest

from miri_widgets.errors import DiskFullError, NotWritableError
from miri_widgets.products.atomic import new_file, os_errors_as_ours, require_writable, write_json, write_text


def test_failure_keeps_the_old_file_and_leaves_nothing(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), new_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_folder_without_permission(tmp_path):
    # root may write anywhere, so the folder is a file's child here and errno is forced below
    with pytest.raises(NotWritableError, match="no permission to write"), os_errors_as_ours(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(NotWritableError):
            require_writable(tmp_path)


def test_full_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and os.geteuid() == 0
    if (
        mounted
        and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False).returncode
        == 0
    ):
        try:
            with pytest.raises(DiskFullError, match="no space left"):
                write_text(disk / "big.txt", "x" * 200_000)
            assert os.listdir(disk) == []
        finally:
            subprocess.run(["umount", disk], check=True)
    else:
        with pytest.raises(DiskFullError), os_errors_as_ours(disk):
            raise OSError(errno.ENOSPC, "No space left on device")


def test_json_is_readable(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": tmp_path})
    assert (tmp_path / "a.json").read_text().index('"a"') < (tmp_path / "a.json").read_text().index('"b"')
