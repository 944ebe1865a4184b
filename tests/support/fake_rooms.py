"""A program without the pipeline: small exposures, real plans and records, and an engine that a test moves."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from astropy.io import fits

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.errors import StepFailedError
from miri_widgets.products.program import Program
from miri_widgets.products.scan import scan
from miri_widgets.run.chain_planning import plan_chain
from miri_widgets.run.code_settings import settings_from_code
from miri_widgets.run.forecasts import forecast
from miri_widgets.run.harm import accept_harm, harm_in, is_accepted
from miri_widgets.run.jobs import JobState, JobSummary, RunState, RunStatus
from miri_widgets.run.records import Record, completed, products, write_record
from miri_widgets.run.services import Services
from miri_widgets.run.workspace import Workspace
from miri_widgets.settings import Kind, Parameter, Settings
from miri_widgets.steps import stages
from miri_widgets.steps.acting import acting_in_chain
from miri_widgets.steps.exposure_files import read_footprint
from miri_widgets.steps.previews import preview

ENVIRONMENT = {"CRDS_PATH": "/nowhere", "CRDS_CONTEXT": "jwst_0001.pmap"}


def declared(stage: str) -> tuple[Parameter, ...]:
    """One parameter of each kind, and a default for every essential one."""
    own = {
        "jump.rejection_threshold": Parameter(
            "jump.rejection_threshold",
            Kind.FLOAT,
            4.0,
            low=0.0,
            unit="sigma",
            doc="CR sigma rejection threshold",
        ),
        "ramp_fit.algorithm": Parameter(
            "ramp_fit.algorithm",
            Kind.CHOICE,
            "OLS_C",
            choices=("OLS", "OLS_C", "LIKELY"),
            doc="Fitting algorithm.",
        ),
        "resample.crval": Parameter("resample.crval", Kind.FLOAT_LIST, None, optional=True, unit="deg"),
        "resample.output_shape": Parameter(
            "resample.output_shape", Kind.INTEGER_LIST, None, optional=True, minimum_items=2, maximum_items=2
        ),
        "tweakreg.abs_refcat": Parameter("tweakreg.abs_refcat", Kind.STRING, ""),
    }
    found = [Parameter("output_dir", Kind.STRING, None, optional=True)]
    for name in stages.stage(stage).essential:
        boolean = Parameter(name, Kind.BOOLEAN, False, doc=f"About {name}.")
        if name.endswith("_file"):
            own[name] = Parameter(name, Kind.STRING, None, optional=True, doc=f"About {name}.")
        number = Parameter(name, Kind.FLOAT, 1.0, low=0.0, high=100.0, doc=f"About {name}.")
        found.append(
            own.get(name, boolean if name.endswith(("skip", "find_showers", "subtract")) else number)
        )
    found.append(Parameter("jump.flag_4_neighbors", Kind.BOOLEAN, True, doc="flag the four neighbours"))
    found.append(Parameter("jump.three_group_threshold", Kind.INTEGER, 6, low=0, high=50))
    return tuple({one.name: one for one in found}.values())


def flat_planes(level: float) -> ExposureArrays:
    """Return a small exposure of one value."""
    data = np.full((6, 8), level, np.float32)
    return ExposureArrays(data, data, np.zeros((6, 8), np.uint32), root="x")


def write_uncal(
    folder: Path, number: int, *, filter_name: str = "F770W", tile: int = 1, **cards: object
) -> Path:
    """Write a small raw exposure."""
    path = folder / f"jw09999{tile:03d}001_02101_{number:05d}_mirimage_uncal.fits"
    primary = fits.PrimaryHDU()
    start = 60000.0 + tile * 0.1 + number * 0.005
    values = {
        "TELESCOP": "JWST", "INSTRUME": "MIRI", "EXP_TYPE": "MIR_IMAGE", "DETECTOR": "MIRIMAGE",
        "FILTER": filter_name, "SUBARRAY": "FULL", "READPATT": "FASTR1", "NINTS": 1, "NGROUPS": 5,
        "PATT_NUM": number, "NUMDTHPT": 4, "DATE-BEG": f"2023-02-25T00:{number:02d}:00.000",
        "EXPSTART": start, "EXPEND": start + 0.001, "EFFEXPTM": 55.5, "GS_ID": "S1AB000123", "TARGPROP": "LMC",
    }  # fmt: skip
    for key, value in {**values, **cards}.items():
        primary.header[key] = value
    sci = fits.ImageHDU(np.zeros((1, 5, 8, 8), dtype=np.uint16) + number, name="SCI")
    fits.HDUList([primary, sci]).writeto(path, overwrite=True)
    return path


def write_product(path: Path, *, unit: str, level: float, start: float = 60000.0, size: int = 96) -> None:
    """Write a small image with noise and a few stars."""
    rng = np.random.default_rng(abs(hash(path.name)) % 2**32)
    image = rng.normal(level, 0.03 * level, (size, size)).astype(np.float32)
    for x, y in rng.integers(4, size - 4, (40, 2)):
        image[y - 1 : y + 2, x - 1 : x + 2] += level * rng.uniform(0.5, 5)
    sci = fits.ImageHDU(image, name="SCI")
    sci.header["BUNIT"] = unit
    dq = fits.ImageHDU((rng.uniform(size=image.shape) < 0.02).astype(np.uint32), name="DQ")
    primary = fits.PrimaryHDU()
    primary.header.update({"TELESCOP": "JWST", "INSTRUME": "MIRI", "EXPSTART": start, "FILTER": "F770W"})
    fits.HDUList([primary, sci, dq]).writeto(path, overwrite=True)


@dataclass
class FakeJob:
    """A job as the fake engine keeps it."""

    job: str
    plans: tuple
    runs: dict
    created: float


class FakeEngine:
    """Does what a test tells: `step`, `finish`, `fail`; or goes on by the clock (`pace` seconds per run)."""

    def __init__(self, workspace: Path, *, pace: float = 0.0) -> None:
        self.workspace = Workspace(workspace)
        self.pace = pace
        self.made: dict[str, FakeJob] = {}
        self.cancelled: list[str] = []
        self.recovered = 0
        self.doomed: set[str] = set()
        self.reports: dict[str, dict] = {}

    def submit(self, plans):
        job = f"job{len(self.made) + 1}"
        runs = {
            plan.key: RunState(plan.key, plan.stage, plan.label, reason="waits for a free worker")
            for plan in plans
        }
        self.made[job] = FakeJob(job, tuple(plans), runs, time.time())
        return job

    def cancel(self, job_id, keys=()):
        self.cancelled.append(job_id)
        job = self.made[job_id]
        gone = set(keys)
        for plan in job.plans:
            run = job.runs[plan.key]
            if not run.status.ended and (not keys or plan.key in gone or gone & set(plan.depends)):
                gone.add(plan.key)
                job.runs[plan.key] = replace(run, status=RunStatus.CANCELLED)

    def jobs(self):
        if self.pace:
            self._go_on()
        return [
            JobSummary(job.job, job.created, (), (), self.state(job.job).active, {})
            for job in reversed(list(self.made.values()))
        ]

    def state(self, job_id):
        job = self.made[job_id]
        active = any(not run.status.ended for run in job.runs.values())
        runs = tuple(job.runs.values())
        found = replace(forecast(runs, 2, active=active), seconds=42.0 if active else 0.0)
        found = replace(found, by_stage=dict.fromkeys((run.stage for run in runs), 42.0) if active else {})
        return JobState(job_id, runs, active, job.created, 2, time.time() - job.created, found)

    def log_path(self, job_id, key):
        path = self.workspace.kept_log(job_id, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(
                "".join(f"2026-11-23 stpipe.step - INFO - line {n} <b>of</b> {key}\n" for n in range(300))
            )
        return path

    def status(self):
        return SimpleNamespace(alive=bool(self.made), workers=2)

    def recover(self):
        self.recovered += 1
        return False

    def step(self, key, index, total=15, name="jump"):
        for job in self.made.values():
            if key in job.runs:
                job.runs[key] = replace(
                    job.runs[key], status=RunStatus.RUNNING, step=name, index=index, total=total,
                    fraction=(index - 1) / total, seconds=float(index), reason="",
                )  # fmt: skip

    def finish(self, *keys):
        """End runs well; all of them when none is named."""
        for job in self.made.values():
            for plan in job.plans:
                if (not keys or plan.key in keys) and not job.runs[plan.key].status.ended:
                    self._write(plan)
                    job.runs[plan.key] = replace(
                        job.runs[plan.key], status=RunStatus.DONE, fraction=1.0, seconds=31.0, reason=""
                    )

    def fail(self, key, found="jump raised ValueError"):
        error = StepFailedError(found, "a whole run", "look at the log").to_dict()
        for job in self.made.values():
            if key in job.runs:
                job.runs[key] = replace(job.runs[key], status=RunStatus.FAILED, error=error, reason="")

    def _write(self, plan):
        stage = stages.stage(plan.stage)
        folder = self.workspace.run_folder(plan.stage, plan.key)
        folder.mkdir(parents=True, exist_ok=True)
        unit = "DN/s" if plan.stage == "detector1" else "MJy/sr"
        names = {}
        for suffix in stage.gives:
            path = folder / f"{plan.label}_{suffix}.{'ecsv' if suffix == 'cat' else 'fits'}"
            level = 20.0 + (sum(map(ord, plan.label)) % 17) * 0.2
            if suffix == "cat":
                path.write_text("# %ECSV 1.0\n")
            else:
                write_product(
                    path, unit=unit, level=level, start=60000.1 + (int(plan.key[:4], 16) % 97) * 1e-3
                )
            names[path.name] = path.stat().st_size
        facts = {"report": self.reports[plan.stage]} if plan.stage in self.reports else {}
        (folder / "log.txt").write_text("all went well\n" * 20)
        write_record(folder, Record(plan.key, plan.stage, plan.label, products=names, facts=facts))

    def _go_on(self):
        """Move two runs at a time forward by the clock."""
        for job in self.made.values():
            busy = 0
            for plan in job.plans:
                run = job.runs[plan.key]
                done = {key for key, other in job.runs.items() if other.status.good}
                pending = [key for key in plan.depends if key in job.runs and key not in done]
                if run.status.ended or pending or busy == 2:
                    continue
                busy += 1
                stage = stages.stage(plan.stage)
                began = run.started or time.time()
                age = time.time() - began
                if age > self.pace:
                    self.fail(plan.key) if plan.key in self.doomed else self.finish(plan.key)
                    continue
                index = min(int(age / self.pace * len(stage.steps)) + 1, len(stage.steps))
                job.runs[plan.key] = replace(
                    run, status=RunStatus.RUNNING, started=began, step=stage.steps[index - 1], index=index,
                    total=len(stage.steps), fraction=(index - 1) / len(stage.steps), seconds=age, reason="",
                )  # fmt: skip


def fake_services(program: Program, *, pace: float = 0.0, declare=declared, presets=None) -> Services:
    """Real scan, plans and records; a fake engine."""

    def plan(exposures, names, settings, *, rejected=frozenset()):
        return plan_chain(
            program.workspace,
            exposures,
            names,
            settings,
            ENVIRONMENT,
            product_name=f"{program.name}_{{filter}}",
            rejected=rejected,
        )

    return Services(
        stages=stages.STAGES,
        engine=FakeEngine(program.workspace, pace=pace),
        scan=lambda: scan(program.folders, suffix=program.start),
        declared=declare,
        step_docs=lambda name: {step: f"Does {step}." for step in stages.stage(name).steps},
        owned=lambda name: "the engine chooses the folder" if name.endswith("output_dir") else "",
        acting=acting_in_chain,
        preset=presets or (lambda stage, filter_name: {}),
        crds_layer=lambda name, path: {"jump.rejection_threshold": 5.0} if name == "detector1" else {},
        plan=plan,
        products=lambda one: products(program.workspace, one),
        report=lambda one: completed(program.workspace, one.key, one.stage).facts.get("report", {}),
        record=lambda one: completed(program.workspace, one.key, one.stage),
        inputs=lambda one: tuple(one.files(Workspace(program.workspace))),
        harm=harm_in,
        accepted=lambda key: is_accepted(Workspace(program.workspace), key),
        accept=lambda key, words: accept_harm(Workspace(program.workspace), key, words),
        preview=preview,
        footprint=read_footprint,
        code=lambda one: f"# strun {one.stage} {one.label}",
        script=lambda plans: "\n".join(f"# {one.label}" for one in plans),
        notebook=lambda plans: "\n".join(f"# {one.label}" for one in plans),
        read_code=settings_from_code,
        save_set=lambda name, settings, path: path.write_text(repr(settings.passed())),
        load_set=lambda name, path: Settings(declare(name)).replace(eval(path.read_text())),
        make_twin=lambda name, say: say("exposure 1 of 1: none"),
    )


def fake_program(
    folder: Path, *, dithers: int = 2, filters=("F770W", "F1500W"), tiles: int = 1, **more
) -> Program:
    """Write exposures below `folder` and return their program."""
    raw = folder / "uncal"
    raw.mkdir(parents=True, exist_ok=True)
    number = 0
    for tile in range(1, tiles + 1):
        for filter_name in filters:
            for dither in range(1, dithers + 1):
                number += 1
                write_uncal(raw, number, filter_name=filter_name, tile=tile, PATT_NUM=dither)
    values = {"title": "Trial program", "program": "09999", **more}
    return Program(name="trial", folders=(raw,), workspace=folder / "workspace", **values)
