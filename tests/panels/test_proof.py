"""The view of a proof shows what the record holds, and escapes it."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.validation.figures import Bin, Change, Proof
from miri_widgets.panels.charts.proof import ValidationView
from tests.support.widgets import OPEN_WIDGETS

EVIL = '<img src=x onerror="alert(1)">'
FULL = Proof(
    verdict="doubtful", sentences=("Fluxes of added sources change by 0.0 ± 0.1 %.", "Rows got more structure."),
    grades=("good", "doubtful"), unit="MJy/sr", exposures=10, measured=6, sources=206, places=40,
    flux_bias=0.0, flux_bias_err=0.001, bins=(Bin(10, 18, -0.02, 0.004, 60), Bin(18, 32, 0.001, 0.002, 70)),
    noise=Change(0.17, 0.18, 0.003, 0.003), noise_ratio=1.05, noise_over_err=Change(1.05, 1.02, 0.02, 0.02),
    structure={"column_rms": Change(0.0054, 0.0003, 0.0002, 0.0002), "row_rms": Change(0.001, 0.004)},
)  # fmt: skip


class Checker(HTMLParser):
    """Collects tags; what opens must close."""

    def __init__(self):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(view):
    checker = Checker()
    checker.feed(view.status.value)
    assert not checker.open
    return checker


@pytest.fixture
def view():
    view = ValidationView()
    yield view
    view.close()


def test_nothing_is_said_in_words(view):
    assert "No proof yet" in read(view).text
    assert view.children == (view.status,)


def test_verdict_sentences_and_numbers_are_shown(view):
    view.validation = json.loads(json.dumps(FULL.to_dict()))
    said = read(view).text
    for words in (
        "doubtful",
        *FULL.sentences,
        "6 of 10 exposures",
        "206 measurements",
        "0.00540 ± 0.00020",
        "MJy/sr",
    ):
        assert words in said
    assert 'class="mw-sentence mw-warn">Rows got' in view.status.value
    assert 'class="mw-sentence mw-good">Fluxes' in view.status.value


def test_chart_shows_bias_by_signal_to_noise(view):
    view.validation = FULL.to_dict()
    assert view.figure in view.children
    assert np.allclose(view.dots.y, [-2.0, 0.1])
    assert np.allclose(view.bars.y, [[-2.4, -1.6], [-0.1, 0.3]])
    assert view.y_axis.scale.min < -2.4 < 1 < view.y_axis.scale.max
    assert np.all(np.diff(view.dots.x) > 0)


def test_it_follows_from_one_proof_to_none_and_back(view):
    view.validation = FULL.to_dict()
    full = view.status.value
    view.validation = {}
    assert view.children == (view.status,)
    assert "No proof yet" in read(view).text
    view.validation = FULL.to_dict()
    assert view.status.value == full


def test_a_proof_without_figures_is_words_alone(view):
    view.validation = {"verdict": "harm", "sentences": ["Fluxes of added sources change by -7 %."]}
    assert "harm" in read(view).text
    assert "mw-bad" in view.status.value
    assert view.children == (view.status,)
    view.validation = Proof(bins=(Bin(10, 18, float("nan"), float("nan"), 0),)).to_dict()
    assert view.children == (view.status,)


@pytest.mark.parametrize("name", ["verdict", "unit"])
def test_text_from_records_is_escaped(view, name):
    view.validation = FULL.to_dict() | {name: EVIL}
    assert "img" not in read(view).tags
    assert EVIL in read(view).text


numbers = st.floats(-1e6, 1e6) | st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e-300])


@settings(deadline=None, max_examples=25)
@given(st.text(max_size=40), numbers, numbers)
def test_any_number_and_text_gives_a_whole_page(words, one, other):
    view = ValidationView()
    change = Change(one, other, other, one)
    view.validation = Proof(
        verdict="good", sentences=(words,), unit=words, noise=change, structure={"box_rms": change},
        bins=(Bin(10, 100, one, other, 3),), exposures=1, measured=1,
    ).to_dict()  # fmt: skip
    tags = set(read(view).tags)
    view.close()
    assert tags <= {"div", "span", "p", "code", "table", "thead", "tbody", "tr", "th", "td"}


def test_nothing_outlives_close():
    before = set(OPEN_WIDGETS)
    view = ValidationView(FULL.to_dict())
    view.validation = {}
    view.close()
    assert set(OPEN_WIDGETS) - before == set()
