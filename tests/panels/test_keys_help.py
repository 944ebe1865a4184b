"""The list of keys tells of every key that the page has."""

import re
from pathlib import Path

import miri_widgets.panels
from miri_widgets.panels.parts.keys_help import KEYS, KeysHelp

SOURCES = [
    path.read_text(encoding="utf-8")
    for path in Path(miri_widgets.panels.__file__).parent.rglob("*")
    if path.suffix in (".py", ".vue")
]


def test_every_letter_that_acts_is_listed():
    listed = {key for _, keys in KEYS for names, _ in keys for key in re.split(r", | ", names)}
    letters = {key for source in SOURCES for key in re.findall(r"event\.key === '([A-Za-z?])'", source)}
    for source in SOURCES:
        for choices in re.findall(r"\{([^{}]*)\}\[event\.key\]", source):
            letters |= set(re.findall(r"\b([A-Za-z]): ", choices))
    assert {"b", "d", "s", "f", "F", "?"} <= letters, "else this proves nothing"
    assert letters <= listed, letters - listed


def test_undo_and_redo_come_from_the_page():
    calls = []
    keys = KeysHelp(lambda: calls.append("undo"), lambda: calls.append("redo"))
    keys.vue_undo()
    keys.vue_redo({})
    assert calls == ["undo", "redo"] and keys.groups[0][0] == "Image in view"
    keys.close()
