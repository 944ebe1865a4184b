"""
What exposures, mosaics and shifts of one program contradict each other in, as sentences.

Each is a mistake that was made with public programs: data of one filter in the folder of another, a wrong program
number, mosaics on two grids, a sign that was lost in copying.
"""

from __future__ import annotations

import glob
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.mosaic_grids import mosaic_grids
from miri_widgets.products.moving_targets import moving_targets
from miri_widgets.products.names import program_number
from miri_widgets.products.scan import Mosaic
from miri_widgets.products.tables.shift_tables import ShiftTable

__all__ = [
    "filter_folders",
    "header_faults",
    "program_contradictions",
    "program_numbers",
    "segmented_exposures",
    "shift_signs",
    "time_series",
    "unmatched_exclusions",
]

_FILTER = re.compile(r"(?<![A-Z0-9])F\d{3,4}W(?![A-Z0-9])", re.IGNORECASE)
_FOLDERS = 4  # that may say a filter, from the file up
_NAMES = 3  # of files that a sentence names
_LOST_SIGN_ARCSEC = 0.1
"""A shift smaller than half of this may change its sign from visit to visit."""
_OUTLIER_ARCSEC = 0.3
"""Visits on one guide star differed by 11 mas in the LMC field (visits 3 and 4 of program 1040)."""


def program_contradictions(
    number: str, exposures: Sequence[Exposure], mosaics: Sequence[Mosaic] = ()
) -> tuple[str, ...]:
    """
    Return all faults that headers and paths of files show.

    Parameters
    ----------
    number : str
        The program's number as its file says; empty for any.
    exposures, mosaics : sequence
        From `miri_widgets.products.scan.scan`.
    """
    return (
        *program_numbers(number, exposures),
        *filter_folders(exposures),
        *header_faults(exposures),
        *segmented_exposures(exposures),
        *moving_targets(exposures),
        *time_series(exposures),
        *mosaic_grids(mosaics),
    )


def unmatched_exclusions(paths: Iterable[Path]) -> tuple[str, ...]:
    """
    Return a sentence per exclusion that names nothing, such as a path with a typing error.

    Parameters
    ----------
    paths : iterable of Path
        Excluded files and folders.
    """
    return tuple(
        f"exclude names {path}, and nothing there has that name: correct or remove it."
        for path in paths
        if not path.exists() and next(glob.iglob(str(path)), None) is None
    )


def header_faults(exposures: Iterable[Exposure]) -> tuple[str, ...]:
    """
    Return a sentence per fault of headers that the pipeline will meet, with the exposures that have it.

    Parameters
    ----------
    exposures : iterable of Exposure
        The exposures.
    """
    faults: dict[str, list[str]] = defaultdict(list)
    for exposure in exposures:
        for fault in exposure.faults:
            faults[fault].append(exposure.name.filename)
    return tuple(
        f"{fault} in the header of {', '.join(names[:_NAMES])}"
        + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
        + ": the pipeline chooses reference files and computes times by such keywords; take the files as the archive "
        "gives them."
        for fault, names in sorted(faults.items())
    )


def segmented_exposures(exposures: Iterable[Exposure]) -> tuple[str, ...]:
    """
    Return a sentence on exposures that the archive has cut into segments, and one per exposure that lacks some.

    Parameters
    ----------
    exposures : iterable of Exposure
        The exposures.
    """
    segments: dict[tuple[str, str], list[Exposure]] = defaultdict(list)
    for exposure in exposures:
        if exposure.name.segment:
            segments[exposure.name.whole_root, exposure.suffix].append(exposure)
    if not segments:
        return ()
    whole = sorted(segments.items())
    text = ", ".join(f"{root} ({_count(len(parts), 'segment')})" for (root, _), parts in whole[:_NAMES])
    more = f" and {len(whole) - _NAMES} more" if len(whole) > _NAMES else ""
    problems = [
        f"{_count(len(whole), 'exposure')} {_are(len(whole))} in segments of integrations: {text}{more}. Each segment is "
        "calibrated by itself and enters the mosaic, as in the official pipeline."
    ]
    for (root, _), parts in whole:
        there = {int(part.name.segment) for part in parts}
        total = max(max(there), *(part.segments for part in parts))
        missing = [f"seg{number:03d}" for number in range(1, total + 1) if number not in there]
        if missing:
            names = ", ".join(missing[:_NAMES]) + (
                f" and {len(missing) - _NAMES} more" if len(missing) > _NAMES else ""
            )
            problems.append(
                f"{root} lacks {names} of {_count(total, 'segment')}: its integrations are missing from the mosaic; "
                "download them, or exclude the others."
            )
    return tuple(problems)


def time_series(exposures: Iterable[Exposure]) -> tuple[str, ...]:
    """
    Return a sentence on the exposures of a time series, whose integrations the imaging stages average.

    Parameters
    ----------
    exposures : iterable of Exposure
        The exposures.

    Notes
    -----
    The official pipeline takes such visits through ``calwebb_tso-image2`` and ``calwebb_tso3``, which keep the
    integrations and give a light curve; ``calwebb_image2`` and ``calwebb_image3`` take the mean rate.
    """
    names = sorted({exposure.name.filename for exposure in exposures if exposure.is_time_series})
    if not names:
        return ()
    text = ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
    return (
        f"{_count(len(names), 'exposure')} {_are(len(names))} of a time series (TSOVISIT): {text}. The imaging stages "
        "average the integrations, and what varies is lost in the mosaic; for a light curve take the rateints of "
        "Detector 1 to calwebb_tso3.",
    )


def filter_folders(exposures: Iterable[Exposure]) -> tuple[str, ...]:
    """
    Return a sentence per folder that says one filter while headers say another; the nearest folder counts.

    Parameters
    ----------
    exposures : iterable of Exposure
        The exposures.
    """
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for exposure in exposures:
        for folder in list(exposure.path.parents)[:_FOLDERS]:
            named = [name.upper() for name in _FILTER.findall(folder.name) if name.upper() in FILTERS]
            if named:
                if exposure.filter not in named:
                    counts[str(folder), named[0], exposure.filter] += 1
                break
    return tuple(
        f"{_count(number, 'exposure')} in {folder} {_are(number)} {filter_name} by the header, while the folder "
        f"says {named}: the header counts; correct the name of the folder."
        for (folder, named, filter_name), number in sorted(counts.items())
    )


def program_numbers(number: str, exposures: Iterable[Exposure]) -> tuple[str, ...]:
    """
    Return a sentence per foreign program among the exposures, and per name that its header contradicts.

    Parameters
    ----------
    number : str
        Number of the program, five digits.
    exposures : iterable of Exposure
        The exposures.
    """
    foreign: dict[str, int] = defaultdict(int)
    renamed: dict[tuple[str, str], int] = defaultdict(int)
    for exposure in exposures:
        header = exposure.header_program or exposure.program
        if number and _same(header, number) is False:
            foreign[header] += 1
        if _same(header, exposure.program) is False:
            renamed[exposure.program, header] += 1
    problems = [
        f"{_count(count, 'exposure')} {_are(count)} of program {header} by the header, while this program is "
        f"{number}: exclude them, or correct the number in the program's file."
        for header, count in sorted(foreign.items())
    ]
    problems += [
        f"{_count(count, 'exposure')} {_are(count)} named as of program {name}, while the header says {header}: "
        "take the files as the archive names them."
        for (name, header), count in sorted(renamed.items())
    ]
    return tuple(problems)


def shift_signs(table: ShiftTable) -> tuple[str, ...]:
    """
    Return a sentence per shift that its neighbours on the same guide star contradict.

    Parameters
    ----------
    table : ShiftTable
        The shifts.

    Notes
    -----
    A guide star has one error, so its visits have nearly one shift. One that agrees with the others in size and
    not in sign was probably copied without its sign.
    """
    stars: dict[tuple[str, str], list[tuple[str, float, float]]] = defaultdict(list)
    for shift in table.shifts:
        if shift.group.guide_star and shift.known:
            stars[shift.group.guide_star, shift.filter].append((shift.group.name, shift.dx, shift.dy))
    problems = []
    for (star, _), rows in sorted(stars.items()):
        for axis, name in ((1, "dx"), (2, "dy")):
            values = {str(row[0]): float(row[axis]) for row in rows}
            problems += _outliers(star, name, values)
    return tuple(dict.fromkeys(problems))


def _outliers(star: str, axis: str, values: dict[str, float]) -> list[str]:
    if len(values) == 2:
        (first, other), (value, against) = sorted(values), (values[name] for name in sorted(values))
        if not _is_lost_sign(value, against):
            return []
        return [
            f"{axis} of {first} and {other}, on the guide star {star}, are {value:+.4f} and {against:+.4f} arcsec: one of "
            "them has probably lost its sign; measure again, or correct the table."
        ]
    problems = []
    usual = median(values.values())
    for group, value in values.items():
        text = f"{axis} of {group} is {value:+.4f} arcsec, while others on the guide star {star} have {usual:+.4f}: "
        if _is_lost_sign(value, usual):
            problems.append(text + "its sign was probably lost; correct the table.")
        elif abs(value - usual) > _OUTLIER_ARCSEC:
            problems.append(text + "measure it again, or check its guide star.")
    return problems


def _is_lost_sign(value: float, other: float) -> bool:
    return abs(value - other) > _LOST_SIGN_ARCSEC and abs(value + other) < 0.02 + 0.1 * abs(other)


def _same(value: str, other: str) -> bool | None:
    """Whether two program numbers are one; None where either is no number."""
    first, second = program_number(value), program_number(other)
    return first == second if first and second else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
