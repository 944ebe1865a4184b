"""
Everything that can go wrong, as sentences for an astronomer.

Each error says what was found, what was expected and what to do::

    MiriWidgetsError
    ├── InputError                  a file or folder that the user gave
    │   ├── NotFitsError            not a FITS file, empty, or cut short
    │   ├── NotJwstError            FITS, but not a JWST product
    │   ├── NotImagingError         JWST, but not MIRI imaging
    │   ├── WrongSuffixError        a product of another stage than the one needed
    │   ├── MixedExposuresError     several filters, subarrays ... where one is needed
    │   ├── TooLargeError           an array that does not fit in memory
    │   ├── MissingFileError        a file or association member that is gone
    │   └── BadTableError           a catalogue, program or parameter file that cannot be read
    ├── ParameterError              a parameter that does not exist or is out of bounds
    ├── ReferenceFileError          CRDS
    │   ├── CrdsCacheError          the cache is missing, incomplete or damaged
    │   └── MissingReferenceError   no reference file for these exposures
    ├── WorkspaceError              the place where products go
    │   ├── NotWritableError        no permission to write
    │   └── DiskFullError           no space left
    ├── RunError                    a run that did not end well
    │   ├── StepFailedError         a pipeline step raised
    │   ├── WorkerLostError         the process died (memory, signal)
    │   ├── CancelledError          the user asked to stop
    │   ├── HarmError               a step did harm, and nobody has said to go on
    │   └── UpstreamFailedError     a run that this one needs has failed
    ├── ArchiveError                MAST, or the server of the reference files
    │   ├── UnreachableError        no network, no such server, or no answer in time
    │   ├── ArchiveDownError        the server answers that it cannot, or with nonsense
    │   ├── NotPermittedError       proprietary files without a token that opens them
    │   ├── NotInArchiveError       no such program, file, or nothing of the imager
    │   └── DamagedDownloadError    a file of another size or content than was announced
    ├── EngineError                 the job engine cannot be reached or started
    └── UnexpectedError             a mistake of this program; its log has the traceback
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ArchiveDownError",
    "ArchiveError",
    "BadTableError",
    "CancelledError",
    "CrdsCacheError",
    "DamagedDownloadError",
    "DiskFullError",
    "EngineError",
    "HarmError",
    "InputError",
    "MiriWidgetsError",
    "MissingFileError",
    "MissingReferenceError",
    "MixedExposuresError",
    "NotFitsError",
    "NotImagingError",
    "NotInArchiveError",
    "NotJwstError",
    "NotPermittedError",
    "NotWritableError",
    "ParameterError",
    "ReferenceFileError",
    "RunError",
    "StepFailedError",
    "TooLargeError",
    "UnexpectedError",
    "UnreachableError",
    "UpstreamFailedError",
    "WorkerLostError",
    "WorkspaceError",
    "WrongSuffixError",
    "error_from_dict",
]


class MiriWidgetsError(Exception):
    """
    Base of all errors of this package.

    Parameters
    ----------
    found : str
        What was found, as the beginning of a sentence.
    expected : str
        What was expected instead; completes "expected ...".
    remedy : str
        What the user can do; an imperative, without a full stop.
    """

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(found, expected, remedy)
        self.found = found
        self.expected = expected
        self.remedy = remedy

    def __str__(self) -> str:
        sentence = f"{self.found}; expected {self.expected}: {self.remedy}."
        # parts come from files that anybody wrote: no control characters reach a terminal or a page
        return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in sentence)

    def to_dict(self) -> dict[str, str]:
        """Return the error as plain strings, for records and events."""
        return {
            "kind": type(self).__name__,
            "found": self.found,
            "expected": self.expected,
            "remedy": self.remedy,
        }


class InputError(MiriWidgetsError):
    """A file or folder that the user gave cannot be used."""


class NotFitsError(InputError):
    """A file is not FITS, is empty, or is cut short."""


class NotJwstError(InputError):
    """A FITS file is not a JWST product."""


class NotImagingError(InputError):
    """A JWST product is not a MIRI imaging exposure."""


class WrongSuffixError(InputError):
    """A product belongs to another stage than the one that was asked for."""


class MixedExposuresError(InputError):
    """Exposures differ in a property that must be common to all."""


class TooLargeError(InputError):
    """An array is larger than this machine can hold."""


class MissingFileError(InputError):
    """A file or an association member does not exist."""


class BadTableError(InputError):
    """A catalogue, program or parameter file cannot be read."""


class ParameterError(MiriWidgetsError):
    """A parameter does not exist, has the wrong type or is out of bounds."""


class ReferenceFileError(MiriWidgetsError):
    """Reference files cannot be had from CRDS."""


class CrdsCacheError(ReferenceFileError):
    """The CRDS cache is missing, incomplete or damaged."""


class MissingReferenceError(ReferenceFileError):
    """CRDS knows no reference file for these exposures."""


class WorkspaceError(MiriWidgetsError):
    """The folder where products go cannot be used."""


class NotWritableError(WorkspaceError):
    """There is no permission to write."""


class DiskFullError(WorkspaceError):
    """There is no space left on the disk."""


class RunError(MiriWidgetsError):
    """A run did not end well."""


class StepFailedError(RunError):
    """A pipeline step raised an error."""


class WorkerLostError(RunError):
    """The process of a run died: out of memory, or killed by a signal."""


class CancelledError(RunError):
    """The user asked a job to stop."""


class HarmError(RunError):
    """A run was not started because a step before it did harm that nobody has accepted."""


class UpstreamFailedError(RunError):
    """A run was not started because one that it needs has failed."""


class ArchiveError(MiriWidgetsError):
    """The archive, or a file from it, cannot be had."""


class UnreachableError(ArchiveError):
    """A server cannot be reached, or did not answer in time."""


class ArchiveDownError(ArchiveError):
    """A server answers that it cannot serve now, or with something that is no answer."""


class NotPermittedError(ArchiveError):
    """Files are proprietary, and there is no token that opens them."""


class NotInArchiveError(ArchiveError):
    """The archive has no such program or file."""


class DamagedDownloadError(ArchiveError):
    """A file has another size or content than the server announced."""


class EngineError(MiriWidgetsError):
    """The job engine cannot be reached or started."""


class UnexpectedError(MiriWidgetsError):
    """A mistake of this program, as a sentence; whoever makes it has logged the traceback."""

    @classmethod
    def of(cls, error: BaseException) -> UnexpectedError:
        """
        Return the sentence for an exception that nobody foresaw.

        Parameters
        ----------
        error : BaseException
            The exception.
        """
        return cls(
            f"this did not work ({type(error).__name__}: {str(error)[:200]})",
            "a result or a known error",
            "try again, and report it when it stays so",
        )


def error_from_dict(values: dict[str, Any]) -> MiriWidgetsError:
    """
    Rebuild an error from `MiriWidgetsError.to_dict`.

    Parameters
    ----------
    values : dict
        Keys ``kind``, ``found``, ``expected`` and ``remedy``. An unknown
        kind, written by a newer version, becomes the base class.
    """
    kind = globals().get(str(values.get("kind")), MiriWidgetsError)
    if not (isinstance(kind, type) and issubclass(kind, MiriWidgetsError)):
        kind = MiriWidgetsError
    return kind(*(str(values.get(part, "")) for part in ("found", "expected", "remedy")))
