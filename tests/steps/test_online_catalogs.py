"""Catalogues through the network: a service on this machine that speaks as the real one does, well and badly."""

import http.server
import socket
import threading
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from miri_widgets.errors import BadTableError, InputError

PLACE = {"ra": 80.4875, "dec": -69.4983, "radius": 0.06, "epoch": 2023.15}
HEADER = "# a comment of the service\nra,dec,mag,objID,epoch,pmra,pmdec"


class Service(http.server.ThreadingHTTPServer):
    """What VO CatalogSearch.aspx does: a query in the URL, a table of comma-separated values in the answer."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.rows, self.body, self.status, self.pause = [], None, 200, 0.0
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/webservices"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.server.asked.append((url.path, query))
        threading.Event().wait(self.server.pause)
        ra, dec, radius = (float(query[name]) for name in ("RA", "DEC", "SR"))
        found = [
            row
            for row in self.server.rows
            if np.hypot((row[0] - ra) * np.cos(np.deg2rad(dec)), row[1] - dec) <= radius
        ]
        lines = [HEADER] + [
            f"{one[0]:.10f},{one[1]:.10f},15.0,{number},{query.get('EPOCH')},{one[2]},{one[3]}"
            for number, one in enumerate(found)
        ]
        text = "\n".join(lines) + "\n" if found else "No data records found"
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write((text if self.server.body is None else self.server.body).encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def use(monkeypatch):
    """Point stcal to a service; and let nothing but this machine be reached."""
    from stcal.tweakreg import astrometric_utils

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    connect = socket.socket.connect

    def only_here(self, address):
        local = not isinstance(address, tuple) or address[0] == "127.0.0.1"
        assert local, f"the network was asked: {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)
    return lambda url: monkeypatch.setattr(astrometric_utils, "SERVICELOCATION", url)


@pytest.fixture
def service(use):
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        use(server.url)
        yield server
        server.shutdown()
        thread.join()


def fetch(**changes):
    from miri_widgets.steps.online_catalogs import fetch_catalog

    return fetch_catalog("GAIADR3", **{**PLACE, **changes})


def test_the_question_is_that_of_the_pipeline_and_sources_without_motion_are_left_out(service):
    service.rows = [(80.48, -69.49, 1.2, 3.4), (80.49, -69.50, "", ""), (80.50, -69.50, -5.0, 0.1)]
    found = fetch()
    ((path, query),) = service.asked
    assert path == "/webservices/vo/CatalogSearch.aspx"
    assert query == {
        "RA": "80.4875",
        "DEC": "-69.4983",
        "EPOCH": "2023.15",
        "SR": "0.06",
        "FORMAT": "CSV",
        "CAT": "GAIADR3",
    }
    assert (found.name, found.epoch, found.moving) == ("GAIADR3", 2023.15, 2)
    assert np.allclose(found.ra, [80.48, 80.50]) and np.allclose(found.dec, [-69.49, -69.50])


def test_nobody_listens(use):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        use(f"http://127.0.0.1:{free.getsockname()[1]}/webservices")
        with pytest.raises(InputError) as told:
            fetch()
    assert str(told.value) == (
        "the catalogue GAIADR3 cannot be reached at 127.0.0.1; expected a network: give a catalogue as a file instead."
    )


def test_a_service_that_says_nothing_is_given_up(service):
    service.pause = 1.0
    with pytest.raises(InputError, match="cannot be reached"):
        fetch(timeout=0.2)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "error",
        "<html>\n<head><title>500, sorry</title></head>\n<body>Runtime Error, see web.config</body>\n</html>",
        "x,y\n1,2\n",
        HEADER + "\nhere,there,1,2,3,4,5\n",
        HEADER + "\n1,2,3\n1,2,3,4,5,6,7,8,9,10\n",
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_what_is_no_catalogue_is_said(service, body, status):
    service.body, service.status = body, status
    with pytest.raises(
        InputError, match=r"answers with something that is no catalogue GAIADR3.*as a file instead"
    ):
        fetch()


@pytest.mark.parametrize("body", [None, HEADER + "\n"])
def test_an_empty_answer_is_said(service, body):
    service.body = body
    with pytest.raises(InputError, match=r"no sources with proper motions within 4 arcmin of RA 80\.4875"):
        fetch()


def test_sources_of_another_field_are_said(service):
    service.body = HEADER + "\n10.68,41.27,15,1,2023,1.0,1.0\n"
    with pytest.raises(BadTableError, match="choose the catalogue of this field"):
        fetch()


@pytest.fixture(scope="module")
def tiles(tmp_path_factory):
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    effects = ("noise", "pointing_error")
    program = calibrated_program("crowded", "F560W", dithers=1, tiles=2, shape=(250, 250), effects=effects)
    folder = tmp_path_factory.mktemp("tiles")
    return program, [write_cal(one, folder) for one in program]


def measure_online(url, files):
    """Measure in a process of its own, as the engine does, from which nothing but this machine is reached."""
    from stcal.tweakreg import astrometric_utils

    from miri_widgets.steps.measure_shifts import measure_field

    connect = socket.socket.connect

    def only_here(self, address):
        local = not isinstance(address, tuple) or address[0] == "127.0.0.1"
        assert local, f"the network was asked: {address}"
        return connect(self, address)

    socket.socket.connect = only_here
    astrometric_utils.SERVICELOCATION = url
    return measure_field(files, catalog="gaiadr3").shifts


@pytest.mark.pipeline
def test_shifts_to_gaia_are_the_true_ones_by_both_estimates(service, tiles, in_child, tmp_path):
    """The service gives positions in the field; both estimates, of which one is tweakreg, use the same answer."""
    from miri_widgets.simulation import write_reference_cache

    program, files = tiles
    stars = program.catalog[(program.catalog["type"] == "star") & (program.catalog["flux_ujy"] > 10)]
    service.rows = [(ra, dec, 0.1, 0.1) for ra, dec in zip(stars["ra"], stars["dec"], strict=True)]
    cache = write_reference_cache(tmp_path / "crds", filters=("F560W",), subarrays=("SUB64",))
    with in_child({**cache.environment(), "NO_PROXY": "127.0.0.1"}) as call:
        found = call(measure_online, service.url, files)
    assert len(service.asked) == 1
    assert (found.catalog, found.reference) == ("GAIADR3", "")
    assert found.notes == ()
    for one, plan in zip(found.exposures, program.plan, strict=True):
        for estimate in (one.tweakreg, one.histogram):
            assert not estimate.relative
            assert (estimate.dx, estimate.dy) == pytest.approx(plan.pointing_error, abs=0.006)


def test_what_gaia_gave_is_kept_as_a_file_that_can_be_given_instead(service, tiles, tmp_path, monkeypatch):
    from miri_widgets.errors import StepFailedError
    from miri_widgets.products.tables.reference_catalogs import read_reference_catalog
    from miri_widgets.steps import measure_shifts
    from miri_widgets.steps.shifts import ShiftsStep

    def no_tweakreg(*arguments, **named):
        raise StepFailedError("no tweakreg", "none in this test", "look elsewhere")

    program, files = tiles
    monkeypatch.setattr(measure_shifts, "run_tweakreg", no_tweakreg)
    stars = program.catalog[(program.catalog["type"] == "star") & (program.catalog["flux_ujy"] > 10)]
    service.rows = [(ra, dec, 0.1, 0.1) for ra, dec in zip(stars["ra"], stars["dec"], strict=True)]
    named = {"save_results": True}
    ShiftsStep(catalog="GAIADR3", output_dir=str(tmp_path / "online"), **named).run(
        [str(one) for one in files]
    )
    (kept,) = (tmp_path / "online").glob("*_shifts_catalog.ecsv")
    assert len(read_reference_catalog(kept)) > 50
    service.status, service.body = 500, "down"
    offline = ShiftsStep(catalog=str(kept), output_dir=str(tmp_path / "file"), **named)
    offline.run([str(one) for one in files])
    online_table, file_table = (next((tmp_path / name).glob("*_shifts.ecsv")) for name in ("online", "file"))
    from miri_widgets.products.tables.shift_tables import compare_tables, read_shift_table

    assert compare_tables(read_shift_table(online_table), read_shift_table(file_table), tolerance=1e-5) == ()
