"""The panel of the contact sheet: all exposures at a glance, tagged by keys."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.contact_sheet import PRODUCTS, SHOWN, Card, ContactSheetModel, Section
from miri_widgets.models.session import SessionModel, open_session
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
    Thumbnails of all exposures, with tags and comments.

    Parameters
    ----------
    session : SessionModel
        The session.
    alone : bool
        Whether it is shown without a dashboard around it.
    """

    def __init__(self, session: SessionModel, *, alone: bool = False) -> None:
        super().__init__("mw-app", "mw-panel", "mw-contact-sheet")
        self.session = session
        self.model = ContactSheetModel(session)
        self.alone = alone
        self.owns_session = False
        self._following = False
        self.product = _choice("Product", [(title, name) for name, title in PRODUCTS.items()])
        self.shown = _choice("Show", [(title, name) for name, title in SHOWN.items()])
        self.choices = {name: _choice(title, [("all", _ANY[name])]) for name, title in _CHOICES.items()}
        self.words = text("", "mw-muted")
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
        self.told = text("")
        self._wire()
        bar = _row(self.product, *self.choices.values(), self.shown)
        self.children = (
            stylesheet(), text(_heading(), "mw-panel-head"), bar, self.words, self.trouble, self.grid,
            _row(*self.save.values(), self.load), self.told,
        )  # fmt: skip
        if not alone:
            self.watch(session, self._follow_tab, "tab")
        self.watch(session.programs, self._follow_choices, "exposures")
        self.watch(self.model, self._follow_sheet, "sections", "sheets", "working")
        self.watch(session.programs, self._follow_selected, "selected")
        self.watch(session, self._follow_trouble, "trouble")
        self.watch(session.messages, self._follow_trouble, "text")

    def _wire(self) -> None:
        for name, control in {"product": self.product, "shown": self.shown, **self.choices}.items():
            control.observe(lambda change, name=name: self._choose(name, change["new"]), "value")
        for kind, control in self.save.items():
            control.on_click(lambda _, kind=kind: self._export(kind))
        self.load.observe(self._loaded, "value")

    def _choose(self, name: str, value: Any) -> None:
        if not self._following:
            self.model.set_trait(name, value)

    def _tag(self, root: str, values: dict[str, Any]) -> None:
        try:
            self.model.tag(root, **values)
        except MiriWidgetsError as error:
            self._tell(str(error), "bad")

    def _tell(self, words: str, tone: str) -> None:
        self.told.value = sentences([words], tone)

    def _export(self, kind: str) -> None:
        try:
            path = self.model.export(kind)
            self._tell(f"Saved as {path}", "good")
            self.told.value += _download(path)
        except (MiriWidgetsError, OSError) as error:
            self._tell(str(error), "bad")

    def _loaded(self, change: dict[str, Any]) -> None:
        files = change["new"]
        if not files:
            return
        self.load.value = ()  # what a widget holds is saved with the notebook
        content = bytes(files[0]["content"])
        try:
            if len(content) > _MOST_BYTES:
                raise ValueError
            count = self.model.load(content.decode("utf-8"))
        except ValueError:
            self._tell(
                "The file is no text in UTF-8 of less than 20 MB; choose one that was saved here.", "bad"
            )
        except MiriWidgetsError as error:
            self._tell(str(error), "bad")
        else:
            tone = "good" if count else "warn"
            self._tell(
                f"The file names {count} exposures of this program; their tags are taken from it.", tone
            )

    def _follow_tab(self, _: Any) -> None:
        self.model.awake = self.session.tab == _NAME

    def _follow_choices(self, _: Any) -> None:
        self._following = True
        try:
            for name, control in self.choices.items():
                found = self.model.choices(name)
                kept = control.value
                control.options = [("all", _ANY[name]), *((str(one), one) for one in found)]
                control.value = kept if kept in found else _ANY[name]
                said = name == "observation" and len(found) == len(self.model.choices("tile"))
                control.layout.display = "" if len(found) > 1 and not said else "none"
        finally:
            self._following = False
        for name, control in self.choices.items():
            self.model.set_trait(name, control.value)

    def _follow_sheet(self, _: Any) -> None:
        model = self.model
        sections = [self._section(one) for one in model.sections]
        if sections != self.grid.sections:
            self.grid.sections = sections
        # all of them, shown or not: to show others again sends nothing
        self.grid.put_pictures({card.root: model.picture(card) for card in model.cards})
        counts = model.counts
        self.grid.empty = (
            f"No exposure is left here: {SHOWN[model.shown]} ones of this choice are none." if counts["all"]
            else "No exposures yet."
        )  # fmt: skip
        parts = [counted(counts["all"], "exposure")] + [
            f"{counts[name]} {SHOWN[name]}"
            for name in ("untagged", "suspect", "rejected", "unseen")
            if counts[name]
        ]
        self.words.value = " · ".join(parts + ["making pictures …"] * model.working)

    def _section(self, section: Section) -> dict[str, Any]:
        cards = [self._card(one) for one in section.cards]
        return {"title": section.filter, "words": section.words, "cards": cards}

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

    def _follow_selected(self, _: Any) -> None:
        selected = self.session.programs.selected
        self.grid.pointed = selected[0] if len(selected) == 1 else ""

    def _follow_trouble(self, _: Any) -> None:
        told = [self.session.messages.text, self.session.trouble] if self.alone else []
        self.trouble.value = sentences([one for one in told if one], "bad")

    def close(self) -> None:
        """Close the sheet; the session, too, when it was opened for it."""
        super().close()
        self.model.close()
        if self.owns_session:
            self.session.close()


def contact_sheet_item(session: SessionModel) -> dict[str, Any]:
    """Return the tab of the contact sheet: how many exposures have no tag yet, and how many are rejected."""
    programs = session.programs
    tagged = {root for root, tag in session.tags.tags.items() if tag.verdict}
    left = sum(one.root not in tagged for one in programs.exposures)
    rejected = len(session.tags.rejected & {one.root for one in programs.exposures})
    detail = f"{rejected} rejected" if rejected else (f"{left} untagged" if left else "all tagged")
    return {
        "id": _NAME, "title": "Contact sheet", "glyph": "▦", "tip": "All exposures at a glance",
        "detail": detail if programs.scanned else "looking …", "tone": "warn" if rejected else "calm",
    }  # fmt: skip


def show_contact_sheet(program: Program | Path | str | SessionModel) -> ContactSheetPanel:
    """
    Show the exposures of a program as thumbnails, and tag them.

    Parameters
    ----------
    program : Program, path or SessionModel
        The program, its TOML file, or an open session. A session that is opened here is closed with the panel. There is
        no viewer: a click only chooses the exposure.
    """
    is_open = isinstance(program, SessionModel)
    session = program if isinstance(program, SessionModel) else open_session(program)
    panel = ContactSheetPanel(session, alone=True)
    panel.owns_session = not is_open
    return panel


def _download(path: Path) -> str:
    """Return a link to a small file: the page may be far from the disk."""
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
