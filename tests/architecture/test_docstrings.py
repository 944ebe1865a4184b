"""Public functions and methods say what they take: numpydoc validation of every room that is done."""

import ast
from pathlib import Path

import pytest
from numpydoc.validate import validate

import miri_widgets

PACKAGE = Path(miri_widgets.__file__).parent

CHECKS = {"PR01", "PR02", "PR03", "PR04", "PR07", "PR10", "GL07"}
"""Parameters: all documented, none unknown, in order, with type, with description; sections in order."""

ROOMS = {
    "core": ("core/sky",),
    "products": (),
    "run": (),
    "steps": (),
    "analysis": (),
    "simulation": (),
    "errors.py": (),
    "settings": (),
    "former_parameters.py": (),
    "option_numbers.py": (),
    "message_buffer.py": (),
    "serialization.py": (),
    "report": (),
    "models": (),
    "serve": (),
    "cli": (),
    "dashboard.py": (),
}
"""Rooms whose docstrings are checked, with the parts of them that are not yet."""


def is_public(node):
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")


def is_protocol(node):
    return any("Protocol" in ast.unparse(base) for base in node.bases)


def documented_names(path):
    """Return the dotted names of a module's public functions, and of the methods of its public classes."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    names = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if is_public(node):
            names.append(f"{module}.{node.name}")
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not is_protocol(node):
            names += [f"{module}.{node.name}.{inner.name}" for inner in node.body if is_public(inner)]
    return names


def faults_of(room):
    start, waiting = PACKAGE / room, ROOMS[room]
    faults = []
    for path in [start] if start.is_file() else sorted(start.rglob("*.py")):
        if path.name == "__main__.py" or path.relative_to(PACKAGE).as_posix().startswith(waiting or "-"):
            continue
        for name in documented_names(path):
            faults += [f"{name}: {text}" for code, text in validate(name)["errors"] if code in CHECKS]
    return faults


@pytest.mark.parametrize("room", ROOMS)
def test_public_functions_say_what_they_take(room):
    assert faults_of(room) == []


def test_an_undocumented_parameter_is_found(tmp_path, monkeypatch):
    (tmp_path / "undocumented_module.py").write_text('def area(width, height):\n    """Return the area."""\n')
    monkeypatch.syspath_prepend(tmp_path)
    codes = {code for code, _ in validate("undocumented_module.area")["errors"]}
    assert "PR01" in codes & CHECKS
