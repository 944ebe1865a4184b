"""A module's test bears its name, or stands in the table `tested_by.toml`, which may only become shorter."""

import ast
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE, TESTS = ROOT / "miri_widgets", ROOT / "tests"
MODULES = {
    str(path.relative_to(PACKAGE)): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name not in ("__init__.py", "__main__.py")
}
NAMES = Counter(Path(module).name for module in MODULES)
TABLE = tomllib.loads((TESTS / "architecture" / "tested_by.toml").read_text(encoding="utf-8"))["tests"]
MOST_ENTRIES = 242
"""Modules without a test of their name; may only fall."""


def room_of(path):
    return path.parts[0] if len(path.parts) > 1 else ""


def namesakes(module):
    """Tests that bear the name of a module; in its room, where several modules have that name."""
    path = Path(module)
    found = (test.relative_to(TESTS) for test in TESTS.rglob(f"test_{path.name}"))
    return [test for test in found if NAMES[path.name] == 1 or room_of(test) == room_of(path)]


@cache
def imports(path):
    """Modules of the package that a file names in its imports, those of whole rooms by their parts."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and re.fullmatch(r"miri_widgets(\.\w+)+", str(node.value)):
            names = [node.value]  # started as a process of its own
        for name in names:
            parts = name.split(".")
            if parts[0] == PACKAGE.name:
                file = PACKAGE.joinpath(*parts[1:])
                found |= {one for one in (file.with_suffix(".py"), file / "__init__.py") if one.is_file()}
    return frozenset(found)


def reached(path):
    """Every module that a file imports, directly or through others."""
    seen, left = set(), [path]
    while left:
        for one in imports(left.pop()) - seen:
            seen.add(one)
            left.append(one)
    if PACKAGE / "steps" / "source_declarations.py" in seen:
        seen |= set((PACKAGE / "steps").glob("*.py"))  # stages are read from the files beside each other
    return seen


WITHOUT = sorted(module for module in MODULES if not namesakes(module))


def test_every_module_has_a_test_of_its_name_or_an_entry():
    entries = [module for modules in TABLE.values() for module in modules]
    assert sorted(entries) == WITHOUT, "see tested_by.toml: what is missing, what is there without need"
    assert len(entries) <= MOST_ENTRIES


def test_the_table_names_tests_that_use_the_modules():
    for name, modules in TABLE.items():
        test = TESTS / name
        assert test.is_file(), name
        helpers = [
            one for one in TESTS.rglob("*.py") if one.name == "conftest.py" and one.parent in test.parents
        ]
        used = set().union(*(reached(path) for path in (test, *helpers, TESTS / "support" / "fake_rooms.py")))
        absent = [module for module in modules if MODULES[module] not in used]
        assert absent == [], name


def private_names(tree):
    """Private names that a file gives to functions, attributes and variables of its own."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return {name for name in found if re.fullmatch(r"_[A-Za-z]\w*", name)}


def test_tests_use_the_public_face():
    """No private name of the package is imported, called or replaced by a test, fakes of its own aside."""
    ours = set().union(
        *(private_names(ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES.values())
    )
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(TESTS.rglob("*.py"))}
    ours -= set().union(*map(private_names, trees.values()))
    found = []
    for path, tree in trees.items():
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.Attribute):
                names = [node.attr]
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setattr"):
                names = [
                    str(one.value).rpartition(".")[2]
                    for one in node.args[:2]
                    if isinstance(one, ast.Constant)
                ]
            found += [f"{path.relative_to(TESTS)}:{node.lineno} {name}" for name in names if name in ours]
    assert len(found) <= MOST_PRIVATE, found


MOST_PRIVATE = 95
"""Uses of private names of the package in tests; may only fall."""
