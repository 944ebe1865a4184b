"""What kernels are forked from: imported when it is wanted, and whatever fails is left to the page."""

from __future__ import annotations

import os
import subprocess
import sys

from miri_widgets.serve.policy import PRELOAD_VARIABLE

CODE = """
import gc, os, sys, threading
import miri_widgets.serve.kernel_preload
names = ("ipykernel.kernelapp", "jdaviz", "miri_widgets.models.stage", "jwst.pipeline")
print([name in sys.modules for name in names], gc.get_freeze_count() > 100_000)
print([thread.name for thread in threading.enumerate()])
"""


def run(modules: str | None) -> subprocess.CompletedProcess[str]:
    """Import it in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key != PRELOAD_VARIABLE}
    if modules is not None:
        environment[PRELOAD_VARIABLE] = modules
    return subprocess.run(
        [sys.executable, "-P", "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )


def test_imports_and_freezes_without_a_thread_and_without_the_pipeline() -> None:
    result = run("miri_widgets.models,miri_widgets.no_such_module")
    assert result.stdout.splitlines() == ["[True, True, True, False] True", "['MainThread']"]
    assert "miri_widgets.no_such_module is not imported in advance" in result.stderr


def test_elsewhere_it_does_nothing() -> None:
    assert run(None).stdout.splitlines()[0] == "[False, False, False, False] False"
