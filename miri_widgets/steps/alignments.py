"""
How each exposure was aligned, read from the log of tweakwcs.

The number of matches and the residual of a fit exist nowhere else: the status
of tweakreg is COMPLETE also for exposures that were not corrected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Alignment", "AlignmentLog"]

_ALIGNING = re.compile(r"Aligning image catalog '(?:GROUP ID: )?([^']+)'")
_REFERENCE = re.compile(r"Selected image '(?:GROUP ID: )?([^']+)' as reference")
_MATCHES = re.compile(r"Found (\d+) matches for '(?:GROUP ID: )?([^']+)'")
_RMSE = re.compile(r"FIT RMSE: ([0-9.eE+-]+|nan)")
_OBJECTS = re.compile(r"Final solution based on (\d+) objects")
_TOO_FEW = re.compile(r"Not enough matches \((\d+)\) found for image catalog '(?:GROUP ID: )?([^']+)'")


@dataclass
class Alignment:
    """
    The fit of one group of exposures.

    Attributes
    ----------
    matches : int
        Sources matched before the fit; 0 when none was tried.
    used : int
        Sources left after clipping; 0 when there was no fit.
    rmse_mas : float or None
        Root mean square residual of the fit, mas.
    reference : bool
        Whether the others were aligned to this one.
    """

    matches: int = 0
    used: int = 0
    rmse_mas: float | None = None
    reference: bool = False


@dataclass
class AlignmentLog:
    """
    Collects alignments line by line.

    Attributes
    ----------
    groups : dict of str to Alignment
        The last fit of each group, by group name; a later fit to an absolute
        catalogue replaces that of the exposures to each other.
    """

    groups: dict[str, Alignment] = field(default_factory=dict)
    _current: str = ""

    def feed(self, message: str) -> None:
        """
        Take one message of tweakwcs.

        Parameters
        ----------
        message : str
            Text of the log message.
        """
        if match := _REFERENCE.search(message):
            self.groups[match[1]] = Alignment(reference=True)
        elif match := _ALIGNING.search(message):
            self._current = match[1]
            self.groups.setdefault(match[1], Alignment())
        elif match := _TOO_FEW.search(message):
            self.groups[match[2]] = Alignment(matches=int(match[1]))
        elif match := _MATCHES.search(message):
            self._current = match[2]
            self.groups[match[2]] = Alignment(matches=int(match[1]))
        elif self._current in self.groups:
            if match := _RMSE.search(message):
                self.groups[self._current].rmse_mas = float(match[1]) * 1000
            elif match := _OBJECTS.search(message):
                self.groups[self._current].used = int(match[1])

    def of(self, root: str) -> Alignment:
        """
        Return the fit of the exposure called `root`; an empty one when there is none.

        Parameters
        ----------
        root : str
            Root of the exposure.
        """
        wanted = _key(root)
        return next((fit for group, fit in self.groups.items() if _key(group) == wanted), Alignment())


def _key(name: str) -> tuple[str, str, int]:
    """What a group and its exposures share; jwst writes the exposure's number with or without zeros."""
    parts = [*name.split("_"), "", ""][:3]
    number = parts[2].partition("-")[0]  # segments of an exposure are aligned together
    return parts[0], parts[1], int(number) if number.isdecimal() else -1
