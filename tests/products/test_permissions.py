"""Data of others: read-only folders, unreadable files, workspaces below them; as another user, for root may all."""

import json
import os
import subprocess
import sys

import pytest

from miri_widgets.products.scan import scan

from .test_scan import write

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

_NOBODY = 65534


def as_nobody(folder, code):
    """Run code as a user who owns nothing, and return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json, os, sys; from pathlib import Path\n{code}", str(folder)],
        capture_output=True, text=True, timeout=300, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


SCAN = """
from miri_widgets.products.scan import scan
os.setegid(65534); os.seteuid(65534)
folder = Path(sys.argv[1])
found = scan([folder / "data"], suffix="rate", index=folder / "work" / "index.json")
print(json.dumps([len(found.exposures), [str(one.error) for one in found.problems]]))
"""


@pytest.fixture
def data(folder_of_all):
    (folder_of_all / "data").mkdir()
    (folder_of_all / "work").mkdir()
    for number in (1, 2):
        write(folder_of_all / "data", exposure=number)
    return folder_of_all


def test_read_only_data_are_scanned_into_a_writable_workspace(data):
    (data / "work").chmod(0o777)
    for path in ((data / "data"), *(data / "data").iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert as_nobody(data, SCAN) == [2, []]
    assert (data / "work" / "index.json").stat().st_uid == _NOBODY
    assert sorted(path.stat().st_mode & 0o777 for path in (data / "data").iterdir()) == [0o444, 0o444]


def test_an_unreadable_file_is_told_and_the_rest_is_scanned(data):
    (data / "work").chmod(0o777)
    closed = sorted((data / "data").iterdir())[0]
    closed.chmod(0)
    count, (sentence,) = as_nobody(data, SCAN)
    assert count == 1
    assert f"{closed.name} cannot be opened (Permission denied)" in sentence
    assert sentence.endswith("expected a file that you may read: change its permissions.")
    closed.chmod(0o644)
    assert as_nobody(data, SCAN) == [2, []], "a file that may be read now is read, although it did not change"


def test_a_workspace_that_is_read_only_is_told_and_all_is_scanned(data):
    (data / "work").chmod(0o555)
    count, (sentence,) = as_nobody(data, SCAN)
    assert count == 2
    assert sentence.startswith(f"no permission to write in {data / 'work'}; expected ")
    assert sentence.endswith("choose another workspace or change its permissions.")


def test_a_workspace_in_a_read_only_folder_is_a_sentence(data):
    (data / "work").chmod(0o555)
    told = as_nobody(data, """
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.run.workspace import Workspace
os.setegid(65534); os.seteuid(65534)
try:
    Workspace(Path(sys.argv[1]) / "work" / "mine").prepare()
except MiriWidgetsError as error:
    print(json.dumps(str(error)))
""")  # fmt: skip
    assert "expected" in told and "work" in told and told.endswith(".")


def test_the_scan_of_root_agrees(data):
    assert len(scan([data / "data"], suffix="rate").exposures) == 2
