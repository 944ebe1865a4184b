"""Names are the field's words: no private word is a name, and no public class name means two things."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

import miri_widgets

PACKAGE = Path(miri_widgets.__file__).parent

PARTS = frozenset(
    [
        "but",
        "consent",
        "found",
        "folds",
        "following",
        "lay",
        "mender",
        "newest",
        "offered",
        "offers",
        "planes",
        "say",
        "spool",
        "story",
        "tell",
        "told",
        "visitor",
        "word",
        "words",
    ]
)
"""Not even a part of a name."""

WHOLE = PARTS | frozenset(
    [
        "announcements",
        "answers",
        "ask",
        "asked",
        "crossing",
        "fold",
        "give_way",
        "leaving",
        "look",
        "looks",
        "moment",
        "offer",
        "one",
        "orders",
        "outcome",
        "patience",
        "place",
        "places",
        "readings",
        "room",
        "rooms",
        "slow_answers",
        "tick",
    ]
)
"""No name by themselves; as a part of a name they may be plain English (leave_one_out, place_marker)."""

ALLOWED = {
    (
        "core/validation/figures.py",
        "places",
    ): "a key of the records on disk: at how many places sources were added",
    ("errors.py", "found"): "what was found, what was expected, what to do: the three parts of every message",
    ("steps/causes.py", "found"): "becomes the first part of a message",
}
"""A name of a file, with the reason."""

ERROR_HELPERS = {"found"}
"""A parameter of a function that also takes what was expected is the first part of a message."""

ROOMS = {
    "core": {"core/sky"},
    "products": set(),
    "run": set(),
    "steps": set(),
    "analysis": set(),
    "simulation": set(),
    "errors.py": set(),
    "settings": set(),
    "former_parameters.py": set(),
    "option_numbers.py": set(),
    "message_buffer.py": set(),
    "report": set(),
    "viewer": set(),
    "panels": set(),
    "dashboard.py": set(),
    "serve": set(),
    "cli": set(),
    "models": set(),
    "serialization.py": set(),
    "__init__.py": set(),
    "__main__.py": set(),
}
"""Rooms whose names are done, with the parts of them that are not yet."""


def parts_of(name):
    """Return a name as words: ``readPlanes`` and ``READ_PLANES`` as ``read_planes``."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().strip("_")


def names_in(tree):
    """Yield each name that a module gives, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            message = any(argument.arg == "expected" for argument in arguments)
            yield node.name, node.lineno
            for argument in (*arguments, node.args.vararg, node.args.kwarg):
                if argument is not None and not (message and argument.arg in ERROR_HELPERS):
                    yield argument.arg, argument.lineno
        elif isinstance(node, ast.Lambda):
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                yield argument.arg, argument.lineno
        elif isinstance(node, ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno


def is_private_word(name):
    words = parts_of(name)
    return words in WHOLE or not PARTS.isdisjoint(words.split("_"))


def private_words(room, waiting=()):
    """Return where a room gives names of private words."""
    start = PACKAGE / room
    bad = []
    for path in [start] if start.is_file() else sorted(start.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        if any(file.startswith(f"{part}/") or file == part for part in waiting):
            continue
        names = [*names_in(ast.parse(path.read_text(encoding="utf-8"))), (path.stem, 0)]
        bad += [
            f"{file}:{line} {name}"
            for name, line in names
            if is_private_word(name) and (file, parts_of(name)) not in ALLOWED
        ]
    return bad


@pytest.mark.parametrize("room", ROOMS)
def test_no_private_word_is_a_name(room):
    assert private_words(room, ROOMS[room]) == []


def test_what_is_allowed_is_there():
    for (file, name), reason in ALLOWED.items():
        names = {parts_of(given) for given, _ in names_in(ast.parse((PACKAGE / file).read_text()))}
        assert name in names, (file, name, reason)


@pytest.mark.parametrize(
    ("name", "private"),
    [
        ("one", True),
        ("_told", True),
        ("KeptPlanes", True),
        ("left_words", True),
        ("GIVE_WAY", True),
        ("place", True),
        ("leave_one_out", False),
        ("tangent_plane", False),
        ("keyword", False),
        ("placement", False),
    ],
)
def test_words_are_told_apart(name, private):
    assert is_private_word(name) is private


def test_no_class_name_means_two_things():
    homes = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
