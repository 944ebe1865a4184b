"""A package that adds a stage, as an installation leaves it behind."""

import os
import sys
from contextlib import contextmanager

from miri_widgets.steps import declarations, stages
from miri_widgets.steps.added_stages import GROUP

STAGE = """
from miri_widgets.steps.conditions import rule, value
from miri_widgets.steps.stage import RegionParameter, Scope, Stage, TimelineChart

STAGE = Stage(
    name="pedestal",
    title="Pedestal: of each exposure",
    summary="Subtracts the level of each exposure.",
    version=1,
    pipeline="added_package.step.PedestalStep",
    scope=Scope.EXPOSURE,
    takes="cal",
    gives=("cal",),
    main="cal",
    steps=("test_pedestal",),
    essential=("nsigma",),
    optional=True,
    correction="added_package.correction:subtract",
    after="stripes",
    methods="The level of each exposure was subtracted.",
    help="**Pedestal** subtracts one number.",
    acting=(rule(value("clip", True), "nsigma"),),
    charts=(TimelineChart("pedestal.level", "level taken off", "MJy/sr"),),
    regions=(RegionParameter("exclude_file", "left out of the level", "areas left out of the level"),),
)
"""
CORRECTION = """
import numpy as np
from miri_widgets.core.exposure_arrays import Lazy, CorrectionResult


def subtract(exposures, *, nsigma=3.0, clip=True, exclude=()):
    def corrected(one):
        level = np.nanmedian(one.sci)
        facts = {**one.facts, "pedestal": {"level": float(level)}}
        return one.replace(sci=one.sci - np.float32(level), facts=facts)

    return CorrectionResult(Lazy.mapped(corrected, exposures))
"""
STEP = """
from miri_widgets.steps.miri_step import CorrectionStep
from added_package.correction import subtract


class PedestalStep(CorrectionStep):
    \"\"\"Subtract the level.\"\"\"

    class_alias = "test_pedestal"
    operation = staticmethod(subtract)
    spec = \"\"\"
        nsigma = float(min=1, max=10, default=3.0)  # Values beyond this do not count. [sigma]
        clip = boolean(default=True)  # Leave values out.
        exclude_file = string(default=None)  # DS9 regions; pixels inside do not count.
    \"\"\"
"""


def write_package(folder, **files):
    """Write a package that adds a stage, with what an installation leaves behind."""
    home = folder / "added_package"
    home.mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "stage": STAGE,
        "correction": CORRECTION,
        "step": STEP,
        **files,
    }.items():
        (home / f"{name}.py").write_text(text)
    info = folder / "added_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: added-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\npedestal = added_package.stage:STAGE\n")
    return home


@contextmanager
def installed_package(folder, monkeypatch):
    """Have the package on the path of this process and of its children; gives its folder."""
    site = folder / "site"
    home = write_package(site)
    monkeypatch.syspath_prepend(str(site))
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("MIRI_WIDGETS_CACHE", str(folder / "cache"))
    forget()
    yield home
    forget()
    for name in [name for name in sys.modules if name.partition(".")[0] == "added_package"]:
        del sys.modules[name]


def forget():
    """Have stages and declarations read again."""
    stages.forget_stages()
    declarations.forget_declarations()
