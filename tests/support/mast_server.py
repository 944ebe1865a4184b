"""A server on loopback that speaks what astroquery asks of MAST, serves files with ranges, and fails on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COLUMNS = {
    name: {"vot.datatype": kind}
    for name, kind in {
        "obs_collection": "char", "proposal_id": "char", "instrument_name": "char", "calib_level": "int",
    }.items()
}  # fmt: skip

_KINDS = {"calib_level": "int", "t_min": "float", "t_obs_release": "float", "size": "int"}


def fits_bytes(seed: int, size: int = 60_000) -> bytes:
    """Bytes that begin as FITS and are nowhere alike."""
    blocks, count = [b"SIMPLE  =                    T".ljust(80)], 0
    while count < size:
        blocks.append(hashlib.sha256(f"{seed} {count}".encode()).digest())
        count += 32
    return b"".join(blocks)[:size]


class MastServer:
    """
    The archive.

    Attributes
    ----------
    observations, products : list of dict
        Rows as the archive gives them.
    files : dict
        Bytes by uri.
    faults : dict
        Faults of the next answers for a uri, or "invoke": ("cut", bytes), ("status", code), ("slow", seconds per
        kilobyte), ("stall", bytes), ("page",), ("always", fault).
    secret : str
        The token that opens what is not public.
    context : str
        The context that the CRDS server calls operational.
    seen : list of dict
        Requests for files: uri, range, authorization, status.
    """

    def __init__(self):
        self.observations, self.products, self.files = [], [], {}
        self.faults, self.asked = {}, Counter()
        self._seen, self._answering, self._quiet = [], 0, threading.Condition()
        self.closed_to = set()
        self.secret = "open-sesame-7781"
        self.etags = True
        self.digests = False
        self.lengths = True
        self.context = ""
        self.release = threading.Event()
        handler = type("Handler", (_Handler,), {"mast": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._http.handle_error = lambda request, address: None  # a client that went away
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def seen(self):
        """Requests in order; a client may have its last byte before the status is written down."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._answering, timeout=1)
            return self._seen

    @contextmanager
    def note(self, **request):
        """Write a request down as it comes, with its status when it is answered."""
        entry = {**request, "status": None}
        with self._quiet:
            self._answering += 1
            self._seen.append(entry)
        try:
            yield entry
        finally:
            with self._quiet:
                self._answering -= 1
                self._quiet.notify_all()

    def close(self):
        self.release.set()
        self._http.shutdown()
        self._http.server_close()

    def add_program(self, program="02736", *, size=60_000, rights="PUBLIC", released=59773.6):
        """Two observations in two filters, each with two exposures at three levels and a mosaic."""
        for number, name in enumerate(("F770W", "F1500W"), start=1):
            obsid = f"{program}{number:03d}"
            self.observations.append(
                {
                    "obsid": obsid, "obs_collection": "JWST", "instrument_name": "MIRI/IMAGE",
                    "proposal_id": program.lstrip("0"), "filters": name, "target_name": "SMACS J0723.3-7327",
                    "calib_level": 3, "t_min": 59744.5, "t_obs_release": released, "dataRights": rights,
                    "obs_id": f"jw{program}-o{number:03d}_t001_miri_{name.lower()}",
                }
            )  # fmt: skip
            roots = [f"jw{program}{number:03d}001_02101_0000{n}_mirimage" for n in (1, 2)]
            names = [f"{root}_{level}.fits" for root in roots for level in ("uncal", "rate", "cal")]
            names += [
                f"jw{program}-o{number:03d}_t001_miri_{name.lower()}_i2d.fits",
                f"{roots[0]}_rate_thumb.jpg",
            ]
            names += [f"jw{program}{number:03d}001_02101_00001_nrcb1_uncal.fits"]
            for file_name in names:
                self.add_product(obsid, file_name, size=size, rights=rights)

    def add_product(self, obsid, name, *, size=60_000, rights="PUBLIC", uri=None):
        uri = uri or f"mast:JWST/product/{name}"
        content = fits_bytes(len(self.files), size)
        self.files[uri] = content
        if rights != "PUBLIC":
            self.closed_to.add(uri)
        self.products.append(
            {
                "obsID": obsid, "parent_obsid": obsid, "obs_collection": "JWST", "dataURI": uri,
                "productFilename": name, "size": len(content), "dataRights": rights,
            }
        )  # fmt: skip

    def fault(self, key):
        queue = self.faults.get(key, [])
        if not queue:
            return ("none",)
        if queue[0][0] == "always":
            return queue[0][1]
        return queue.pop(0)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mast: MastServer

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path.startswith("/json/"):
            return self._crds(json.loads(body)["method"])
        kind, *rest = self.mast.fault("invoke")
        if kind == "status":
            return self._send(rest[0], b"down", "text/plain")
        if kind == "page":
            return self._send(200, b"<html>maintenance</html>", "text/html")
        if kind == "cut":
            return self._cut()
        if kind == "stall":
            self.mast.release.wait(30)
            return self._cut()
        if self.path.endswith("/columnsconfig"):
            self.mast.asked["columns"] += 1
            return self._send_json(COLUMNS)
        request = json.loads(unquote(body.removeprefix("request=")))
        self.mast.asked[request["service"]] += 1
        if kind == "error":
            return self._send_json(
                {"status": "ERROR", "msg": "the database is away", "data": [], "fields": []}
            )
        if request["service"] == "Mast.Caom.Filtered":
            found = self._filtered(request["params"]["filters"])
            if request["params"]["columns"].startswith("COUNT"):
                found = [{"Column1": len(found)}]
                return self._send_table(found, {"Column1": "string"})
            return self._send_table(found)
        assert request["service"] == "Mast.Caom.Products", request["service"]
        wanted = request["params"]["obsid"].split(",")
        self._send_table([row for row in self.mast.products if row["obsID"] in wanted])
        return None

    def _crds(self, method):
        """The one call of CRDS that finding reference files needs."""
        self.mast.asked[method] += 1
        if method != "get_server_info":
            return self._send_json({"result": None, "error": {"message": f"no such method {method}"}})
        info = {
            "observatory": "jwst",
            "operational_context": self.mast.context,
            "bad_files_list": [],
            "last_synced": "never",
            "force_remote_mode": False,
            "reference_url": {"unchecked": {"jwst": f"{self.mast.address}/references"}},
            "download_metadata": {
                uri.rpartition("/")[2]: {
                    "size": str(len(content)),
                    "sha1sum": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
                }
                for uri, content in self.mast.files.items()
            },
        }
        return self._send_json({"result": info, "error": None})

    def _filtered(self, filters):
        found = self.mast.observations
        for one in filters:
            found = [row for row in found if str(row[one["paramName"]]) in one["values"]]
        return found

    def _send_table(self, rows, kinds=_KINDS):
        names = list(rows[0]) if rows else ["obsid"]
        fields = [{"name": name, "type": kinds.get(name, "string")} for name in names]
        paging = {"page": 1, "pageSize": 50000, "pagesFiltered": 1, "rows": len(rows)}
        self._send_json({"status": "COMPLETE", "msg": "", "data": rows, "fields": fields, "paging": paging})

    def _send_json(self, values):
        self._send(200, json.dumps(values).encode(), "application/json")

    def _send(self, status, content, kind, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _cut(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self):
        parts = urlsplit(self.path)
        uri = parse_qs(parts.query).get("uri", [parts.path])[0]
        mast = self.mast
        headers = {"range": self.headers.get("Range"), "authorization": self.headers.get("Authorization")}
        with mast.note(uri=uri, **headers) as entry:
            kind, *rest = mast.fault(uri)
            entry["status"] = self._answer(uri, kind, rest)

    def _answer(self, uri, kind, rest):
        mast = self.mast
        content = mast.files.get(uri)
        if content is None:
            self._send(404, b"", "text/plain")
            return 404
        if uri in mast.closed_to and self.headers.get("Authorization") != f"token {mast.secret}":
            self._send(401, b"", "text/plain")
            return 401
        if kind == "status":
            self._send(rest[0], b"busy", "text/plain")
            return rest[0]
        if kind == "page":
            self._send(200, b"<html>log in</html>", "text/html; charset=utf-8")
            return 200
        etag = '"' + hashlib.sha256(content).hexdigest()[:20] + '"'
        begin, status = 0, 200
        wanted = self.headers.get("Range")
        if wanted and self.headers.get("If-Range", etag) == etag:
            begin, status = int(wanted.removeprefix("bytes=").split("-")[0]), 206
            if begin >= len(content):
                self._send(416, b"", "text/plain", Content_Range=f"bytes */{len(content)}")
                return 416
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        if mast.lengths:
            self.send_header("Content-Length", str(len(content) - begin))
        else:
            self.close_connection = True
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if mast.etags:
            self.send_header("ETag", etag)
        if mast.digests:
            digest = base64.b64encode(hashlib.sha256(mast.files[uri]).digest()).decode()
            self.send_header("Repr-Digest", f"sha-256=:{digest}:")
        self.end_headers()
        sent = content[begin:]
        if kind == "flip":  # one bit turned over on the way
            place = rest[0]
            sent = sent[:place] + bytes([sent[place] ^ 1]) + sent[place + 1 :]
        self._pour(sent, kind, rest)
        return status

    def _pour(self, sent, kind, rest):
        try:
            if kind in ("cut", "stall"):
                self.wfile.write(sent[: rest[0]])
                self.wfile.flush()
                if kind == "stall":
                    self.mast.release.wait(60)
                self._cut()
            elif kind == "slow":
                for place in range(0, len(sent), 1024):
                    self.wfile.write(sent[place : place + 1024])
                    self.wfile.flush()
                    time.sleep(rest[0])
            else:
                self.wfile.write(sent)
        except OSError:
            # the client has gone
            self.close_connection = True
