"""The law of reports: nothing in it contradicts anything else, and it needs neither the page nor the machine."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["Tables", "assert_consistent"]


class Tables(HTMLParser):
    """The tables of a page by the heading above them: rows of cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.prose: list[str] = []
        self._heading, self._in = "", ""
        page = html.partition("</style>")[2]
        for heading in ('<h2 class="plain">References', "<h2>BibTeX"):  # titles of works are not ours
            before, _, rest = page.partition(heading)
            page = before + rest.partition("</section>")[2]
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "h2":
            self._heading = ""
        if tag == "tr":
            self.tables.setdefault(self._heading, []).append([])
        if tag in ("td", "th"):
            self.tables[self._heading][-1].append("")
        self._in = tag if tag in ("h2", "td", "th", "p") else self._in

    def handle_endtag(self, tag):
        self._in = "" if tag in ("h2", "td", "th", "p") else self._in

    def handle_data(self, data):
        if self._in == "h2":
            self._heading += data
        elif self._in in ("td", "th"):
            self.tables[self._heading][-1][-1] += data
        else:
            self.prose.append(data)


ABSOLUTE = re.compile(r"(?<![\w/:.])(?:/[\w.-]+){2,}|[A-Za-z]:\\|~/")
LONG = re.compile(r"(?<![\w./:])\d+\.\d+(?:e[-+]?\d+)?(?![\w./])")
ADVICE = re.compile(
    r"\b(click|tick|untick|press|button|open this page|settings of now|you|your)\b"
    r"|(?:^|[.;:] )(?:use|choose|select|enter|put|set|run|do not|take care|check|try) \w",
    re.IGNORECASE,
)
CODE = re.compile(r"\w\($|\w+ = \w+\(|site-packages")


def assert_consistent(report, html):
    """A report contradicts itself nowhere, and is written for a reader who has neither page nor machine."""
    page = Tables(html)
    cells = [cell for rows in page.tables.values() for row in rows for cell in row]
    text = " ".join([*page.prose, *cells])
    assert not ABSOLUTE.findall(text)
    for number in LONG.findall(text):
        digits = number.partition("e")[0].replace(".", "").lstrip("0")
        assert len(digits) <= 8, number
    bodies = [cell for rows in page.tables.values() for row in rows[1:] for cell in row]
    for part in [" ".join(page.prose), *bodies]:
        assert not ADVICE.findall(" ".join(part.split())), part
    assert not any(CODE.search(cell.strip()) for cell in cells)
    assert not re.search(r"\b(None|nan|NaN|inf|undefined)\b", text)
    assert all(cell.strip() for cell in cells)

    rows = page.tables["All exposures"]
    head, states = rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    taking = [row for row in states if row["Takes part"] != "excluded"]
    excluded = len(states) - len(taking)
    rejected = [row for row in states if row["Takes part"] == "not in mosaics (rejected)"]
    for row in taking:
        assert ("rejected" in row.get("Tag", "")) == (row in rejected), row
    summary = page.tables["Exposures"][1:]
    assert sum(int(row[1]) for row in summary) == len(taking)
    assert len({tuple(row) for row in summary}) == len(summary), "identical rows are one"
    prose = " ".join(" ".join(page.prose).split())
    assert f"We reduced {len(taking)} " in prose and "Takes part" in head
    for count, state in ((excluded, "excluded"), (len(rejected), "rejected")):
        found = re.search(rf"(\d+) of (\d+) exposures? (?:is|are) {state}", prose)
        assert (found and (int(found[1]), int(found[2]))) == ((count, len(states)) if count else None)

    runs = page.tables["Runs"][1:]
    for row in page.tables["Chain of stages"][1:]:
        stage = next(one for one in report.stages if row[0].startswith(one.title))
        mine = [one for one in runs if one[0] == stage.name]
        complete = [one for one in mine if one[3] != "not complete"]
        state = row[1].partition(", ")[0]
        assert state == "complete" or f"{len(complete)} of {len(mine)} run" in state or not mine
        assert (state == "complete") == (bool(mine) and len(complete) == len(mine))
        told = bool(stage.methods) and stage.methods.rstrip(".") in prose
        assert told == (bool(stage.methods) and bool(complete) and stage.acted), stage.name
        skipped = {name.strip() for name in row[2].split(",")} - {"–"}
        for _, name, *_ in page.tables.get("Parameters that differ from their defaults", [])[1:]:
            assert name.partition(".")[0] not in skipped or name.endswith(".skip")
        assert "tweakreg" not in skipped or "Alignment" not in page.tables
    assert_parameters_agree(report, page, prose)
    assert_runs_agree(report, page)


def assert_parameters_agree(report, page, prose):
    """What the methods say of parameters is what their table says; what did not act is in the table only."""
    table = page.tables.get("Parameters that differ from their defaults", [[]])[1:]
    complete = {one.name: one.done for one in report.stages}
    told = prose.partition("from the pipeline's defaults:")[2]
    for stage, name, value, _, unit, source, runs in table:
        full = name if "." in name else f"{stage}.{name}"
        count, _, total = runs.split()[:3]
        assert int(count) <= int(re.match(r"\d+", total)[0]) == complete[stage], (name, runs)
        stated = re.search(rf"(?<![\w.]){re.escape(full)} = ([^,]*)", told)
        if "Did not act" in value or source == "CRDS parameter file":
            shared = [row for row in table if row[1] == name and row[2] != value]
            assert not stated or shared, full
        if stated and unit not in ("–", "") and value != "–":
            assert f" {unit}" in stated[1] or "…" in stated[1], (stated[0], unit)
    assert not re.search(r"(?<![\w.])[a-z_]+ = ", told)  # a name without its step


def assert_runs_agree(report, page):
    """Counts of runs are those of the table of runs, whoever tells them."""
    complete = sum(row[3] != "not complete" for row in page.tables["Runs"][1:])
    heads = [row[0] for row in page.tables["All packages and reference files"]]
    for name, words in report.accelerations:
        assert sum(name in head.split(", ") for head in heads) == 1
        counts = [(int(one), int(of)) for one, of in re.findall(r"in (\d+) of (\d+) runs?", words)]
        assert sum(one for one, _ in counts) == complete and {of for _, of in counts} == {complete}, words
    for _, _, dra, ddec, used, rms in (
        [row[0], "", *row[1:]] for row in page.tables.get("Alignment", [[]])[1:]
    ):
        assert used != "–" or {dra, ddec, rms} == {"–"} or dra == "0.0", (dra, ddec, used, rms)
    order = [stage.name for stage in report.stages]
    places = [order.index(row[0]) for row in page.tables["Runs"][1:]]
    assert places == sorted(places)
