"""The methods paragraph of a reduction, written from its facts, and who is to be cited for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.program import Program
from miri_widgets.report.citations import CITATIONS
from miri_widgets.report.facts import StageFacts, run_words, skipped_steps
from miri_widgets.report.parameters import BY_CRDS, BY_STAGE, ChangedParameter
from miri_widgets.report.texts import number_words

__all__ = ["methods", "value_words"]

_MOST_VALUES = 6
_RESAMPLED = {
    "resample.pixel_scale": "a pixel scale of {} arcsec",
    "resample.pixfrac": "pixfrac {}",
    "resample.kernel": "the {} kernel",
}
"""What is told of the mosaics; where they differ, the values of all of them."""


def value_words(value: Any) -> str:
    """Return a parameter's value for people."""
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return number_words(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(value_words, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def methods(
    program: Program,
    exposures: Sequence[Exposure],
    stages: Sequence[StageFacts],
    parameters: Sequence[ChangedParameter],
    versions: Mapping[str, str],
    contexts: Sequence[str],
    records: Sequence[Any],
    sources: Mapping[str, int],
    rejected: int = 0,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    Write what was done; only what a record proves is told.

    A stage is named when it is complete in a run and was not skipped there. Citations stand in square brackets as keys of `miri_widgets.report.citations.CITATIONS`.

    Returns
    -------
    tuple of str
        Sentences.
    tuple of str
        Keys of the works that apply, in the order in which they are named.
    """
    done = [stage for stage in stages if stage.done and stage.acted]
    lines = [_data(program, exposures, rejected), _pipeline(versions, contexts, bool(program.simulated))]
    own = [stage for stage in done if stage.own]
    lines += [_stage(stage, versions) for stage in done if stage.own or stage.methods]
    lines += _changed(parameters)
    mosaics = [record for record in records if record.stage == "image3"]
    if mosaics:
        lines += _mosaics(mosaics, sources)
    if own:
        lines.append("miri_widgets uses NumPy [Harris2020], SciPy [Virtanen2020] and Astropy [Astropy2022].")
    else:
        lines.append("The pipeline uses Astropy [Astropy2022].")
    if _uses_gaia(program, parameters):
        lines.append("Positions are tied to Gaia DR3 [Gaia2023].")
    text = " ".join(lines)
    keys = [part.partition("]")[0] for part in text.split("[")[1:]]
    named = [key for group in keys for key in group.split("; ") if key in CITATIONS]
    return tuple(line for line in lines if line), tuple(dict.fromkeys(named))


def _stage(stage: StageFacts, versions: Mapping[str, str]) -> str:
    """What a stage has done; one that does not tell it was applied."""
    text = stage.methods or f"The step {_short(stage)} was applied to the data."
    about = (
        [f"{_short(stage)}, a step of miri_widgets {versions.get('miri_widgets', '')}".rstrip()]
        if stage.own
        else []
    )
    about += [f"in {_and(stage.filters)} only"] if stage.filters else []
    about += [f"{stage.done} of {run_words(stage.planned)}"] if stage.done < stage.planned else []
    return f"{text.rstrip('.')} ({'; '.join(about)})." if about else text


def _data(program: Program, exposures: Sequence[Exposure], rejected: int) -> str:
    filters = [name for name in FILTERS if any(one.filter == name for one in exposures)]
    seconds = sum(one.exposure_time for one in exposures)
    kind = "simulated exposures" if program.simulated else "exposures"
    of = f" of program {program.program.lstrip('0')}" if program.program else ""
    if len(exposures) == 1:
        kind = kind.removesuffix("s")
    left_out = f" The mosaics leave {rejected} rejected of them out." if rejected else ""
    return (
        f"We reduced {len(exposures)} {kind}{of} of the MIRI imager [Rieke2015; Bouchet2015; Wright2023] in "
        f"{_and(filters)}, with {number_words(round(seconds))} s of exposure time in all.{left_out}"
    )


def _pipeline(versions: Mapping[str, str], contexts: Sequence[str], simulated: bool) -> str:
    found = versions.get("jwst", "unknown").split(" | ")
    version = f"version{'s' if len(found) > 1 else ''} {_and(found)}"
    several = "s" if len(contexts) > 1 else ""
    if simulated and contexts:
        # these contexts are of a cache of its own; nobody finds them in CRDS
        context = f" and simulated reference files, context{several} {_and(contexts)}"
    else:
        context = f" and the CRDS context{several} {_and(contexts)} [Greenfield2016]" if contexts else ""
    return f"We used the JWST calibration pipeline {version} [Bushouse]{context}."


def _changed(parameters: Sequence[ChangedParameter]) -> list[str]:
    mine = [one for one in parameters if one.source != BY_CRDS and not one.inactive]
    files = [f"{_full_name(one)} (of {one.source})" for one in mine if one.source.startswith(BY_STAGE)]
    mine = [one for one in mine if not one.source.startswith(BY_STAGE)]
    passed = (
        [f"Products of earlier stages were handed to {_and(list(dict.fromkeys(files)))}."] if files else []
    )
    if not mine:
        other = "other " if files else ""
        return [
            *passed,
            f"All {other}parameters have the values of the pipeline and of its CRDS parameter files.",
        ]
    told = [
        f"{_full_name(one)} = {value_words(one.value)}{f' {one.unit}' if one.unit and one.value is not None else ''}"
        f"{f' (in {_and(one.filters)})' if one.filters else ''}"
        for one in mine[:_MOST_VALUES]
    ]
    more = len(mine) - len(told)
    verb = "these parameters differ" if len(mine) > 1 else "this parameter differs"
    verb += " from the pipeline's defaults:"
    rest = f", and {more} more that the table of parameters lists" if more else ""
    return [
        *passed,
        f"Apart from the values of CRDS parameter files, {verb} {_and(told) if not rest else ', '.join(told)}{rest}.",
    ]


def _full_name(one: ChangedParameter) -> str:
    """Return the name of a parameter with its step; the stages of this package are single steps of their name."""
    return one.name if "." in one.name else f"{one.stage}.{one.name}"


def _mosaics(records: Sequence[Any], sources: Mapping[str, int]) -> list[str]:
    steps = {
        one["name"]
        for each in records
        for one in each.steps
        if one["name"] not in skipped_steps(each)
        and (one.get("cal_step") == "COMPLETE" or (not one.get("cal_step") and one.get("state") == "done"))
    }
    lines = []
    if "tweakreg" in steps:
        lines.append("Exposures of each filter were aligned with each other by the step tweakreg.")
    if "skymatch" in steps:
        subtracted = {_acted(one, "skymatch.subtract") for one in records} == {"true"}
        more = " and subtracted" if subtracted else ""
        lines.append(f"Sky levels of overlapping exposures were matched{more} by the step skymatch.")
    if "outlier_detection" in steps:
        lines.append("Outliers were rejected by the step outlier_detection.")
    if "resample" in steps:
        told = [
            words.format(_and(values))
            for name, words in _RESAMPLED.items()
            if (values := list(dict.fromkeys(filter(None, (_acted(one, name) for one in records)))))
        ]
        how = f" with {_and(told)}" if told else ""
        lines.append(f"Exposures of each filter were drizzled [Fruchter2002] into a mosaic{how}.")
    if "source_catalog" in steps and sources:
        counted = _and([f"{count} in {name}" for name, count in sources.items()])
        lines.append(f"Sources were found with photutils [Photutils]: {counted}.")
    return lines


def _acted(record: Any, name: str) -> str:
    """Return the value of a parameter in a run, in words; empty when it has none, or did not act."""
    value = (record.resolved | record.settings).get(name)
    if value is None or value == "" or name in record.inactive:
        return ""
    return value_words(value)


def _uses_gaia(program: Program, parameters: Sequence[ChangedParameter]) -> bool:
    names = ("shifts", "image3")
    return not program.simulated and any(
        one.stage in names and not one.inactive and str(one.value).upper().startswith("GAIA")
        for one in parameters
    )


def _short(stage: StageFacts) -> str:
    return stage.title.partition(":")[0]


def _and(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
