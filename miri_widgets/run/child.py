"""
What happens in the process of a run, or of a run and the one that goes on in its process.

The process is forked with the pipeline in memory. It works in the run's partial
folder, has its own session and log, and dies with the service that began it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import logging
import os
import resource
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from miri_widgets.errors import EngineError, MiriWidgetsError, StepFailedError
from miri_widgets.products.atomic import sync_tree
from miri_widgets.run.key_settings import did_not_act
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.records import LOG, Record, write_record
from miri_widgets.run.workspace import Workspace
from miri_widgets.steps.acceleration import SWITCH, switched_off
from miri_widgets.steps.stages import all_stages

__all__ = ["EXECUTOR_VARIABLE", "lower_priority", "require_code", "run_child"]

EXECUTOR_VARIABLE = "MIRI_WIDGETS_EXECUTOR"
"""``module:function`` that does the runs instead of the pipeline; for tests and extensions."""

_PIPELINE = "miri_widgets.steps.execute:execute"
_NICENESS = 19
_LOGGERS = ("stpipe", "jwst", "stcal", "stdatamodels", "tweakwcs", "CRDS", "py.warnings", "miri_widgets")


def run_child(
    root: str,
    plans: Sequence[dict[str, Any]],
    replies: Connection,
    start_signals: Connection,
    locks: object,
) -> None:
    """
    Do runs one after the other and report their ends.

    Parameters
    ----------
    root : str
        Root of the workspace.
    plans : sequence of dict
        The plans, as `RunPlan.to_dict`.
    replies : Connection
        Takes ``("step", ...)``, then ``("done", ...)`` or ``("failed", ...)``, for each run; the first one that fails
        is the last. When its other end closes, the service is gone and this process ends.
    start_signals : Connection
        Gives something when the next run is to begin: the one before lies where it belongs then. When its other end
        closes, there is nothing more to do.
    locks : object
        Held open, so that the runs stay locked as long as this process lives.
    """
    workspace = Workspace(Path(root))
    _live_alone(replies)
    try:
        for number, values in enumerate(plans):
            if number:
                _begin_anew()
                start_signals.recv()
            if not _run(workspace, RunPlan.from_dict(values), replies):
                break
    except EOFError:
        pass
    finally:
        logging.shutdown()
        # leave without the interpreter's farewell: the arrays of a run take long to take apart
        os._exit(0)


def _run(workspace: Workspace, plan: RunPlan, replies: Connection) -> bool:
    """Do one run, report its end, and return whether it went well."""
    folder = workspace.partial_folder(plan.stage, plan.key)
    processor = sum(os.times()[:4])
    os.environ.update(plan.environment)  # of CRDS alone, see `run.disk_names`
    os.environ[SWITCH] = ",".join({*plan.acceleration_off, *switched_off()})
    os.chdir(folder)
    log = _open_log(folder)
    try:
        facts = _work(workspace, plan, folder, replies, processor)
    except BaseException as error:  # SystemExit of CRDS included
        traceback.print_exc()
        replies.send(("failed", _as_ours(error, plan, workspace).to_dict(), _peak_mb()))
        return False
    finally:
        log.flush()
    replies.send(("done", facts))
    return True


def _begin_anew() -> None:
    """Leave behind what the run before has measured and warned of."""
    gc.collect()
    gc.freeze()  # what it keeps for the next run is not looked at again
    with warnings.catch_warnings():
        pass  # Python then forgets which warnings it has given already
    with suppress(OSError):
        # proc(5): 5 resets the peak of resident memory; without it the peak is that of both runs
        Path("/proc/self/clear_refs").write_text("5")


def _work(
    workspace: Workspace, plan: RunPlan, folder: Path, replies: Connection, processor: float
) -> dict[str, Any]:
    started = time.time()
    execute = _executor()
    _require_version(plan)

    def report(step: Any) -> None:
        replies.send(("step", step.step, step.index, step.total, str(step.state), float(step.seconds)))

    result = execute(
        plan.stage,
        plan.files(workspace),
        plan.handed_over(workspace),
        folder,
        product_name=plan.product_name,
        report=report,
    )
    worked = time.time()
    for handler in logging.getLogger().handlers:
        handler.flush()
    sizes = {name: (folder / name).stat().st_size for name in result.products}
    record = Record(
        key=plan.key,
        stage=plan.stage,
        stage_version=plan.stage_version,
        label=plan.label,
        exposures=plan.exposures,
        inputs=tuple(vars(run_input) for run_input in plan.inputs),
        settings=plan.settings,
        resolved=dict(result.resolved),
        inactive=did_not_act(plan, result.resolved),
        references=dict(result.references),
        crds_context=result.crds_context,
        versions=dict(result.versions),
        environment=plan.environment,
        product_name=plan.product_name,
        steps=tuple(result.steps),
        warnings=tuple(result.warnings),
        facts=dict(result.facts),
        accelerations=dict(result.accelerations),
        products=sizes,
        peak_rss_mb=_peak_mb(),
        started=started,
        finished=worked,
        seconds=worked - started,
        cpu_seconds=sum(os.times()[:4]) - processor,  # of this process and its children, for this run
    )
    write_record(folder, record)
    sync_tree(folder)
    return {
        "seconds": record.seconds,
        "overhead": time.time() - worked,
        "peak_mb": record.peak_rss_mb,
        "products": list(sizes),
    }


def _executor() -> Callable[..., Any]:
    module, _, name = (os.environ.get(EXECUTOR_VARIABLE) or _PIPELINE).partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def _require_version(plan: RunPlan) -> None:
    jwst = sys.modules.get("jwst")
    loaded = getattr(jwst, "__version__", plan.jwst_version)
    if plan.jwst_version and loaded != plan.jwst_version:
        raise EngineError(
            f"the job service still has jwst {loaded} in memory",
            f"jwst {plan.jwst_version}, which is installed now",
            "stop the job service; the next job starts a new one",
        )
    if plan.stage_code:
        require_code(plan)


def require_code(plan: RunPlan) -> None:
    """
    Refuse a stage of another package that is not here, or whose code was changed since it was read.

    Parameters
    ----------
    plan : RunPlan
        The run.

    Raises
    ------
    EngineError
        If it cannot be done by the code that is in memory.
    """
    known = {stage.name: stage.code for stage in all_stages()}
    if plan.stage not in known:
        raise EngineError(
            f"the job service does not know the stage {plan.stage!r}",
            "the package that adds it, installed where runs are done",
            "install it there and stop the job service; the next job starts a new one",
        )
    if known[plan.stage] != plan.stage_code:
        raise EngineError(
            f"the job service has other code of the stage {plan.stage!r} in memory",
            "the code that the page has",
            "stop the job service and open the page anew; the next job starts a new one",
        )


def lower_priority() -> None:
    """
    Let pages and viewers go first on a busy machine.

    With both cores at work on exposures a page opens twice as slowly; a run that
    gives way loses only what a person uses meanwhile.
    """
    if hasattr(os, "nice"):
        os.nice(max(0, _NICENESS - os.nice(0)))


def _live_alone(replies: Connection) -> None:
    """Lead a session of our own, and end when the service ends."""
    os.setsid()
    lower_priority()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        # PR_SET_PDEATHSIG, from <sys/prctl.h>; covers C code that never lets the thread below run
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)
        with suppress(OSError):
            # when memory runs out the kernel should take this process, not the service
            Path("/proc/self/oom_score_adj").write_text("500")
    threading.Thread(target=_end_with_service, args=(replies,), daemon=True).start()


def _end_with_service(replies: Connection) -> None:
    # the service never sends: this returns only when its end is closed
    try:
        replies.poll(None)
    finally:
        os.killpg(0, signal.SIGKILL)


def _open_log(folder: Path) -> Any:
    """Send all that is said, warned or printed to the run's log."""
    stream = (folder / LOG).open("a", buffering=1, encoding="utf-8")
    for descriptor in (1, 2):
        os.dup2(stream.fileno(), descriptor)
    sys.stdout = sys.stderr = stream
    faulthandler.enable(file=stream)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.handlers[:] = []  # CRDS prints on its own, past the root
        logger.propagate = True
    logging.captureWarnings(True)
    return stream


def _as_ours(error: BaseException, plan: RunPlan, workspace: Workspace) -> MiriWidgetsError:
    if isinstance(error, MiriWidgetsError):
        return error
    try:
        from miri_widgets.steps.failures import as_our_error

        inputs: Sequence[Path] = plan.files(workspace)
        return as_our_error(error, plan.stage, inputs)
    except Exception:
        return StepFailedError(
            f"{plan.stage} of {plan.label} stopped with {type(error).__name__}: {str(error)[:300]}",
            "a run to its end",
            "read the log of this run",
        )


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # kilobytes on Linux, bytes on macOS
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
