"""Import of jdaviz: fast, and without network access."""

from __future__ import annotations

import gc
import logging
from typing import Any

__all__ = ["import_jdaviz"]

_PYSIAF_PAGE = "https://github.com/spacetelescope/pysiaf"


def import_jdaviz() -> None:
    """
    Import jdaviz in about 5 s without network access; may run in a thread.

    Raises
    ------
    ImportError
        If jdaviz, or something that it needs, is not installed.
    """
    # Half a million objects are created and kept: garbage collection among them takes 0.7 s here and
    # more at every later collection. Frozen objects are skipped.
    collects = gc.isenabled()
    gc.disable()
    try:
        _import_pysiaf()
        import jdaviz  # noqa: F401

        gc.freeze()
    finally:
        if collects:
            gc.enable()


def _import_pysiaf() -> None:
    """
    Import pysiaf without its request to GitHub.

    When imported, pysiaf asks GitHub for its newest version, without a time limit: behind a
    firewall that drops packets this hangs, and without network it prints a red warning. The
    answer is only used for that warning.
    """
    import requests

    logger = logging.getLogger("pysiaf")
    level, get = logger.level, requests.get

    def refuse(url: Any, *arguments: Any, **options: Any) -> Any:
        if str(url).startswith(_PYSIAF_PAGE):
            raise requests.ConnectionError("not asked")
        return get(url, *arguments, **options)

    requests.get = refuse
    logger.setLevel(logging.ERROR)
    try:
        import pysiaf  # noqa: F401
    finally:
        requests.get = get
        logger.setLevel(level)
