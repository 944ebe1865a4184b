"""The way of a setting from the form to the plan of a run: which files it crosses, and how often it is validated."""

import json
import re
import sys
from pathlib import Path

from miri_widgets.panels import stage_panel
from miri_widgets.run.plan import RunPlan
from miri_widgets.settings import Parameter

ROOT = Path(__file__).parents[2]
PACKAGE = str(ROOT / "miri_widgets") + "/"
VALUE = 7.123456
NAME = "jump.rejection_threshold"


def _holds(value, depth=0):
    if isinstance(value, float):
        return value == VALUE
    if isinstance(value, str):
        return str(VALUE) in value and len(value) < 20000
    if depth < 3 and isinstance(value, dict):
        return any(_holds(one, depth + 1) for one in value.values())
    if depth < 3 and isinstance(value, tuple | list) and len(value) < 50:
        return any(_holds(one, depth + 1) for one in value)
    return False


def test_the_way_of_a_setting_is_the_one_of_the_developers_page(session, monkeypatch):
    crossed, checks, check = set(), [], Parameter.check

    def counted(self, value):
        if self.name == NAME and _holds(value):
            checks.append(value)
        return check(self, value)

    def watch(frame, event, argument):
        name = frame.f_code.co_filename
        if event != "return" or not name.startswith(PACKAGE) or name[len(PACKAGE) :] in crossed:
            return
        if _holds(argument) or any(map(_holds, list(frame.f_locals.values()))):
            crossed.add(name[len(PACKAGE) :])

    monkeypatch.setattr(Parameter, "check", counted)
    panel = stage_panel(session, "detector1")
    panel._show_view("settings")
    sys.setprofile(watch)
    try:
        panel.views["settings"].fields[NAME].control.value = str(VALUE)
        at_the_form = len(checks)
        session.poll()
        session.run_all()
        (job,) = session.services.engine.made.values()
        plan = next(one for one in job.plans if one.stage == "detector1")
        plan = RunPlan.from_dict(json.loads(json.dumps(plan.to_dict())))
    finally:
        sys.setprofile(None)
    panel.close()
    assert plan.settings == {NAME: VALUE}
    assert at_the_form == 1, "the form is the border of a page"
    # a plan brings values of any origin into one form, once for each run
    assert len(checks) == at_the_form + sum(one.stage == "detector1" for one in job.plans)
    text = (ROOT / "docs" / "developers.md").read_text(encoding="utf-8")
    section = text.partition("### A setting, from the form to the plan\n")[2].partition("\n#")[0]
    drawn = re.findall(r"`([\w/]+\.py)`", section)
    assert crossed == set(drawn) and len(drawn) == len(set(drawn)), sorted(crossed ^ set(drawn))
    assert f"{len(drawn)} files" in section
