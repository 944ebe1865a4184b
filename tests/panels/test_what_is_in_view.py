"""Title, levels, histogram, cursor, flags and memory belong to the pixels in view, after any sequence of actions."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from miri_widgets.analysis.group_differences import GroupDifferenceImage
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.errors import InputError, MiriWidgetsError
from miri_widgets.models.compare import MODES, CompareModel
from miri_widgets.models.display import DisplayModel
from miri_widgets.models.flags import FlagsModel
from miri_widgets.models.in_view import PAIR_MODES, Content, InView
from miri_widgets.models.session import SessionModel
from miri_widgets.models.viewed_image import latest_image
from miri_widgets.panels.parts.caption import caption_of
from miri_widgets.panels.parts.pair import PairView
from miri_widgets.panels.parts.shown_images import ShownImages
from miri_widgets.panels.parts.viewmemory import ViewMemory
from miri_widgets.run.status_rows import RowState
from miri_widgets.viewer import View
from miri_widgets.viewer.image import load_image, safe_label
from tests.support.held_threads import HeldThreads

SIZE = 6
EXAMPLES = 10_000 if os.environ.get("MIRI_WIDGETS_FUZZ") else 40


class RecordingViewer:
    """Draws nothing and keeps the pixels; like a real one it reports what comes to the front, and only news."""

    ready = True

    def __init__(self):
        self.images, self.top, self.report, self.last = {}, "", lambda view: None, None
        self.ranges, self.percentile = {}, 99.5

    @property
    def labels(self):
        return tuple(self.images)

    def show(self, image, *, label, extension="SCI", hints=None):
        self.images[safe_label(label)] = load_image(image, extension).pixels
        self.bring(safe_label(label))

    def front(self, label):
        if safe_label(label) in self.images:
            self.bring(safe_label(label))
            return True
        return False

    def bring(self, label):
        self.top = label
        self.tell()

    def tell(self):
        view = View(self.top, *self.levels())
        if view != self.last:
            self.last = view
            self.report(view)

    def levels(self):
        pixels = self.images.get(self.top)
        if pixels is None:
            return 0.0, 0.0
        low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
        return self.ranges.get(self.top, (low, low + (high - low) * self.percentile / 100))

    def remove(self, label):
        if self.images.pop(safe_label(label), None) is not None and self.top == safe_label(label):
            self.bring(next(iter(self.images), ""))

    def set_range(self, label, black=None, white=None):
        self.ranges.pop(label, None)
        if black is not None:
            self.ranges[label] = (black, white)
        self.tell()

    def stretch(self, function="arcsinh", percentile=99.5, method="percentile"):
        self.percentile = percentile
        self.tell()

    def on_view(self, callback):
        self.report = callback

    def state(self):
        return {"images": list(self.images), "front": self.top, "position": None}

    def restore(self, state):
        if state.get("front") in self.images:
            self.bring(state["front"])


@dataclass(frozen=True, eq=False)
class Made:
    """A preview."""

    root: str
    before: ExposureArrays
    after: ExposureArrays

    @property
    def difference(self):
        return self.before.sci - self.after.sci


def write(path, value, unit="MJy/sr", filter_name="F770W"):
    """Write a product whose pixels are of one value but for a small slope: that tells who they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = np.arange(SIZE, dtype=np.float32)[:, None] * np.ones(SIZE, np.float32)
    image = fits.ImageHDU((value + 1e-3 * rows).astype(np.float32), name="SCI")
    image.header["BUNIT"] = unit
    primary = fits.PrimaryHDU()
    primary.header["FILTER"] = filter_name
    flags = fits.ImageHDU(np.zeros((SIZE, SIZE), np.uint32), name="DQ")
    parts = [primary, image] if path.stem.endswith("_i2d") else [primary, image, flags]
    fits.HDUList(parts).writeto(path, overwrite=True)
    os.utime(path, ns=(int(value * 1e6), int(value * 1e6)))  # as many times as there are values
    return path


class Loop:
    """Stands for the event loop of a page: what is to be called soon is called at once."""

    def call_soon_threadsafe(self, call, *arguments):
        call(*arguments)

    def call_later(self, _seconds, call, *arguments):
        call(*arguments)
        return SimpleNamespace(cancel=lambda: None)


class Page:
    """A session with products of known pixels, made once; a test begins with `begin`."""

    def __init__(self, fakes, folder):
        self.session = SessionModel(
            fakes.fake_program(folder), fakes.fake_services(fakes.fake_program(folder))
        )
        self.session.poll()
        self.session.use_stage("sky")
        self.session.poll()
        self.session.run_all()
        self.session.services.engine.finish()
        self.session.poll()
        self.session.poll()
        self.stages = [
            name for name in ("detector1", "image2", "sky", "image3") if name in self.session.stages
        ]
        self.rows = {name: self.session.models[name].rows for name in self.stages}
        # a real stage of a filter gives a product of each exposure
        self.rows["sky"] = tuple(
            replace(
                row,
                products=tuple(row.products[0].with_name(f"{root}_cal.fits") for root in row.exposures),
            )
            for row in self.rows["sky"]
        )
        each = {"sky"}
        self.paths = [
            path
            for name, rows in self.rows.items()
            for row in rows
            for path in (row.products if name in each else row.products[:1])
        ]
        self.roots = [row.exposures[0] for row in self.rows["sky"]]
        self.counter = 0
        self.touched = set(self.paths)

    def write(self, path):
        self.touched.add(path)
        self.counter += 1
        write(path, float(self.counter), "DN/s" if path.stem.endswith("_rate") else "MJy/sr")

    def begin(self, threads):
        session = self.session
        for number, path in enumerate(self.paths):
            if path in self.touched:
                self.counter = number
                self.write(path)
        self.touched, self.counter = set(), len(self.paths)
        session.programs.selected, session.measured, session.recalled = (), {}, {}
        for name in self.stages:
            session.models[name].rows = self.rows[name]
            session.models[name].planning = False
        session.previews.stop()
        session.background.executor.shutdown()
        session.background.executor = threads
        session.previews.shown = "after"
        session.showers.picture = None
        session.shown, session.extension, session.picked = None, "SCI", False
        session.displayed, session.not_displayed = InView(), ""
        session.forget_latest()
        session.services = replace(session.services, preview=self.preview)
        return session

    def preview(self, stage, files, values, root):
        self.counter += 1
        planes = [
            ExposureArrays(
                np.full((SIZE, SIZE), value, np.float32),
                np.ones((SIZE, SIZE), np.float32),
                np.zeros((SIZE, SIZE), np.uint32),
                root=root,
                filter="F770W",
            )
            for value in (self.counter, self.counter + 0.25)
        ]
        return Made(root, *planes)


PAGES: list[Page] = []


@pytest.fixture(scope="module", autouse=True)
def page(fakes, tmp_path_factory):
    PAGES.append(Page(fakes, tmp_path_factory.mktemp("page")))
    yield PAGES[-1]
    PAGES.pop().session.close()


class Viewing(RuleBasedStateMachine):
    """A user, runs, and slow answers in any order; see the invariants for what must hold."""

    def __init__(self):
        super().__init__()
        asyncio._set_running_loop(Loop())
        self.page, threads = PAGES[-1], HeldThreads()
        self.waiting = threads.held
        self.session = self.page.begin(threads)
        self.viewer = RecordingViewer()
        self.compare, self.flags = CompareModel(self.session), FlagsModel(self.session)
        self.display = DisplayModel(self.session)
        self.pair = None
        self.begin_viewer()

    def begin_viewer(self):
        if self.pair is not None:
            self.pair.close()
        self.images = ShownImages(self.session, self.viewer, self.compare, self.display, self.flags)
        self.memory = ViewMemory(self.session, self.viewer, self.images.add, lambda: self.images.files, 8)
        self.session.attach_viewer(self.memory)
        self.pair = PairView(self.session, self.viewer, self.display, self.compare.fail)

    def teardown(self):
        self.pair.close()
        self.images.close()
        self.memory.close()
        self.session.attach_viewer(None)
        for model in (self.compare, self.flags, self.display):
            model.close()
        self.session.previews.stop()
        asyncio._set_running_loop(None)

    # -- what a user does -----------------------------------------------------

    @rule(number=st.integers(0, 30), extension=st.sampled_from(["SCI", "SCI", "SCI", "DQ", "ERR"]))
    def show(self, number, extension):
        self.session.show(self.page.paths[number % len(self.page.paths)], extension=extension)

    @rule(number=st.integers(0, 9))
    def thumbnail(self, number):
        self.session.choose([self.page.roots[number % len(self.page.roots)]], show=True)

    @rule(key=st.sampled_from("bsdbdkvw"))
    def press(self, key):
        modes = {"s": "after", "d": "difference", "k": "blink", "v": "side by side", "w": "swipe"}
        if key == "b":
            self.compare.toggle()
        else:
            self.compare.request_mode(modes[key])
        asked = self.session.previews.stage or self.compare.can or key == "s" or self.compare.front == "after"
        assert asked or self.compare.sentence, "no key is silent"

    @rule(number=st.integers(0, 5))
    def choose_partner(self, number):
        self.compare.choose(number)

    @rule()
    def key_f(self):
        self.flags.toggle()

    @rule(number=st.integers(0, 9))
    def open_preview(self, number):
        self.session.previews.start("sky", self.page.roots[number % len(self.page.roots)])

    @rule(mode=st.sampled_from(MODES))
    def mode_of_preview(self, mode):
        self.session.previews.shown = mode

    @rule()
    def cancel_preview(self):
        self.session.previews.stop()

    @rule(step=st.sampled_from([1, -1]))
    def blink_in_the_viewer(self, step):
        labels = list(self.viewer.images)
        if labels:
            place = labels.index(self.viewer.top) if self.viewer.top in labels else 0
            self.viewer.bring(labels[(place + step) % len(labels)])

    @rule(percentile=st.sampled_from([90.0, 99.5, 100.0]))
    def stretch(self, percentile):
        self.display.percentile = percentile
        self.viewer.stretch("arcsinh", percentile)

    @rule()
    def mend(self):
        self.display.mend()
        if self.display.fixed and self.session.displayed.label:
            self.viewer.set_range(self.session.displayed.label, *self.display.fixed)

    @rule()
    def let_something_run(self):
        self.session.jobs_submitted, self.session.picked = self.session.jobs_submitted + 1, False

    @rule()
    def groups(self):
        self.page.counter += 1
        self.session.showers.picture = GroupDifferenceImage(
            np.full((SIZE, SIZE), self.page.counter, np.float32), self.page.roots[0], 1, 3, 1, 5
        )

    @rule()
    def end_groups(self):
        self.session.showers.picture = None

    @rule()
    def reload_the_page(self):
        state = self.session.viewer.state() or {}
        self.images.close()
        self.memory.close()
        self.session.displayed = InView()
        self.viewer = RecordingViewer()
        self.begin_viewer()
        self.session.recalled = dict(state)

    # -- what happens meanwhile -----------------------------------------------

    @precondition(lambda self: self.waiting)
    @rule(number=st.integers(0, 9), fails=st.sampled_from([False, False, False, True]))
    def a_slow_answer(self, number, fails):
        future, call, arguments = self.waiting.pop(number % len(self.waiting))
        try:
            if fails:
                raise InputError("a file in pieces", "a whole file", "copy it again")
            future.set_result(call(*arguments))
        except MiriWidgetsError as error:
            future.set_exception(error)
        self.session.previews.update()

    @rule(name=st.sampled_from(["detector1", "image2", "sky", "image3"]))
    def settings_change(self, name):
        rows = self.page.rows[name]
        self.session.models[name].rows = tuple(
            replace(one, state=RowState.STALE, products=()) for one in rows
        )

    @rule(name=st.sampled_from(["detector1", "image2", "sky", "image3"]), again=st.booleans())
    def a_run_ends(self, name, again):
        for row in self.page.rows[name][:1]:
            if again or not row.products[0].is_file():
                self.page.write(row.products[0])
        self.session.models[name].rows = ()
        self.session.models[name].rows = self.page.rows[name]
        latest = latest_image(self.session.stages.values())
        self.session.show_latest(latest, running=False)

    @rule(number=st.integers(0, 30))
    def a_product_goes(self, number):
        path = self.page.paths[number % len(self.page.paths)]
        self.page.touched.add(path)
        path.unlink(missing_ok=True)

    @rule(number=st.integers(0, 30))
    def a_product_is_damaged(self, number):
        path = self.page.paths[number % len(self.page.paths)]
        self.page.touched.add(path)
        path.write_bytes(b"SIMPLE  = no")

    # -- what must hold -------------------------------------------------------

    @invariant()
    def the_title_is_that_of_the_pixels(self):
        view, caption = self.session.displayed, caption_of(self.session)
        assert view.label == self.viewer.top and caption.title == (view.label or "Viewer")
        if view.content is Content.NOTHING:
            assert not self.viewer.top
            return
        base = float(self.viewer.images[self.viewer.top][0, 0])
        if view.content in (Content.PRODUCT, Content.PAIR) and view.extension == "SCI":
            assert view.file.name == caption.title
            if view.file in self.page.paths:  # a raw exposure has pixels of its own
                assert base == pytest.approx(view.written / 1e6)
            if not view.file.is_file() or view.file.stat().st_mtime_ns != view.written:
                assert caption.warns
        elif view.content is Content.BEFORE:
            assert caption.detail.endswith(view.product.name) and view.file != view.product
            assert base == pytest.approx(view.written / 1e6)
        elif view.content is Content.DIFFERENCE:
            assert base == pytest.approx(float(view.source.difference[0, 0]))
            assert (view.source.after, view.source.before.name) == (view.product, view.source.before.name)
        elif view.content is Content.PREVIEW:
            made = view.source
            planes = {"before": made.before.sci, "after": made.after.sci, "difference": made.difference}
            mode = "after" if view.is_pair else view.mode
            assert base == planes[mode][0, 0] and made.root == view.root == self.session.previews.root
            exposure = self.session.programs.find(view.root)
            assert exposure.label in caption.detail and view.label.endswith(mode)
        elif view.content is Content.GROUPS:
            assert base == self.session.showers.picture.pixels[0, 0]

    @invariant()
    def two_images_are_in_view_when_the_title_says_so(self):
        view, pair = self.session.displayed, self.pair
        assert pair.canvas.visible == view.is_pair
        if not view.is_pair:
            assert pair.images is None
            return
        assert (pair.canvas.arrangement, tuple(pair.canvas.names)) == (view.mode, view.names)
        assert (
            view.mode in caption_of(self.session).detail and view.names[0] in caption_of(self.session).detail
        )
        before, after = (image.pixels for image in pair.images)
        assert after[0, 0] == self.viewer.images[self.viewer.top][0, 0]
        if view.content is Content.PREVIEW:
            assert before[0, 0] == view.source.before.sci[0, 0]
        else:
            levels = [float(np.median(image)) for image in (before, after)]
            assert view.source.levels == pytest.approx(levels), "the comparison is of these pixels"

    @invariant()
    def levels_are_those_of_the_pixels(self):
        if self.session.displayed.content is Content.NOTHING:
            return
        assert (self.display.black, self.display.white) == self.viewer.levels()
        sample, view = self.display._reading.value, self.session.displayed
        whole = view.file is None or (view.file.is_file() and view.file.stat().st_mtime_ns == view.written)
        if sample is not None and view.extension == "SCI" and whole:
            assert sample.is_difference == view.is_difference
            assert sample.pixels[0, 0] == pytest.approx(self.viewer.images[self.viewer.top][0, 0], abs=1e-3)

    @invariant()
    def everything_beside_it_is_about_the_same_product(self):
        view, session = self.session.displayed, self.session
        if view.about_product:
            assert (session.shown, session.extension) == (view.product, view.extension)
        if self.flags.value is not None:
            assert self.flags.value.path == session.shown
        if self.compare.value is not None:
            assert self.compare.value.after == session.shown
        told = session.viewer.state()
        if told is not None:
            assert told["front"] == view.label

    @invariant()
    def no_image_of_before_waits_in_the_viewer(self):
        labels = set(self.viewer.images) - set(self.images.files)
        for label in labels:
            held = self.images._loaded[label]
            assert label != "" and held.label == label


TestViewing = Viewing.TestCase
TestViewing.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def viewing():
    machine = Viewing()
    yield machine
    machine.teardown()


def open_a_preview(machine):
    machine.show(0, "SCI")
    machine.session.picked = False
    machine.open_preview(0)
    while machine.waiting:
        machine.a_slow_answer(0, False)
    assert machine.session.displayed.content is Content.PREVIEW


def test_a_preview_stays_while_products_of_an_earlier_order_come(viewing):
    viewing.session.jobs_submitted += 1
    open_a_preview(viewing)
    viewing.a_run_ends("image3", True)
    assert viewing.session.displayed.content is Content.PREVIEW


def test_what_was_let_run_with_a_preview_open_comes_into_view(viewing):
    open_a_preview(viewing)
    viewing.let_something_run()
    assert viewing.session.displayed.content is Content.PREVIEW, "until there is something"
    viewing.a_run_ends("image3", True)
    view = viewing.session.displayed
    assert view.content is Content.PRODUCT and view.file.name.endswith("_i2d.fits")
    viewing.mode_of_preview("difference")
    assert viewing.session.displayed.content is Content.PREVIEW, "asked for again"


@pytest.mark.parametrize("mode", PAIR_MODES)
def test_both_images_of_a_preview_are_in_view(viewing, mode):
    open_a_preview(viewing)
    viewing.mode_of_preview(mode)
    view = viewing.session.displayed
    assert view.content is Content.PREVIEW and view.is_pair and viewing.pair.canvas.visible
    for check in (
        viewing.two_images_are_in_view_when_the_title_says_so,
        viewing.the_title_is_that_of_the_pixels,
    ):
        check()
    viewing.mode_of_preview("after")
    assert not viewing.pair.canvas.visible and viewing.pair.images is None


@pytest.mark.parametrize("mode", PAIR_MODES)
def test_both_images_of_a_product_are_in_view(viewing, mode):
    viewing.session.show(viewing.page.rows["sky"][0].products[0])
    viewing.compare.request_mode(mode)
    while viewing.waiting:
        viewing.a_slow_answer(0, False)
    assert viewing.session.displayed.content is Content.PAIR and viewing.pair.canvas.visible
    before, after = viewing.pair.canvas.layers
    assert before.shape == after.shape == (SIZE, SIZE) and before.max() > 2 and after.max() > 2
    viewing.two_images_are_in_view_when_the_title_says_so()
    viewing.levels_are_those_of_the_pixels()
    viewing.compare.request_mode("difference")
    assert viewing.session.displayed.content is Content.DIFFERENCE and not viewing.pair.canvas.visible


def test_an_image_that_goes_while_both_are_in_view_is_a_sentence(viewing):
    viewing.session.show(viewing.page.rows["sky"][0].products[0])
    before = viewing.compare.partner.path
    viewing.compare.request_mode("before")
    while viewing.waiting:
        viewing.a_slow_answer(0, False)
    viewing.page.touched.add(before)
    before.unlink()
    viewing.compare.mode = "swipe"
    assert viewing.session.displayed.content is Content.PRODUCT and not viewing.pair.canvas.visible
    assert before.name in viewing.compare.sentence
