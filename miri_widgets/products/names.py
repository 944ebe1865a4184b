"""
The file-name grammar of JWST exposures and mosaics.

Every name of a product is taken apart here and nowhere else.

References
----------
JWST documentation, "File naming schemes": exposures are
``jw<ppppp><ooo><vvv>_<gg><s><aa>_<eeeee>(-seg<NNN>)_<detector>(_<candidate>)_<suffix>``, mosaics
``jw<ppppp>-<candidate>_<target>(-epoch<n>)_<instrument>_<elements>(-<subarray>)_<suffix>``. An association candidate
is a letter (o observation, c candidate of the proposal, a discovered, r re-processed) and three or four digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from miri_widgets.errors import WrongSuffixError

__all__ = [
    "SUFFIXES",
    "ExposureName",
    "MosaicName",
    "fits_stem",
    "original_name",
    "program_number",
    "root_of",
    "suffix_of",
]

SUFFIXES = (
    *("uncal", "ramp", "rate", "rateints", "cal", "crf", "i2d", "cat", "segm"),
    *("dqmask", "check", "sky", "warm", "shifts", "grid"),
)

_CANDIDATE = r"[a-z]\d{3,4}"
_EXPOSURE = re.compile(
    r"jw(?P<program>\d{5})(?P<observation>\d{3})(?P<visit>\d{3})"
    r"_(?P<visit_group>\d{2})(?P<sequence>\d)(?P<activity>[0-9a-z]{2})"
    r"_(?P<exposure>\d{5})(?:-seg(?P<segment>\d{3}))?"
    rf"_(?P<detector>[a-z0-9]+)(?:_(?P<candidate>{_CANDIDATE}))?_(?P<suffix>[a-z0-9]+)\.fits(?:\.gz)?",
    re.IGNORECASE | re.ASCII,
)
_MOSAIC = re.compile(
    rf"jw(?P<program>\d{{5}})-(?P<candidate>{_CANDIDATE})_(?P<target>[a-z0-9]+)(?:-epoch(?P<epoch>\d+))?"
    r"_(?P<instrument>[a-z]+)_(?P<elements>[a-z0-9-]+)_(?P<suffix>[a-z0-9]+)\.fits(?:\.gz)?",
    re.IGNORECASE | re.ASCII,
)
_COPY = re.compile(
    r"(?:copy of )?(?P<stem>.+?)(?: ?\(\d+\)| - copy(?: ?\(\d+\))?| copy(?: \d+)?| \d+)?(?P<ending>\.fits(?:\.gz)?)"
    r"(?: ?\(\d+\)|\.\d+)?",
    re.IGNORECASE,
)
"""What browsers and file managers add to the name of a second copy."""
_PROGRAM = re.compile(
    r"(?:(?:jwst|jw|program(?:me)?|proposal|prop|pid|id|no|number|go|gto|ddt|dd|ers|cal|com|ar|survey)[\s.:#_/-]*)*#?"
    r"0*(?P<number>\d{1,5})",
    re.IGNORECASE | re.ASCII,
)
"""A program as people write it: JWST-2736, GO 2736, PID 2736, jw02736."""


@dataclass(frozen=True, order=True)
class ExposureName:
    """
    The parts of an exposure's file name; ordered as the exposures were planned.

    Attributes are the strings of the name, in lower case and with their leading zeros. A segment is a part of the
    integrations of a long exposure; a candidate is that of the association that a ``crf`` was made for.
    """

    program: str
    observation: str
    visit: str
    visit_group: str
    sequence: str
    activity: str
    exposure: str
    detector: str
    suffix: str
    segment: str = ""
    candidate: str = ""

    @classmethod
    def parse(cls, name: str | Path) -> ExposureName:
        """
        Take a file name apart, whatever its case.

        Parameters
        ----------
        name : str or Path
            File name, with or without its folder.

        Raises
        ------
        WrongSuffixError
            If the name does not follow the grammar.
        """
        match = _EXPOSURE.fullmatch(Path(name).name)
        if match is None:
            raise WrongSuffixError(
                f"the file name {Path(name).name[:120]!r}",
                "a JWST name such as jw01040001001_02101_00001_mirimage_uncal.fits",
                "rename the file as it came from the archive",
            )
        return cls(**{key: (value or "").lower() for key, value in match.groupdict().items()})

    @classmethod
    def _from_plain(cls, name: str) -> ExposureName:
        return cls.parse(name)

    def _to_plain(self) -> str:
        return self.filename

    @property
    def whole_root(self) -> str:
        """The name of the exposure without segment, suffix and ending: what its segments share."""
        return replace(self, segment="").root

    @property
    def root(self) -> str:
        """The name of the exposure without candidate, suffix and ending: what all its products share."""
        segment = f"-seg{self.segment}" if self.segment else ""
        return (
            f"jw{self.program}{self.observation}{self.visit}"
            f"_{self.visit_group}{self.sequence}{self.activity}_{self.exposure}{segment}_{self.detector}"
        )

    @property
    def filename(self) -> str:
        """The file name."""
        candidate = f"_{self.candidate}" if self.candidate else ""
        return f"{self.root}{candidate}_{self.suffix}.fits"

    def with_suffix(self, suffix: str) -> ExposureName:
        """
        Return the name of another product of the same exposure.

        Parameters
        ----------
        suffix : str
            Suffix of the other product, such as ``cal``.
        """
        return replace(self, suffix=suffix)


@dataclass(frozen=True)
class MosaicName:
    """
    The parts of the file name of a level-3 product of the archive, in lower case.

    Attributes
    ----------
    program : str
        Program number, five digits.
    candidate : str
        Association candidate, such as o001.
    target : str
        Target of the association, such as t002.
    instrument, elements, suffix : str
        Such as miri, f560w-sub128 and i2d.
    epoch : str
        Number of the epoch; empty when the name has none.
    """

    program: str
    candidate: str
    target: str
    instrument: str
    elements: str
    suffix: str
    epoch: str = ""

    @classmethod
    def parse(cls, name: str | Path) -> MosaicName | None:
        """
        Take a file name apart; None for a name that is none of the archive's, such as that of our own mosaics.

        Parameters
        ----------
        name : str or Path
            File name, with or without its folder.
        """
        match = _MOSAIC.fullmatch(Path(name).name)
        return match and cls(**{key: (value or "").lower() for key, value in match.groupdict().items()})

    @property
    def observation(self) -> str:
        """Observation number, three digits; empty for associations of several observations."""
        return self.candidate[1:] if self.candidate[0] == "o" else ""


def program_number(text: str | int) -> str:
    """
    Return the number of a program as it is in file names.

    Parameters
    ----------
    text : str or int
        As people write it: 2736, "02736", "jw02736", "GO 2736", "PID 2736", "JWST-2736".

    Returns
    -------
    str
        Five digits; empty when it is no number of a program.
    """
    if isinstance(text, bool):
        return ""
    match = _PROGRAM.fullmatch(str(text)[:60].strip())
    number = int(match["number"]) if match else 0
    return f"{number:05d}" if number else ""


def fits_stem(name: str | Path) -> str:
    """
    Return a file name without folder and without ``.fits``, ``.fits.gz`` or any other ending, whatever its case.

    Parameters
    ----------
    name : str or Path
        File name, with or without its folder.
    """
    name = Path(name).name
    for ending in (".fits.gz", ".fits"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return Path(name).stem


def suffix_of(name: str | Path) -> str:
    """
    Return the product suffix of any JWST file name, in lower case; empty when there is none that we know.

    Parameters
    ----------
    name : str or Path
        File name, with or without its folder.
    """
    last = Path(name).name.split(".")[0].rpartition("_")[2].lower()
    return last if last in SUFFIXES else ""


def root_of(name: str | Path) -> str:
    """
    Return what the products of one exposure share in their names.

    Parameters
    ----------
    name : str or Path
        The name of a file, with or without folder.

    Returns
    -------
    str
        Without association candidate, suffix and ending. A name that does not follow the grammar loses its ending and
        its suffix, when it has one.
    """
    try:
        return ExposureName.parse(name).root
    except WrongSuffixError:
        stem = fits_stem(name)
        return stem.rpartition("_")[0] or stem


def original_name(name: str | Path) -> str:
    """
    Return the name that the archive gives to a file.

    Parameters
    ----------
    name : str or Path
        Such as ``jw..._uncal (1).fits``, as a browser names a second download, or in upper case.

    Returns
    -------
    str
        Such as ``jw..._uncal.fits``; empty when the name is no such variant of the name of an exposure or mosaic.
    """
    match = _COPY.fullmatch(Path(name).name)
    if match is None:
        return ""
    plain = (match["stem"] + match["ending"]).lower()
    is_name = _EXPOSURE.fullmatch(plain) or _MOSAIC.fullmatch(plain)
    return plain if is_name and plain != Path(name).name else ""
