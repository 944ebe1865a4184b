"""The contact sheet in a browser: tagged by keys, kept through a reload, and the mosaic follows."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from miri_widgets.products.tags import read_tags
from miri_widgets.run.engine import Engine

MINUTES = 60_000

SERVED = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("rooms", {rooms!r})
rooms = importlib.util.module_from_spec(spec); sys.modules["rooms"] = rooms; spec.loader.exec_module(rooms)
from miri_widgets.models import SessionModel
from miri_widgets.products.program import Program
from miri_widgets.panels.contact_sheet import show_contact_sheet
"""
