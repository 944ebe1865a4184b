"""
Pages that are made of the package itself, so that no fact is written twice.

Before Sphinx reads its sources, this writes ``docs/generated``: the README as a page, what the figures mean, one page per
stage (words of the panel's own help, parameters as they are declared, figures by their keys), the pictures of panels,
and the example notebooks.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import GenericAlias
from typing import Any

from help_fields import FIELDS, HELP, Help, parse_help, read_help

from miri_widgets.settings import Kind, Parameter
from miri_widgets.steps.declarations import declared, owned_reason, step_docs
from miri_widgets.steps.registry import CLASSES
from miri_widgets.steps.stages import STAGES, Scope, Stage

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
GENERATED = DOCS / "generated"
SCREENSHOTS = ROOT / "build" / "screenshots"
KEPT = DOCS / "pictures"
PANELS = {
    "program": "Program: the chain, its exposures and their marks",
    "archive": "Get data: the archive",
    "references": "Get data: reference files",
}
_SCOPES = {
    Scope.EXPOSURE: "one exposure at a time",
    Scope.FILTER: "all exposures of a filter together",
    Scope.PROGRAM: "all exposures of the program together",
}


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", lambda _: write_all())
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _skip(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    # autodoc cannot write the signature of an alias such as dict[str, ...]
    return True if isinstance(obj, GenericAlias) else None


def write_all() -> None:
    """Write every page that is made of the package; what is as it was keeps its time, so that little is built again."""
    wanted: set[Path] = set()

    def put(path: str, text: str) -> None:
        target = GENERATED / path
        wanted.add(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")

    def bring(source: Path, path: str) -> None:
        target = GENERATED / path
        wanted.add(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            shutil.copyfile(source, target)

    bring(ROOT / "dashboards" / "public" / "demo.png", "demo.png")
    for name, source in pictures().items():
        bring(source, f"pictures/{name}.png")
    figures = (ROOT / "tests" / "benchmarks" / "README.md").read_text(encoding="utf-8")
    put("figures.md", figures)
    put("readme.md", readme())
    put("changes.md", (ROOT / "CHANGES.md").read_text(encoding="utf-8"))
    meanings = meanings_of(figures)
    for stage in STAGES:
        put(f"stages/{stage.name}.md", stage_page(stage, meanings))
    put("stages/index.md", stages_index())
    put("panels.md", panels_page())
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        bring(notebook, f"notebooks/{notebook.name}")
    for path in sorted(GENERATED.rglob("*"), reverse=True):
        if path.is_file() and path not in wanted and "api" not in path.parts:
            path.unlink()


def pictures() -> dict[str, Path]:
    """Return the pictures of panels by name: those of the last browser tests, else those that are kept."""
    kept = {path.stem: path for path in sorted(KEPT.glob("*.png"))}
    fresh = {name: SCREENSHOTS / f"docs_{name}.png" for name in kept}
    return {name: fresh[name] if fresh[name].is_file() else path for name, path in kept.items()}


def readme() -> str:
    """Return the README as it is on this site: links to files of the repository lead to pages."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for old, new in (
        ("(dashboards/public/demo.png)", "(generated/demo.png)"),
        ("(tests/benchmarks/README.md)", "(generated/figures.md)"),
    ):
        text = text.replace(old, new)
    text = re.sub(r"\(docs/(\w+)\.md\)", r"(\1.md)", text)
    return re.sub(r"\((notebooks/\w+\.ipynb)\)", r"(generated/\1)", text)


def meanings_of(figures: str) -> dict[str, str]:
    """Return what each figure means, by key, from the tables of ``tests/benchmarks/README.md``."""
    rows = re.findall(r"^\| `([\w.]+)` \| (.*?) \| (.*) \| (.*?) ?\|$", figures, re.MULTILINE)
    return {key: f"{meaning} ({unit})" if unit else meaning for key, unit, meaning, _ in rows}


def stage_page(stage: Stage, meanings: dict[str, str]) -> str:
    """Return the page of one stage."""
    words = _help_of(stage)
    lines = [f"# {stage.title}", "", stage.summary, "", *_facts(stage), ""]
    lines += ["## What it does", "", words.what, "", *_picture(stage.name, f"The panel of {stage.short}")]
    lines += [*_section(FIELDS["when"], words.when), *_section(FIELDS["never"], words.never)]
    lines += [*_section(FIELDS["good"], words.good), *_figures(words, meanings)]
    lines += ["## Parameters", "", *_parameters(stage), *_section(FIELDS["source"], words.source)]
    return "\n".join(lines)


def _help_of(stage: Stage) -> Help:
    """Return the help of a stage: a stage of another package brings its own, with or without our headings."""
    if not stage.is_added:
        return read_help(stage.name)
    if "\n### " in stage.help:
        return parse_help(stage.help, stage.name)
    return Help(stage.help, "", "", "", "")


def _section(title: str, text: str) -> list[str]:
    return [f"## {title}", "", text, ""] if text else []


def _facts(stage: Stage) -> list[str]:
    aliases = {dotted: alias for alias, dotted in CLASSES.items()}
    official = f"calwebb_{stage.name}"
    command = f"strun {aliases.get(stage.pipeline, stage.pipeline if stage.is_own else official)}"
    return [
        f"| in the chain | {'optional' if stage.optional else 'always'} |",
        "|---|---|",
        f"| takes | `{stage.takes}`, {_SCOPES[stage.scope]} |",
        f"| gives | {', '.join(f'`{suffix}`' for suffix in stage.gives)} |",
        *(
            f"| gives `{suffix}` with | `{name} = {str(value).lower()}` |"
            for suffix, name, value in stage.on_demand
        ),
        f"| name in program files | `{stage.name}` |",
        f"| version | {stage.version} |",
        f"| without a page | `{command}` |",
    ]


def _picture(name: str, words: str) -> list[str]:
    return [f"![{words}](../pictures/{name}.png)", ""] if (KEPT / f"{name}.png").is_file() else []


def _figures(words: Help, meanings: dict[str, str]) -> list[str]:
    rows = [f"| `{key}` | {meanings[key]} |" for key in words.keys if key in meanings]
    if not rows:
        return []
    command = f"`.venv/bin/python tests/benchmarks/science.py {' '.join(words.parts)}`"
    head = [f"The numbers are those of your machine: {command}. [What the figures mean](../figures.md).", ""]
    return [*head, "| key | what it is |", "|---|---|", *rows, ""]


def _parameters(stage: Stage) -> list[str]:
    known = [one for one in declared(stage.name) if not owned_reason(one.name)]
    first = [one for name in stage.essential for one in known if one.name == name]
    rest = [one for one in known if one not in first]
    head = (
        "Those that matter first."
        if stage.is_own
        else "Those that matter first; with none, the step decides, or CRDS."
    )
    lines = [head, "", *_table(first)]
    if rest:
        lines += ["### All others", ""]
    docs = step_docs(stage.name)
    for step in dict.fromkeys(one.step for one in rest):
        if step:
            lines += [f"#### {step}", "", _plain(docs.get(step, "")), ""]
        lines += _table([one for one in rest if one.step == step])
    return lines


def _table(parameters: list[Parameter]) -> list[str]:
    head = ["| parameter | allowed | default | unit | what it does |", "|---|---|---|---|---|"]
    rows = [
        f"| `{one.name}` | {_allowed(one)} | {_default(one)} | {_plain(one.unit)} | {_plain(_words(one))} |"
        for one in parameters
    ]
    return [*head, *rows, ""]


def _words(parameter: Parameter) -> str:
    return parameter.doc.removesuffix(f"[{parameter.unit}]").strip() if parameter.unit else parameter.doc


def _allowed(parameter: Parameter) -> str:
    if parameter.kind is Kind.CHOICE:
        return ", ".join(f"`{word}`" for word in parameter.choices)
    if parameter.kind is Kind.BOOLEAN:
        return "true, false"
    words = parameter.expected()
    return _plain(words.removesuffix(" or None").removesuffix(f" in {parameter.unit}"))


def _default(parameter: Parameter) -> str:
    value = parameter.default
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"`{value}`" if str(value) else "empty"


def _plain(text: str) -> str:
    """Return text that Markdown leaves as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>|$~])", r"\\\1", " ".join(str(text).split()))


def stages_index() -> str:
    """Return the list of the stages, in the order in which they run."""
    rows = [
        f"| [{one.short}]({one.name}.md) | {one.summary} | {'optional' if one.optional else ''} |"
        for one in STAGES
    ]
    toc = ["```{toctree}", ":hidden:", *(f"{one.short} <{one.name}>" for one in STAGES), "```"]
    head = [
        "# Stages",
        "",
        "The chain, in the order in which it runs. *Optional* stages take part where they are ticked.",
        "",
    ]
    return "\n".join([*head, "| stage | what it does | |", "|---|---|---|", *rows, "", *toc, ""])


def panels_page() -> str:
    """Return a page with the panels that belong to no stage, in the words of their own help."""
    lines = ["# Panels around the stages", ""]
    for name, title in PANELS.items():
        lines += [f"## {title}", ""]
        if (KEPT / f"{name}.png").is_file():
            lines += [f"![{title}](pictures/{name}.png)", ""]
        lines += [(HELP / f"{name}.md").read_text(encoding="utf-8").strip(), ""]
    for name, title, words in (
        (
            "proof",
            "Proof",
            "What every run of an optional step proves: sources of known flux sent through a copy of the exposures.",
        ),
        (
            "catalog",
            "Sources",
            "All filters in one table; its words are on the page of [Image 3](stages/image3.md).",
        ),
    ):
        if (KEPT / f"{name}.png").is_file():
            lines += [f"## {title}", "", f"![{title}](pictures/{name}.png)", "", words, ""]
    return "\n".join(lines)
