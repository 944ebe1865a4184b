"""The panel of the contact sheet: all exposures at a glance, tagged by keys."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.contact_sheet import PRODUCTS, SHOWN, Card, ContactSheetModel, SheetSection
from miri_widgets.models.opening import open_session
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.contactgrid import ContactGrid
from miri_widgets.panels.parts.theme import button, counted, escape, help_page, sentences, stylesheet, text
from miri_widgets.products.program import Program

__all__ = ["ContactSheetPanel", "contact_sheet_item", "show_contact_sheet"]

_NAME = "contact_sheet"
_MOST_BYTES = 20_000_000
_CHOICES = {"filter": "Filter", "observation": "Observation", "tile": "Tile"}
_ANY: dict[str, Any] = {"filter": "", "observation": "", "tile": 0}


class ContactSheetPanel(Part):
    """
    Thumbnails of all exposures with tags and comments.

    Parameters
    ----------
    session : SessionModel
        The session.
    alone : bool
        Whether it is shown without a dashboard.
    """

    def __init__(self, session: SessionModel, *, alone: bool = False) -> None:
        super().__init__("mw-app", "mw-panel", "mw-contact-sheet")
        self.session = session
        self.model = ContactSheetModel(session)
        self.alone = alone
        self.owns_session = False
        self._updating = False
        self.product = _choice("Product", [(title, name) for name, title in PRODUCTS.items()])
        self.shown = _choice("Show", [(title, name) for name, title in SHOWN.items()])
        self.choices = {name: _choice(title, [("all", _ANY[name])]) for name, title in _CHOICES.items()}
        self.status = text("", "mw-muted")
        self.trouble = text("")
        self.grid = ContactGrid(self._tag, self.model.open)
        self.save = {kind: button(f"Save as {kind.upper()}", tip="The tags of all exposures, into the workspace")
                     for kind in ("csv", "json")}  # fmt: skip
        self.load = ipywidgets.FileUpload(
            accept=".csv,.json",
            description="Load tags",
            tooltip="A file that was saved here; it is merged in",
        )
        self.load.add_class("mw-button")
        self.load.layout.width = "auto"
        self.notice = text("")
        self._wire()
        bar = _row(self.product, *self.choices.values(), self.shown)
        self.children = (
            stylesheet(), text(_heading(), "mw-panel-head"), bar, self.status, self.trouble, self.grid,
            _row(*self.save.values(), self.load), self.notice,
        )  # fmt: skip
        if not alone:
            self.watch(session, self._update_awake, "tab")
        self.watch(session.programs, self._update_choices, "exposures")
        self.watch(self.model, self._update_sheet, "sections", "sheets", "working")
        self.watch(session.programs, self._update_selected, "selected")
        self.watch(session, self._update_trouble, "trouble")
        self.watch(session.messages, self._update_trouble, "text")

    def _wire(self) -> None:
        for name, control in {"product": self.product, "shown": self.shown, **self.choices}.items():
            control.observe(lambda change, name=name: self._choose(name, change["new"]), "value")
        for kind, control in self.save.items():
            control.on_click(lambda _, kind=kind: self._export(kind))
        self.load.observe(self._loaded, "value")

    def _choose(self, name: str, value: Any) -> None:
        if not self._updating:
            self.model.set_trait(name, value)

    def _tag(self, root: str, values: dict[str, Any]) -> None:
        try:
            self.model.tag(root, **values)
        except MiriWidgetsError as error:
            self._notify(str(error), "bad")

    def _notify(self, message: str, tone: str) -> None:
        self.notice.value = sentences([message], tone)

    def _export(self, kind: str) -> None:
        try:
            path = self.model.export(kind)
            self._notify(f"Saved as {path}", "good")
            self.notice.value += _download(path)
        except (MiriWidgetsError, OSError) as error:
            self._notify(str(error), "bad")

    def _loaded(self, change: dict[str, Any]) -> None:
        files = change["new"]
        if not files:
            return
        self.load.value = ()  # the content of a widget is saved with the notebook
        content = bytes(files[0]["content"])
        try:
            if len(content) > _MOST_BYTES:
                raise ValueError
            count = self.model.load(content.decode("utf-8"))
        except ValueError:
            self._notify(
                "The file is no text in UTF-8 of less than 20 MB; choose one that was saved here.", "bad"
            )
        except MiriWidgetsError as error:
            self._notify(str(error), "bad")
        else:
            tone = "good" if count else "warn"
            self._notify(
                f"The file names {count} exposures of this program; their tags are taken from it.", tone
            )

    def _update_awake(self, _: Any) -> None:
        self.model.awake = self.session.tab == _NAME

    def _update_choices(self, _: Any) -> None:
        self._updating = True
        try:
            for name, control in self.choices.items():
                available = self.model.choices(name)
                current = control.value
                control.options = [("all", _ANY[name]), *((str(value), value) for value in available)]
                control.value = current if current in available else _ANY[name]
                is_redundant = name == "observation" and len(available) == len(self.model.choices("tile"))
                control.layout.display = "" if len(available) > 1 and not is_redundant else "none"
        finally:
            self._updating = False
        for name, control in self.choices.items():
            self.model.set_trait(name, control.value)

    def _update_sheet(self, _: Any) -> None:
        model = self.model
        sections = [self._section(section) for section in model.sections]
        if sections != self.grid.sections:
            self.grid.sections = sections
        # all of them, shown or not, so that later selections send nothing
        self.grid.set_pictures({card.root: model.picture(card) for card in model.cards})
        counts = model.counts
        self.grid.empty = (
            f"No exposure is left here: {SHOWN[model.shown]} ones of this choice are none." if counts["all"]
            else "No exposures yet."
        )  # fmt: skip
        counts_text = [counted(counts["all"], "exposure")] + [
            f"{counts[name]} {SHOWN[name]}"
            for name in ("untagged", "suspect", "rejected", "unseen")
            if counts[name]
        ]
        self.status.value = " · ".join(counts_text + ["making pictures …"] * model.working)

    def _section(self, section: SheetSection) -> dict[str, Any]:
        cards = [self._card(card) for card in section.cards]
        return {"title": section.filter, "words": section.text, "cards": cards}

    def _card(self, card: Card) -> dict[str, Any]:
        tag = card.tag
        product = card.path.name if card.path is not None else f"no {card.suffix} product"
        excluded = ", excluded from runs" if card.excluded else ""
        return {
            "id": card.root,
            "label": card.label,
            "short": card.label.replace("tile ", "t").replace("dither ", "d").replace(" · ", " "),
            "name": f"{card.filter} · {card.label}",
            "tip": f"{product}{excluded}" + (f"\n{tag.comment}" if tag.comment else ""),
            "verdict": str(tag.verdict),
            "anomalies": list(tag.anomalies),
            "comment": tag.comment,
            "seen": tag.seen,
            "excluded": card.excluded,
            "note": self.model.failure(card),
        }

    def _update_selected(self, _: Any) -> None:
        selected = self.session.programs.selected
        self.grid.pointed = selected[0] if len(selected) == 1 else ""

    def _update_trouble(self, _: Any) -> None:
        messages = [self.session.messages.text, self.session.trouble] if self.alone else []
        self.trouble.value = sentences([message for message in messages if message], "bad")

    def close(self) -> None:
        """Close the sheet, and the session if it was opened for it."""
        super().close()
        self.model.close()
        if self.owns_session:
            self.session.close()


def contact_sheet_item(session: SessionModel) -> dict[str, Any]:
    """
    Return the tab of the contact sheet with the number of untagged or rejected exposures.

    Parameters
    ----------
    session : SessionModel
        The session.

    Returns
    -------
    dict
        Item for `Tabs`.
    """
    programs = session.programs
    tagged = {root for root, tag in session.tags.tags.items() if tag.verdict}
    untagged = sum(exposure.root not in tagged for exposure in programs.exposures)
    rejected = len(session.tags.rejected & {exposure.root for exposure in programs.exposures})
    detail = f"{rejected} rejected" if rejected else (f"{untagged} untagged" if untagged else "all tagged")
    return {
        "id": _NAME, "title": "Contact sheet", "glyph": "▦", "tip": "All exposures at a glance",
        "detail": detail if programs.scanned else "scanning …", "tone": "warn" if rejected else "calm",
    }  # fmt: skip


def show_contact_sheet(program: Program | Path | str | SessionModel) -> ContactSheetPanel:
    """
    Show the exposures of a program as thumbnails, and tag them.

    Parameters
    ----------
    program : Program, path or SessionModel
        The program, its TOML file, or an open session. A session opened here is closed with the panel. There is
        no viewer: a click only selects the exposure.

    Returns
    -------
    ContactSheetPanel
        The panel.
    """
    is_open = isinstance(program, SessionModel)
    session = program if isinstance(program, SessionModel) else open_session(program)
    panel = ContactSheetPanel(session, alone=True)
    panel.owns_session = not is_open
    return panel


def _download(path: Path) -> str:
    """Return a download link of a small file, as the page may run on another machine."""
    content = base64.b64encode(path.read_bytes()).decode()
    return (
        f'<a class="mw-link" download="{escape(path.name)}" '
        f'href="data:application/octet-stream;base64,{content}">Download a copy</a>'
    )


def _choice(title: str, options: list[tuple[str, Any]]) -> ipywidgets.Dropdown:
    control = ipywidgets.Dropdown(options=options, description=title)
    control.layout.width = "auto"
    control.style.description_width = "initial"
    return control


def _row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    row = ipywidgets.HBox(list(widgets))
    row.add_class("mw-row")
    return row


def _heading() -> str:
    page = help_page(_NAME)
    return (
        "<h2>Contact sheet<span>all exposures at a glance</span></h2>"
        "<p>One scaling per filter. Tag what is bad before it is in the mosaic.</p>"
        + (f"<details><summary>? How to use this page</summary>{page}</details>" if page else "")
    )
