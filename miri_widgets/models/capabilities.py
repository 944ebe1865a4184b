"""What the parts of a session use of it: small protocols, so that no part knows the session itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from miri_widgets.models.background import Background
from miri_widgets.models.history import History
from miri_widgets.models.messages import Messages
from miri_widgets.models.program import ProgramModel
from miri_widgets.models.stage import StageModel
from miri_widgets.models.viewed_image import ViewerPort
from miri_widgets.products.program import Program
from miri_widgets.run.services import Services

__all__ = ["HasBackground", "HasPlans", "HasViewer"]


class HasBackground(Protocol):
    """A program whose slow work goes to the background."""

    @property
    def program(self) -> Program: ...
    @property
    def services(self) -> Services: ...
    @property
    def programs(self) -> ProgramModel: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def background(self) -> Background: ...
    @property
    def closed(self) -> bool: ...
    def touch(self) -> None: ...


class HasPlans(HasBackground, Protocol):
    """A program with planned stages."""

    @property
    def models(self) -> Mapping[str, StageModel]: ...
    @property
    def chain(self) -> tuple[Any, ...]: ...
    @property
    def plans(self) -> tuple[Any, ...]: ...
    @property
    def planning(self) -> bool: ...
    @property
    def history(self) -> History: ...


class HasViewer(HasPlans, Protocol):
    """A program with planned stages, whose products are in a viewer."""

    @property
    def shown(self) -> Path | None: ...
    @property
    def viewer(self) -> ViewerPort: ...
