"""
The file-name grammar of JWST exposures and mosaics.

References
----------
JWST documentation, "File naming schemes": ``jw<ppppp><ooo><vvv>_<gg><s><aa>_<eeeee>_<detector>_<suffix>``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from miri_widgets.errors import WrongSuffixError

__all__ = ["SUFFIXES", "ExposureName", "suffix_of"]

SUFFIXES = (
    *("uncal", "ramp", "rate", "rateints", "cal", "crf", "i2d", "cat", "segm"),
    *("dqmask", "check", "sky", "warm", "shifts", "grid"),
)

_EXPOSURE = re.compile(
    r"jw(?P<program>\d{5})(?P<observation>\d{3})(?P<visit>\d{3})"
    r"_(?P<visit_group>\d{2})(?P<sequence>\d)(?P<activity>[0-9a-z]{2})"
    r"_(?P<exposure>\d{5})(?:-seg(?P<segment>\d{3}))?"
    r"_(?P<detector>[a-z0-9]+)(?:_[a-z]\d{4})?_(?P<suffix>[a-z0-9]+)\.fits(?:\.gz)?"
)


@dataclass(frozen=True, order=True)
class ExposureName:
    """
    The parts of an exposure's file name; ordered as the exposures were planned.

    Attributes are the strings of the name, with their leading zeros.
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

    @classmethod
    def parse(cls, name: str | Path) -> ExposureName:
        """
        Take a file name apart.

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
        return cls(**{key: value or "" for key, value in match.groupdict().items()})

    @property
    def root(self) -> str:
        """The name of the exposure without suffix and ending."""
        segment = f"-seg{self.segment}" if self.segment else ""
        return (
            f"jw{self.program}{self.observation}{self.visit}"
            f"_{self.visit_group}{self.sequence}{self.activity}_{self.exposure}{segment}_{self.detector}"
        )

    @property
    def filename(self) -> str:
        """The file name."""
        return f"{self.root}_{self.suffix}.fits"

    def with_suffix(self, suffix: str) -> ExposureName:
        """Return the name of another product of the same exposure."""
        return replace(self, suffix=suffix)


def suffix_of(name: str | Path) -> str:
    """Return the product suffix of any JWST file name; empty when there is none that we know."""
    stem = Path(name).name.split(".")[0]
    last = stem.rpartition("_")[2]
    return last if last in SUFFIXES else ""
