"""Slow work of a page goes one way: no model and no view has threads of its own."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "miri_widgets"
MODULES = sorted(path for room in ("models", "panels", "viewer") for path in (PACKAGE / room).rglob("*.py"))
THREADS = frozenset(
    [
        "Executor", "Future", "ProcessPoolExecutor", "Thread", "ThreadPoolExecutor", "Timer",
        "run_coroutine_threadsafe", "run_in_executor", "to_thread",
    ]
)  # fmt: skip
ALLOWED = {
    "models/background.py": {"Executor", "Future", "ThreadPoolExecutor"},
    "viewer/deferred.py": {"Future"},  # of asyncio, in the event loop
    "viewer/preheating.py": {
        "Future",
        "Thread",
    },  # an import that hangs must not keep the process from ending
}
"""Where threads are begun, with what."""


def names_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_threads_are_begun_in_the_background_alone(path):
    found = THREADS & set(names_of(ast.parse(path.read_text(encoding="utf-8"))))
    assert found == ALLOWED.get(path.relative_to(PACKAGE).as_posix(), set()), "use `models.background`"
