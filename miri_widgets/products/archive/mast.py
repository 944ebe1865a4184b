"""What the MAST archive has of a JWST program: the imager's files, with size and rights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from miri_widgets.errors import NotInArchiveError
from miri_widgets.products.archive.holdings import LEVELS, ArchiveFile, Holdings, program_number
from miri_widgets.products.download.remote_errors import archive_error
from miri_widgets.products.download.resumable import Remote
from miri_widgets.products.download.retry_policy import RetryPolicy
from miri_widgets.products.names import ExposureName, MosaicName, suffix_of

__all__ = ["MAST", "list_program", "remotes"]

MAST = "https://mast.stsci.edu"
"""The archive's address."""


_INSTRUMENT = "MIRI/IMAGE"
_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_BATCH = 40
"""Observations per question: their numbers go into one request."""


def list_program(
    program: str,
    *,
    server: str = MAST,
    retry_policy: RetryPolicy | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Holdings:
    """
    Ask the archive for the imager's files of a program.

    Parameters
    ----------
    program : str
        Its number, with or without leading zeros.
    server : str
        The archive's address.
    retry_policy : RetryPolicy, optional
        How long to wait, and how often to try.
    on_progress : callable, optional
        Called as ``on_progress(observations queried, of how many)``.

    Raises
    ------
    ParameterError
        If `program` is no number.
    NotInArchiveError
        If there is no such program, or nothing of the imager in it.
    UnreachableError, ArchiveDownError, ArchiveError
        If the archive cannot be asked.
    """
    number = program_number(program)
    try:
        return _query(
            number,
            _observations(server, retry_policy or RetryPolicy()),
            on_progress or (lambda done, total: None),
        )
    except Exception as error:
        raise archive_error(error, server, what=f"program {number}") from error


def remotes(files: Iterable[ArchiveFile], folder: Path, *, server: str = MAST) -> tuple[Remote, ...]:
    """
    Return what `download` fetches: every file under its own name in one folder.

    Parameters
    ----------
    files : iterable of ArchiveFile
        Files of the archive.
    folder : Path
        Where they go.
    server : str
        Address of the archive.
    """
    return tuple(
        Remote(
            url=f"{server.rstrip('/')}/api/v0.1/Download/file?uri={quote(file.uri, safe=':/')}",
            path=Path(folder) / file.name,
            size=file.size,
            proprietary=not file.public,
        )
        for file in files
    )


def _observations(server: str, retry_policy: RetryPolicy) -> Any:
    """Return astroquery's client for one server, with our patience."""
    from astroquery.mast import ObservationsClass
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    class Patient(HTTPAdapter):
        """Gives every request a time limit: astroquery gives none, and would wait for ever."""

        def send(self, request: Any, *args: Any, **keywords: Any) -> Any:
            keywords["timeout"] = keywords.get("timeout") or (retry_policy.connect, retry_policy.read)
            return super().send(request, *args, **keywords)

    client = ObservationsClass()
    # a question asked twice changes nothing, though it is a POST
    retry = Retry(
        total=retry_policy.retries,
        backoff_factor=retry_policy.delay,
        backoff_max=retry_policy.longest,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,  # it may ask for hours
    )
    for scheme in ("https://", "http://"):
        client._session.mount(scheme, Patient(max_retries=retry))
    # Trap: these addresses are made when astroquery is imported; its `conf.server` comes too late for them.
    portal, base = client._portal_api_connection, server.rstrip("/")
    portal.MAST_REQUEST_URL = f"{base}/api/v0/invoke"
    portal.COLUMNS_CONFIG_URL = f"{base}/portal/Mashup/Mashup.asmx/columnsconfig"
    portal.TIMEOUT = retry_policy.read * (retry_policy.retries + 1)
    # one dictionary is shared by all clients of the process: another server may describe other columns
    portal._column_configs = {}
    return client


def _query(number: str, client: Any, on_progress: Callable[[int, int], None]) -> Holdings:
    short = number.lstrip("0")
    # the archive has written the number both ways
    criteria = {"obs_collection": "JWST", "proposal_id": sorted({short, number})}
    observations = _plain(client.query_criteria(**criteria, instrument_name=_INSTRUMENT))
    made = [row for row in observations if _integer(row.get("calib_level")) >= 1]
    planned = len({row["obsid"] for row in observations}) - len({row["obsid"] for row in made})
    if not made:
        raise _nothing(number, planned, planned or int(client.query_criteria_count(**criteria)))
    parents = {str(row["obsid"]): row for row in made}
    wanted = sorted(parents)
    products: list[dict[str, Any]] = []
    for begin in range(0, len(wanted), _BATCH):
        on_progress(begin, len(wanted))
        products += _plain(client.get_product_list(wanted[begin : begin + _BATCH]))
    on_progress(len(wanted), len(wanted))
    files = _files(number, products, parents)
    if not files:
        raise NotInArchiveError(
            f"the archive lists {len(wanted)} observations of program {short}, and none of their files",
            "files of the kinds " + ", ".join(LEVELS),
            "look again in some hours: new observations take a while",
        )
    return Holdings(number, files, planned)


def _nothing(number: str, planned: int, others: int) -> NotInArchiveError:
    short = number.lstrip("0")
    if planned:
        return NotInArchiveError(
            f"the {planned} imager observations of program {short} are planned and not made yet",
            "observations that were made",
            "look again when they have been observed",
        )
    if others:
        return NotInArchiveError(
            f"program {short} has {others} observations, none with the imager of MIRI",
            f"observations with {_INSTRUMENT}",
            "check the program number",
        )
    return NotInArchiveError(
        f"the archive knows no JWST program {short}", "the number of a program", "check the number"
    )


def _files(
    number: str, products: Sequence[Mapping[str, Any]], parents: Mapping[str, Mapping[str, Any]]
) -> tuple[ArchiveFile, ...]:
    files: dict[str, ArchiveFile] = {}
    for row in products:
        name, uri = _text(row, "productFilename"), _text(row, "dataURI")
        observation = _observation_of(name, number)
        if not observation or suffix_of(name) not in LEVELS or not uri.startswith("mast:JWST/"):
            continue
        parent = parents.get(_text(row, "parent_obsid")) or parents.get(_text(row, "obsID")) or {}
        rights = (_text(row, "dataRights") or _text(parent, "dataRights") or "PUBLIC").upper()
        # a product of several mosaics comes once for each; the first that knows more stays
        file = ArchiveFile(
            program=number,
            observation=observation,
            name=name,
            filter=(_text(row, "filters") or _text(parent, "filters")).split(";")[0],
            level=suffix_of(name),
            size=max(_integer(row.get("size")), 0),
            public=rights == "PUBLIC",
            rights=rights,
            released=_day(parent.get("t_obs_release")),
            start=_day(parent.get("t_min")),
            target=_text(parent, "target_name"),
            uri=uri,
        )
        if name not in files or (file.filter and not files[name].filter):
            files[name] = file
    return tuple(
        sorted(
            files.values(),
            key=lambda file: (file.observation, file.filter, LEVELS.index(file.level), file.name),
        )
    )


def _observation_of(name: str, number: str) -> str:
    """Return the observation of a file of the imager in this program; empty for every other."""
    mosaic = MosaicName.parse(name)
    if mosaic is not None:
        return mosaic.observation if (mosaic.program, mosaic.instrument) == (number, "miri") else ""
    try:
        parts = ExposureName.parse(name)
    except Exception:
        # pictures, associations and catalogues are listed, too
        return ""
    return parts.observation if parts.program == number and parts.detector == "mirimage" else ""


def _plain(table: Any) -> list[dict[str, Any]]:
    """Return an astropy table as dictionaries, masked cells as None; by columns, as rows of tables are slow."""
    columns = [table[name].tolist() for name in table.colnames]
    return [dict(zip(table.colnames, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return "" if value is None else str(value).strip()


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _day(mjd: Any) -> str:
    try:
        return (_MJD_ZERO + timedelta(days=float(mjd))).date().isoformat()
    except (TypeError, ValueError, OverflowError):
        return ""
