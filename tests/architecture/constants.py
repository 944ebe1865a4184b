"""Constants of `miri_widgets.core`, read from its source, and the table that says where each comes from."""

from __future__ import annotations

import ast
import re
from pathlib import Path

__all__ = ["KINDS", "TABLE", "constants", "rows"]

ROOT = Path(__file__).parents[2]
CORE = ROOT / "miri_widgets" / "core"
TABLE = ROOT / "docs" / "constants.md"

KINDS = ("source", "scan", "data", "convention", "arithmetic")
_LONGEST = 60
_ROW = re.compile(r"^\| `(?P<name>[\w.]+)` \| `(?P<value>[^`]*)` \| (?P<kind>\w+) \| (?P<reason>.*) \|$")


def constants() -> dict[str, str]:
    """Return the value, as source text, of every constant with a number in it, by module and name."""
    found = {}
    for path in sorted(CORE.rglob("*.py")):
        module = ".".join(path.relative_to(CORE).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                pairs = [(node.target, node.value)]
            elif isinstance(node, ast.Assign):
                pairs = [pair for target in node.targets for pair in _pairs(target, node.value)]
            else:
                continue
            for target, value in pairs:
                if isinstance(target, ast.Name) and target.id.strip("_").isupper() and _has_number(value):
                    found[f"{module}.{target.id}"] = _shown(value)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _has_number(value: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        for node in ast.walk(value)
    )


def _shown(value: ast.expr) -> str:
    text = ast.unparse(value).replace("|", "or").replace("`", "'")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def rows() -> dict[str, tuple[str, str, str]]:
    """Return value, kind and reason of the table's rows, by name."""
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if match := _ROW.match(line):
            assert match["name"] not in found, f"{match['name']} stands in the table twice"
            found[match["name"]] = (match["value"], match["kind"], match["reason"])
    return found
