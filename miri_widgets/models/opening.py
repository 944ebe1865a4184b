"""A session for a program, as a dashboard, a notebook or a script opens it."""

from __future__ import annotations

from pathlib import Path

from miri_widgets.models.session import SessionModel
from miri_widgets.products.program import Program, load_program
from miri_widgets.run.service_wiring import real_services
from miri_widgets.run.services import Services

__all__ = ["open_session"]


def open_session(
    program: Program | Path | str,
    services: Services | None = None,
    *,
    workers: int = 2,
    scheduler: str | None = None,
) -> SessionModel:
    """
    Open a program; follow it when an event loop is running, else look once.

    Parameters
    ----------
    program : Program or path
        The program, or its TOML file.
    services : Services, optional
        The rooms below; the real ones by default.
    workers : int
        Exposures at a time, for the real engine.
    scheduler : str, optional
        Address of a Dask scheduler for the real engine; one of its own by default.
    """
    chosen = program if isinstance(program, Program) else load_program(Path(program))
    wired = services or real_services(chosen, workers=workers, scheduler=scheduler)
    session = SessionModel(chosen, wired)
    try:
        session.follow()
    except RuntimeError:  # no running loop: a script or a test
        session.poll()
    return session
