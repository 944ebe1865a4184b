"""Patches for the projects of the pipeline: each applies to the installed source, and its own tests pass with it."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.shares import share

FOLDER = Path(__file__).parents[3] / "docs" / "upstream"
PATCHES = sorted(FOLDER.glob("*.patch"))
RUN = """
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
import pytest
name, path, *tests = sys.argv[1:]
parent, _, last = name.rpartition(".")
owner = import_module(parent)
spec = spec_from_file_location(name, path)
module = module_from_spec(spec)
sys.modules[name] = module
spec.loader.exec_module(module)
setattr(owner, last, module)
raise SystemExit(pytest.main(["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--noconftest", *tests]))
"""


def test_there_are_patches_and_each_is_explained():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert PATCHES and [path.name for path in PATCHES if f"`{path.name}`" not in text] == []


@pytest.mark.skipif(shutil.which("patch") is None, reason="the program patch is not installed")
@pytest.mark.parametrize("path", PATCHES, ids=lambda path: path.stem)
def test_a_patch_applies_and_has_tests(path, tmp_path):
    patched(path, tmp_path)


@pytest.mark.skipif(shutil.which("patch") is None, reason="the program patch is not installed")
@pytest.mark.parametrize("path", share(PATCHES, days=len(PATCHES)), ids=lambda path: path.stem)
def test_the_tests_of_a_patch_pass(path, tmp_path):
    module, source, tests = patched(path, tmp_path)
    command = [sys.executable, "-c", RUN, module, str(source), *tests]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # without the change at least one of them can tell, or they only hold that results stay the same
    assert " passed" in ended.stdout and "failed" not in ended.stdout


def patched(path, tmp_path):
    """Apply a patch to the installed source; give the module, its new file and the tests that come with it."""
    text = path.read_text(encoding="utf-8")
    changed = [
        name for name in re.findall(r"^--- a/(\S+)$", text, re.M) if f"+++ b/{name}\n@@ -0,0" not in text
    ]
    added = re.findall(r"^\+\+\+ b/(\S+)\n@@ -0,0", text, re.M)
    assert len(changed) == 1 and any(name.startswith("changes/") for name in added)
    inside = changed[0].removeprefix("src/")
    package = inside.partition("/")[0]
    installed = Path(find_spec(package).origin).parents[1] / inside
    source = tmp_path / changed[0]
    source.parent.mkdir(parents=True)
    shutil.copyfile(installed, source)
    with path.open("rb") as stream:
        done = subprocess.run(
            ["patch", "-p1", "--no-backup-if-mismatch"],
            cwd=tmp_path,
            stdin=stream,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, f"{package} {version(package)}: {done.stdout}"
    module = inside.removesuffix(".py").replace("/", ".")
    tests = [str(tmp_path / name) for name in added if name.endswith(".py")]
    assert tests
    return module, source, tests
