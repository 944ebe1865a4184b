"""
What the kernel of every page needs, imported once in the process that kernels are forked from.

The fork server of `miri_widgets.serve.warm_kernels` imports this module; importing it elsewhere does nothing. Kernels
share the memory until they write to it. No thread of Python may run and no ZeroMQ context may exist at the end: neither
outlives a fork.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Sequence
from importlib import import_module

from miri_widgets.serve.policy import PRELOAD_VARIABLE

__all__ = ["preload"]

_KERNEL = (
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
)
"""What ipykernel imports when a kernel starts."""


def preload(modules: Sequence[str]) -> None:
    """
    Import what pages import, and freeze the heap.

    Parameters
    ----------
    modules : sequence of str
        Modules beside those of the kernel and of the viewer; one that cannot be imported is left to the page, which
        says so.

    Notes
    -----
    The kernel comes before ipywidgets, which takes its way of opening channels from there. Widgets that packages make
    at their import (60, mostly styles of Vue) are sent to a page when it asks for all widgets, as each page does.
    """
    from miri_widgets.viewer.jdaviz.loading import import_jdaviz

    for name in (*_KERNEL, *modules):
        _try(name, import_module, name)
    _try("jdaviz", import_jdaviz)
    gc.collect()
    gc.freeze()


def _try(name: str, load: Callable[..., object], *arguments: str) -> None:
    try:
        load(*arguments)
    except Exception as error:
        logging.getLogger(__name__).warning("%s is not imported in advance: %s", name, error)


if PRELOAD_VARIABLE in os.environ:
    preload([name for name in os.environ[PRELOAD_VARIABLE].split(",") if name])
