"""
A program in which every text that a stranger could have written is hostile.

Used without a browser, where the HTML of all views is read, and in one, where nothing of it may run.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from miri_widgets.models.session import SessionModel

RUN = "window.__hostile=1"

PAYLOADS = {
    "elements": f'<img src=x onerror="{RUN}"><script>{RUN}</script><svg onload={RUN}>',
    "closers": f"</textarea></pre></p></style></title>\"'><img src=x onerror={RUN}>-->",
    "mustache": "{{ constructor.constructor('" + RUN + "')() }}{% raw %}{{7*7}}`<b onclick=" + RUN + ">`",
    "letters": f"\u202egnorw\u202c \x00\x07\n\r\t\u2028<img src=x onerror={RUN}>" + "very long " * 300,
}


def files(fakes: Any, folder: Path, text: str) -> Any:
    """Return a program with hostile headers, file names, title, description and pitfalls."""
    printable = "".join(letter for letter in text if letter.isascii() and letter.isprintable())[:60]
    program = fakes.fake_program(
        folder, title=text, description=text, pitfalls=(text,),
        stages=tuple(stage.name for stage in fakes.stages.STAGES if stage.optional),
    )  # fmt: skip
    raw = program.folders[0]
    cards = {"TARGPROP": printable, "GS_ID": printable, "SUBARRAY": printable, "DATE-BEG": printable}
    fakes.write_uncal(raw, 9, **cards)
    fakes.write_uncal(raw, 10, FILTER=printable, EXP_TYPE=printable)
    name = printable.replace("/", "|")
    (raw / f"{name}_uncal.fits").write_bytes(b"SIMPLE  =" + text.encode())
    mosaic = raw / f"{name[:24].replace('.', ' ')}_i2d.fits"
    fakes.write_product(mosaic, unit=printable, level=1.0)
    with fakes.fits.open(mosaic, mode="update") as hdus:
        hdus[0].header["TARGPROP"], hdus[0].header["FILTER"] = printable, printable
    return program


def session(fakes: Any, folder: Path, text: str) -> SessionModel:
    """Return its session after a job: one run failed with a hostile error, one is at work in a hostile step."""
    program = files(fakes, folder, text)

    def declared(stage: str) -> Any:
        return tuple(replace(one, doc=text, unit=text[:20]) for one in fakes.declared(stage))

    services = replace(
        fakes.fake_services(program, declare=declared),
        step_docs=lambda name: dict.fromkeys(fakes.stages.stage(name).steps, text),
        code=lambda plan: text,
        script=lambda plans: text,
    )
    found = SessionModel(program, services)
    found.poll()
    disturb(found, text)
    return found


def disturb(found: SessionModel, text: str) -> None:
    """Let headers, engine, logs, settings and region files say it."""
    programs = found.programs
    programs.exposures = tuple(
        replace(one, target=text, guide_star=text, subarray=text, start=text) if place == 0 else one
        for place, one in enumerate(programs.exposures)
    )
    programs.warnings = (text,)
    found.touch()
    found.poll()
    engine: Any = found.services.engine
    found.run_all()
    engine.finish(*[plan.key for plan in found.plans if plan.stage == "persistence"])
    keys = [plan.key for plan in found.plans if plan.stage == "detector1"]
    engine.finish(keys[0], keys[4])
    engine.fail(keys[1], found=text)
    engine.step(keys[2], 4, name=text)
    job = next(iter(engine.made))
    for key in keys:
        engine.log_path(job, key).write_text(text + "\nThe end of this log.\n")
    found.messages.text = text
    label = text.replace("\n", " ").replace("{", "(").replace("}", ")")[:200]
    regions = found.program.workspace / "regions.reg"
    regions.write_text(f"image\ncircle(3,3,2) # text={{{label}}}\n{text}\n", encoding="utf-8")
    for stage in ("showers", "pullupdown", "stripes"):
        for one in found.models[stage].settings.declared:
            if one.name.endswith("_file"):
                found.models[stage].set({one.name: str(regions)})
    found.poll()
    for stage in found.models.values():
        # an error and a note of the file's own words, whatever the stage is
        stage.apply({"notes": (text,), "errors": (text,), "reasons": (text,)})
    found.models["detector1"].watched = keys[1]
    found.models["detector1"].log = text
