"""The report as a page: everything is text, nothing is asked of the network."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from miri_widgets.errors import NotWritableError
from miri_widgets.panels.parts.reportbar import ReportBar
from miri_widgets.products.tags import ExposureVerdict, Tag
from miri_widgets.report.html import render, write_report_page
from miri_widgets.report.report import gather

from .report_law import Tables, assert_consistent

HOSTILE = (
    "<script>alert(1)</script></style></pre>\"'><img src=http://x.example/a.png onerror=alert(2)>{{ 7 * 7 }}"
)


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def finished(session):
    session.run_all()
    session.services.engine.finish()
    session.poll()
    return session


def test_hostile_texts_are_text(finished):
    session = finished
    session.program = replace(session.program, title=HOSTILE, description=HOSTILE)
    real = session.services.record
    told = {"report": {"proof": {"verdict": HOSTILE, "sentences": [HOSTILE]}, "warnings": [HOSTILE]}}

    def record(plan):
        return replace(
            real(plan), warnings=(HOSTILE,), versions={HOSTILE: HOSTILE, "jwst": HOSTILE}, crds_context=HOSTILE,
            references={HOSTILE: HOSTILE}, facts=told, label=HOSTILE,
            steps=({"name": HOSTILE, "cal_step": "SKIPPED"},), resolved={"ramp_fit.algorithm": HOSTILE},
        )  # fmt: skip

    session.services = replace(session.services, record=record)
    report = gather(session.report_request())
    exposure, taken = report.exposures[0]
    report = replace(
        report,
        exposures=((replace(exposure, filter=HOSTILE, start=HOSTILE), taken),),
        tags={exposure.root: Tag(ExposureVerdict.SUSPECT, comment=f"comment {HOSTILE}")},
    )
    page = Page(render(report))
    names = [tag for tag, _ in page.tags]
    assert "script" not in names and names.count("style") == 1
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        if tag == "img":
            assert attributes["src"].startswith("data:image/png;base64,")
    printable = " ".join(HOSTILE.split())
    assert page.text.count(printable) > 10
    assert f"suspect, comment {printable}" in page.text


def test_nothing_is_loaded_from_elsewhere(finished):
    page = Page(render(gather(finished.report_request())))
    assert not {"link", "iframe", "object", "embed", "form", "base"} & {tag for tag, _ in page.tags}
    sources = [attributes["src"] for _, attributes in page.tags if "src" in attributes]
    assert len(sources) == 2 and all(one.startswith("data:") for one in sources)
    policy = next(attributes for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert "default-src 'none'" in policy["content"]
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    anchors = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert all(link.startswith("https://doi.org/") or link[1:] in anchors for link in links)


def test_brackets_that_cite_nothing_stay(finished):
    report = replace(gather(finished.report_request()), methods=("a [1; 2] of [Wright2023] and [no]",))
    assert "a [1; 2] of ( Wright et al. 2023 ) and [no]" in Page(render(report)).text


def test_the_button_writes_shows_and_offers_the_file(finished):
    bar = ReportBar(finished)
    assert bar.preview.layout.display == "none"
    bar.report.click()
    path = finished.program.workspace / "reports" / "trial.html"
    assert path.is_file() and str(path) in bar.status.value and "download=" in bar.status.value
    bar.preview.click()
    assert "<iframe sandbox" in bar.page.value and "<h1" not in bar.page.value
    bar.preview.click()
    assert bar.page.value == ""
    bar.export.click()
    assert (finished.program.workspace / "exports" / "trial.ipynb").is_file()
    bar.close()


def test_nothing_run_yet_is_a_sentence(session):
    bar = ReportBar(session)
    bar.report.click()
    assert "no run is complete" in bar.status.value and not (session.program.workspace / "reports").exists()
    bar.close()


def test_a_report_that_fails_leaves_the_old_one(finished, monkeypatch):
    path = write_report_page(finished.report_request())
    before = path.read_text()

    def full(*_):
        raise NotWritableError("no", "room", "make some")

    monkeypatch.setattr("miri_widgets.products.atomic.publish", full)
    with pytest.raises(NotWritableError):
        write_report_page(finished.report_request())
    assert path.read_text() == before and len(list(path.parent.iterdir())) == 1


def test_a_report_contradicts_itself_nowhere(finished):
    report = gather(finished.report_request())
    assert_consistent(report, render(report))


def test_a_report_of_what_was_left_out_contradicts_itself_nowhere(session):
    """Rejected and excluded exposures, a skipped step, a file as parameter, long numbers, a twin, advice in sentences."""
    roots = [one.root for one in session.programs.exposures]
    session.programs.exclude([roots[0]])
    session.tags.change([roots[0], roots[1]], verdict="rejected", comment="trailed")
    session.use_stage("apply_shift")
    session.poll()
    session.stages["image3"].set({"tweakreg.abs_refcat": "/home/someone/My Stars/gaia.ecsv"})
    session.stages["detector1"].set({"jump.rejection_threshold": 4.123456789012345})
    session.poll()
    session.run("detector1")
    session.services.engine.finish()
    session.poll()
    session.program = replace(
        session.program,
        awaited=(session.program.workspace / "real",),
        simulated="small",
        description="From /data/x/y.",
    )
    real = session.services.record

    def record(plan):
        found = real(plan)
        return found and replace(
            found,
            settings=plan.settings,
            resolved={"tweakreg.sigma": 3.3, "jump.three_group_threshold": 6.000000000001, "nothing": None},
            steps=({"name": "tweakreg", "cal_step": "SKIPPED"}, {"name": "ramp_fit", "cal_step": "COMPLETE"}),
            warnings=("py: /a/site-packages/jwst/x.py:2: UserWarning: path information warnings.warn(x)", "stcal: at /a/b/c.py"),
            facts={
                "shifts": [{"root": roots[1], "dra_mas": 0.0, "ddec_mas": 0.0, "used": None, "reference": False, "rmse_mas": None}],
                "report": {"proof": {"verdict": "doubtful", "sentences": [
                    "Noise rose by 1.234567890123 %, in /data/mine/x_cal.fits. Press Run to try again."]}},
            },
        )  # fmt: skip

    session.services = replace(session.services, record=record)
    report = gather(session.report_request())
    html = render(report)
    assert_consistent(report, html)
    page = Page(html)
    assert "Noise rose by 1.23457 %, in x_cal.fits." in page.text
    assert "jump.rejection_threshold = 4.12346 sigma" in page.text
    assert "Incomplete or needs attention" in page.text and "1 of 4 exposures is rejected" in page.text
    assert "Simulated twin: there were no raw exposures" in page.text and "From y." in page.text
    assert "Not listed: 1 warning of Python" in page.text and "path information" not in page.text
    assert "stcal: at c.py" in page.text


def test_a_file_as_parameter_is_named_without_its_folder(session):
    inside = session.program.workspace / "stars" / "gaia.ecsv"
    session.stages["image3"].set({"tweakreg.abs_refcat": str(inside)})
    session.poll()
    session.run_all()
    session.services.engine.finish()
    session.poll()
    report = gather(session.report_request())
    assert_consistent(report, render(report))
    assert [one.value for one in report.parameters] == ["stars/gaia.ecsv"]
    assert "tweakreg.abs_refcat = stars/gaia.ecsv" in " ".join(report.methods)


def test_applied_shifts_and_alignment_go_together(finished):
    """What tweakreg did is a table only when it did something; it says what came before."""
    roots = [one.root for one in finished.programs.exposures]
    real = finished.services.record
    moved = {
        "root": roots[0],
        "dra_mas": 1.23456789,
        "ddec_mas": -0.5,
        "used": 7,
        "reference": False,
        "rmse_mas": None,
    }
    still = {
        "root": roots[0],
        "dra_mas": 0.0,
        "ddec_mas": 0.0,
        "used": None,
        "reference": False,
        "rmse_mas": None,
    }
    for entry, printable in ((moved, True), (still, False)):
        finished.services = replace(
            finished.services, record=lambda plan, entry=entry: replace(real(plan), facts={"shifts": [entry]})
        )
        report = gather(finished.report_request())
        html = render(report)
        assert_consistent(report, html)
        assert ("Alignment" in Tables(html).tables) == printable
        applied = replace(report.stages[0], name="apply_shift")
        again = render(replace(report, stages=(applied, *report.stages[1:])))
        assert ("after Apply shifts had moved it" in again) == printable
