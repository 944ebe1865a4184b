"""Every package that is imported is declared, and found by the name of its distribution."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "miri_widgets"


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def imported():
    """Return the files that import each package of other hands, by its name in code."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {PACKAGE.name}:
                found.setdefault(name, []).append(str(path.relative_to(ROOT)))
    return found


def declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {canonical(re.split(r"[<>=!~ ;\[]", line)[0]) for line in project["dependencies"]}


IMPORTED, DECLARED = imported(), declared()
DISTRIBUTIONS = importlib.metadata.packages_distributions()


@pytest.mark.parametrize("name", sorted(IMPORTED))
def test_what_is_imported_is_declared(name):
    distributions = {canonical(one) for one in DISTRIBUTIONS.get(name, ())}
    # imported where such a cluster is asked for, and where no browser prints (the extra "pdf")
    optional = {"dask_gateway", "dask_jobqueue", "weasyprint"}
    if name in optional:
        return
    assert distributions & DECLARED, f"{name} of {sorted(distributions)} in {IMPORTED[name][:3]}"


def test_what_is_declared_is_imported():
    used = {canonical(one) for name in IMPORTED for one in DISTRIBUTIONS.get(name, ())}
    # started by name: the servers and front ends that pages run in
    assert DECLARED - used <= {"voila", "pysiaf", "configobj", "packaging", "ipyvue"}


def test_locks_are_those_of_filelock():
    """Only the lock of a run is our own: a child inherits it, and several may share it."""
    assert IMPORTED["filelock"]
    users = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if "fcntl" in path.read_text()}
    assert users == {"run/locks.py"}


def test_sizes_are_written_by_one_function():
    """A number of bytes reads the same wherever it is shown: `humanize.naturalsize` with its defaults."""
    by_hand = re.compile(r"[:.\d]f\} ?(kB|MB|GB|TB)\b")
    assert [str(path) for path in PACKAGE.rglob("*.py") if by_hand.search(path.read_text())] == []
    calls = [
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "naturalsize"
    ]
    assert len(calls) > 20 and all(len(call.args) == 1 and not call.keywords for call in calls)
