"""A viewer without a page, for tests of what uses one."""

import ipywidgets


class Viewer:
    """Remembers what it was shown, and what a user would have drawn."""

    def __init__(self):
        self.widget = ipywidgets.Box()
        self.shown = {}
        self.drawn = {}
        self.center = ()
        self.outlines = {}
        self.given = ()
        self.told = {}
        self.restored = None
        self.overlays = {}
        self.ranges = {}
        self.curve = ()
        self.viewed = lambda view: None

    ready = True

    @property
    def labels(self):
        return tuple(self.shown)

    def front(self, label):
        if label in self.shown:
            self.shown[label] = self.shown.pop(label)
        return label in self.shown

    def show(self, image, *, label, extension="SCI", hints=None):
        self.shown.pop(label, None)
        self.shown[label] = image

    def remove(self, label):
        self.shown.pop(label, None)

    def regions(self):
        return self.drawn

    def center_on(self, position):
        self.center = position

    def on_click(self, callback):
        self.clicked = callback

    def on_cursor(self, callback):
        self.cursor_moved = callback

    def on_view(self, callback):
        self.viewed = callback

    def overlay(self, mask, *, label, color="", opacity=1.0):
        self.overlays[label] = (mask, color)

    def clear_overlay(self, label):
        self.overlays.pop(label, None)

    def set_range(self, label, black=None, white=None):
        self.ranges[label] = (black, white)

    def stretch(self, function="arcsinh", percentile=99.5, method="percentile"):
        self.curve = (function, percentile)

    def mark(self, positions, *, label, color=""):
        pass

    def unmark(self, label):
        self.outlines.pop(label, None)

    def blink(self):
        pass

    def draw(self, regions):
        self.given = tuple(regions)

    def erase(self):
        self.drawn = {}

    def outline(self, regions, *, label, color=""):
        self.outlines[label] = tuple(regions)

    def state(self):
        return {**self.told, "images": list(self.shown), "front": next(reversed(self.shown), "")}

    def restore(self, state):
        self.restored = state

    def close(self):
        self.widget.close()
