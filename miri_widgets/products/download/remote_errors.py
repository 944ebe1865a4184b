"""Every exception of astroquery, requests and urllib3 as one sentence of ours."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from miri_widgets.errors import (
    ArchiveDownError,
    ArchiveError,
    MiriWidgetsError,
    NotInArchiveError,
    NotPermittedError,
    UnreachableError,
)
from miri_widgets.products.foreign_errors import class_names, one_line

__all__ = ["archive_error", "refusal"]

_LATE = (
    "requests.exceptions.Timeout",
    "urllib3.exceptions.TimeoutError",
    "astroquery.exceptions.TimeoutError",
    "builtins.TimeoutError",
)
_CERTIFICATE = ("requests.exceptions.SSLError", "urllib3.exceptions.SSLError", "ssl.SSLError")
_NETWORK = (
    "requests.exceptions.ConnectionError",
    "requests.exceptions.ChunkedEncodingError",
    "urllib3.exceptions.HTTPError",
    "http.client.HTTPException",
    "builtins.OSError",
)
_NO_ANSWER = (
    "requests.exceptions.JSONDecodeError",
    "requests.exceptions.ContentDecodingError",
    "astroquery.exceptions.RemoteServiceError",
    "astroquery.exceptions.TableParseError",
    "astroquery.exceptions.InvalidQueryError",
)


def archive_error(
    error: BaseException, server: str, *, token: bool = False, what: str = ""
) -> MiriWidgetsError:
    """
    Translate what was raised while a server was asked.

    Parameters
    ----------
    error : BaseException
        What was raised.
    server : str
        The server's address.
    token : bool
        Whether a token was sent.
    what : str
        What was asked for, such as a file name.

    Returns
    -------
    MiriWidgetsError
        `error` itself when it is one of ours; never raises.
    """
    if isinstance(error, MiriWidgetsError):
        return error
    for link in _chain(error):
        status = getattr(getattr(link, "response", None), "status_code", None)
        if isinstance(status, int) and status >= 400:
            return refusal(status, server, token=token, what=what)
    names = {name for link in _chain(error) for name in class_names(link)}
    host = _host(server)
    if "astroquery.exceptions.LoginError" in names:
        return refusal(401, server, token=token, what=what)
    # a page instead of an answer is also a ValueError or KeyError deep in astroquery
    if names & set(_NO_ANSWER) or isinstance(error, ValueError | KeyError | TypeError | IndexError):
        return ArchiveDownError(
            f"{host} gave no answer that can be understood{_in_brackets(error)}",
            "a list of observations or files",
            "try again in some minutes, and look at the archive's own page when it stays so",
        )
    if names & set(_CERTIFICATE):
        return UnreachableError(
            f"the connection to {host} cannot be trusted{_in_brackets(error)}",
            "a valid certificate",
            "check the clock of this machine and its proxy settings",
        )
    # urllib3 counts a refused connection among the time-outs
    if names & set(_LATE) and "urllib3.exceptions.NewConnectionError" not in names:
        return UnreachableError(
            f"{host} did not answer in time",
            "an answer",
            "try again in some minutes; a download goes on where it stopped",
        )
    if names & set(_NETWORK):
        return UnreachableError(
            f"{host} cannot be reached, or cut the connection",
            "a network that reaches it",
            "check the network and try again; a download goes on where it stopped",
        )
    return ArchiveError(
        f"asking {host} failed ({type(error).__name__}: {_shown(error) or 'no words'})",
        "an answer",
        "try again, and report this when it stays so",
    )


def refusal(status: int, server: str, *, token: bool = False, what: str = "") -> MiriWidgetsError:
    """
    Return what an HTTP status of 400 or more means.

    Parameters
    ----------
    status : int
        The status.
    server : str
        Address of the server.
    token : bool
        Whether a token was sent.
    what : str
        What was requested, for the message.
    """
    host, shown = _host(server), what or "the request"
    if status in (401, 403) and token:
        return NotPermittedError(
            f"{host} does not open {shown} to this token",
            "a token that has not run out, of a member of the program",
            "make a new one at https://auth.mast.stsci.edu/token and type it in",
        )
    if status in (401, 403):
        return NotPermittedError(
            f"{shown} is proprietary and no token was given",
            "a token of a member of the program",
            "make one at https://auth.mast.stsci.edu/token and type it in, or set MAST_API_TOKEN",
        )
    if status in (404, 410):
        return NotInArchiveError(
            f"{host} has no {shown}",
            "a file that it lists",
            "look the program up again: its files may have been renewed",
        )
    if status in (408, 429) or status >= 500:
        return ArchiveDownError(
            f"{host} is down or overloaded (HTTP {status})",
            "an archive that serves",
            "try again in some minutes; a download goes on where it stopped",
        )
    return ArchiveDownError(
        f"{host} refuses {shown} (HTTP {status})",
        "a request that it understands",
        "look the program up again",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    links: list[BaseException | None] = [error]
    while links:
        link = links.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        # urllib3 and requests carry the true one as an argument or as `reason`
        inner = [
            cause for cause in (*link.args, getattr(link, "reason", None)) if isinstance(cause, BaseException)
        ]
        links += [link.__cause__, link.__context__, *inner]


def _host(server: str) -> str:
    return urlsplit(server).netloc or server[:80] or "the archive"


def _shown(error: BaseException) -> str:
    return one_line(error)[:200].rstrip(".")


def _in_brackets(error: BaseException) -> str:
    text = _shown(error)
    return f" ({text})" if text else ""
