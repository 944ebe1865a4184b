"""
Settings of a stage out of code: Python that calls its pipeline, a ``strun`` line, an exported script or notebook.

Nothing is ever run: the text is parsed, and plain values are taken.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.run.plan import KEY_DIGITS
from miri_widgets.run.strun import read_strun
from miri_widgets.settings import Settings, Source
from miri_widgets.steps.declarations import declared, owned_reason, step_classes
from miri_widgets.steps.stages import Stage, stage

__all__ = ["CodeSettings", "settings_from_code"]

_OF_EVERY_RUN = frozenset({"save_results", "output_dir"})
"""What code has to say, and a run does by itself: no sentence is lost about it."""
_OF_A_RUN = re.compile(rf"/runs/\w+/[0-9a-f]{{{KEY_DIGITS}}}/")


@dataclass(frozen=True)
class CodeSettings:
    """
    What code sets.

    Attributes
    ----------
    values : mapping
        Parameter values by full name, checked.
    left_out : tuple of str
        What it sets besides, as sentences: why it is not taken.
    """

    values: Mapping[str, Any]
    left_out: tuple[str, ...] = ()


class _NotPlainError(Exception):
    """An expression that is no plain value."""


def settings_from_code(stage_name: str, text: str) -> CodeSettings:
    """
    Read the parameters of a stage from code.

    Parameters
    ----------
    stage_name : str
        The stage.
    text : str
        Python with a ``.call(...)`` of the stage's pipeline or of one of its steps, a ``strun`` line, a script or
        notebook of ours, or any notebook with such a call.

    Raises
    ------
    ParameterError
        If there is no such call, it belongs to another stage, or a value is not allowed.
    """
    of = stage(stage_name)
    text = _cells(text)
    given, left_out = _from_python(of, text)
    if given is None:
        given = _from_strun(of, text)
    if given is None:
        name = of.pipeline.rpartition(".")[2]
        raise ParameterError(
            "no call that can be read", f"{name}.call(...) or strun {of.pipeline} ...", "paste the whole call"
        )
    values = {}
    for name, value in given.items():
        reason = _reason(of, name, value)
        if not reason:
            values[name] = value
        elif name.rpartition(".")[2] not in _OF_EVERY_RUN:
            left_out.append(f"{name} is left out: {reason}.")
    # the settings themselves refuse wrong names and values
    checked = Settings(declared(stage_name), {Source.USER: values})
    return CodeSettings(checked.user, tuple(left_out))


def _reason(of: Stage, name: str, value: Any) -> str:
    """Return why a value is not taken; empty when it is."""
    given = {parameter for _, parameter in of.companions}
    if name in given and isinstance(value, str) and _OF_A_RUN.search(value):
        return "an earlier stage gives this file by itself"
    return owned_reason(name)


def _cells(text: str) -> str:
    """Return the code of a notebook; other text as it is."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        cells = json.loads(text)["cells"]
        return "\n".join(
            line if not line.lstrip().startswith(("%", "!")) else f"# {line}"
            for cell in cells
            if cell["cell_type"] == "code"
            for line in "".join(cell["source"]).splitlines()
        )
    except (ValueError, KeyError, TypeError):
        return text


# -- Python -----------------------------------------------------------------


def _from_python(of: Stage, text: str) -> tuple[dict[str, Any] | None, list[str]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, []
    names = _named_values(tree)
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "call"
    ]
    left_out: list[str] = []
    if not calls:
        return _from_groups(of, names.get("GROUPS")), left_out
    owners = [(_owner(of, _dotted(call.func)), call) for call in calls]
    mine = [(owner, call) for owner, call in owners if owner is not None]
    if not mine:
        raise _another(of, _dotted(calls[0].func))
    values: dict[str, Any] = {}
    for owner, call in mine:
        for name, node in _arguments(call, owner, names):
            try:
                values[name] = _plain(node, names)
            except _NotPlainError:
                shown = ast.unparse(node)[:60]
                left_out.append(
                    f"{name} is left out: {shown!r} is not a plain value. Write the value itself."
                )
    return values, left_out


def _arguments(call: ast.Call, owner: str, names: Mapping[str, Any]) -> Iterator[tuple[str, ast.expr]]:
    prefix = f"{owner}." if owner else ""
    for keyword in call.keywords:
        if keyword.arg == "steps" and not owner:
            yield from _steps(keyword.value, names)
        elif keyword.arg is not None:
            yield prefix + keyword.arg, keyword.value
        else:
            yield "**", keyword.value


def _steps(node: ast.expr, names: Mapping[str, Any]) -> Iterator[tuple[str, ast.expr]]:
    """Give parameters by full name; those of a dict that was filled line by line, too."""
    known = names.get(node.id) if isinstance(node, ast.Name) else None
    if isinstance(known, dict):
        node = ast.parse(repr(known), mode="eval").body
    if not isinstance(node, ast.Dict):
        yield "steps", node
        return
    for key, value in zip(node.keys, node.values, strict=True):
        step = str(key.value) if isinstance(key, ast.Constant) else "steps"
        if not isinstance(value, ast.Dict):
            yield step, value
            continue
        for label, entry in zip(value.keys, value.values, strict=True):
            yield f"{step}.{str(label.value) if isinstance(label, ast.Constant) else '?'}", entry


def _named_values(tree: ast.Module) -> dict[str, Any]:
    """Return what names hold: plain values, and dicts that are filled as ``steps["jump"]["skip"] = True``."""
    names: dict[str, Any] = {}
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign) and len(node.targets) == 1]
    for node in sorted(assigned, key=lambda node: node.lineno):
        target: ast.expr = node.targets[0]
        keys: list[Any] = []
        while isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            keys.insert(0, target.slice.value)
            target = target.value
        if not isinstance(target, ast.Name):
            continue
        try:
            value = _plain(node.value, names)
        except _NotPlainError:
            made = isinstance(node.value, ast.Call) and _dotted(node.value.func).rpartition(".")[2]
            if made not in ("dict", "defaultdict") or keys:
                names.pop(target.id, None)
                continue
            value = {}
        if not keys:
            names[target.id] = value
            continue
        parameter = names.get(target.id)
        for key in keys[:-1]:
            parameter = parameter.setdefault(key, {}) if isinstance(parameter, dict) else None
        if isinstance(parameter, dict):
            parameter[keys[-1]] = value
    return names


def _plain(node: ast.expr, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.Call) and _dotted(node.func) == "float" and len(node.args) == 1:
        node = node.args[0]  # float("inf"): the declaration makes a number of the text
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise _NotPlainError from error


def _dotted(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (ValueError, RecursionError):
        return ""


def _from_groups(of: Stage, groups: Any) -> dict[str, Any] | None:
    """Take a stage's settings from what `miri_widgets.run.groups.groups_of` gives."""
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        return None
    layers = [group["settings"][of.name] for group in groups if of.name in group.get("settings", {})]
    if any(layer != layers[0] for layer in layers):
        raise ParameterError(
            f"{len(groups)} groups of exposures with different settings of {of.name}",
            "one set of values for all exposures",
            "paste the code of one run instead",
        )
    return dict(layers[0]) if layers else None


# -- strun ------------------------------------------------------------------


def _from_strun(of: Stage, text: str) -> dict[str, Any] | None:
    lines = [line for line in re.split(r"(?<!\\)\n", text) if re.search(r"(^|\s)strun\s", line)]
    if not lines:
        return None
    name, values = read_strun(lines[0].lstrip("# !$%"))
    owner = _owner(of, name)
    if owner is None:
        raise _another(of, name)
    return {f"{owner}.{label}" if owner else label: value for label, value in values.items()}


def _owner(of: Stage, name: str) -> str | None:
    """Return the step that a class or an alias names, "" for the stage's own; None when it is of another stage."""
    classes = {step: dotted.rpartition(".")[2] for step, dotted in step_classes(of.name).items()}
    last = name.removesuffix(".call").rpartition(".")[2]
    if last == classes[""] or last == f"calwebb_{of.name}" or (of.is_single_step and last == of.steps[0]):
        return ""
    return next((step for step, known in classes.items() if step and last in (step, known)), None)


def _another(of: Stage, name: str) -> ParameterError:
    return ParameterError(
        f"a call of {name.removesuffix('.call')[:60] or 'nothing'}",
        f"one of {of.pipeline.rpartition('.')[2]}, which {of.short} runs",
        "paste it into the panel of its own stage",
    )
