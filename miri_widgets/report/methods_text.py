"""The methods paragraph of a reduction and the works to cite for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.program import Program
from miri_widgets.report.citations import CITATIONS
from miri_widgets.report.facts import StageFacts, run_count_text
from miri_widgets.report.parameters import BY_CRDS, BY_STAGE, ChangedParameter
from miri_widgets.report.record_facts import skipped_steps
from miri_widgets.report.texts import number_text

__all__ = ["methods", "value_text"]

_MAX_VALUES = 6
_RESAMPLED = {
    "resample.pixel_scale": "a pixel scale of {} arcsec",
    "resample.pixfrac": "pixfrac {}",
    "resample.kernel": "the {} kernel",
}
"""Settings given for the mosaics; where mosaics differ, all of their values."""


def value_text(value: Any) -> str:
    """
    Format the value of a parameter.

    Parameters
    ----------
    value : object
        A value of any type.

    Returns
    -------
    str
        The text; a dash for no value.
    """
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(value_text, value)) or "none"
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
    Describe the reduction; only what records prove is stated.

    A stage is named if it is complete in a run and was not skipped there. Citations are keys of
    `miri_widgets.report.citations.CITATIONS` in square brackets.

    Parameters
    ----------
    program : Program
        The reduced program.
    exposures : sequence of Exposure
        Exposures that are included.
    stages : sequence of StageFacts
        States of the stages.
    parameters : sequence of ChangedParameter
        Parameters that differ from their defaults.
    versions : mapping of str to str
        Versions by package.
    contexts : sequence of str
        CRDS contexts.
    records : sequence of Record
        Records of complete runs.
    sources : mapping of str to int
        Number of sources by mosaic.
    rejected : int
        Number of exposures left out of the mosaics.

    Returns
    -------
    tuple of str
        Sentences.
    tuple of str
        Keys of the works cited, in order of appearance.
    """
    completed = [stage for stage in stages if stage.done and stage.acted]
    lines = [_data(program, exposures, rejected), _pipeline(versions, contexts, bool(program.simulated))]
    own = [stage for stage in completed if stage.own]
    lines += [_stage(stage, versions) for stage in completed if stage.own or stage.methods]
    lines += _changed(parameters)
    mosaics = [record for record in records if record.stage == "image3"]
    if mosaics:
        lines += _mosaics(mosaics, sources)
    if own:
        lines.append("miri_widgets used NumPy [Harris2020], SciPy [Virtanen2020] and Astropy [Astropy2022].")
    else:
        lines.append("The pipeline used Astropy [Astropy2022].")
    if _uses_gaia(program, parameters):
        lines.append("Positions were tied to Gaia DR3 [Gaia2023].")
    text = " ".join(lines)
    keys = [segment.partition("]")[0] for segment in text.split("[")[1:]]
    cited = [key for group in keys for key in group.split("; ") if key in CITATIONS]
    return tuple(line for line in lines if line), tuple(dict.fromkeys(cited))


def _stage(stage: StageFacts, versions: Mapping[str, str]) -> str:
    """Describe what a stage did; a stage without a description "was applied"."""
    text = stage.methods or f"The step {_short(stage)} was applied to the data."
    remarks = (
        [f"{_short(stage)}, a step of miri_widgets {versions.get('miri_widgets', '')}".rstrip()]
        if stage.own
        else []
    )
    remarks += [f"in {_and(stage.filters)} only"] if stage.filters else []
    remarks += [f"{stage.done} of {run_count_text(stage.planned)}"] if stage.done < stage.planned else []
    return f"{text.rstrip('.')} ({'; '.join(remarks)})." if remarks else text


def _data(program: Program, exposures: Sequence[Exposure], rejected: int) -> str:
    filters = [name for name in FILTERS if any(exposure.filter == name for exposure in exposures)]
    seconds = sum(exposure.exposure_time for exposure in exposures)
    kind = "simulated exposures" if program.simulated else "exposures"
    of = f" of program {program.program.lstrip('0')}" if program.program else ""
    if len(exposures) == 1:
        kind = kind.removesuffix("s")
    rejected_text = (
        f" Of these, {rejected} {'was' if rejected == 1 else 'were'} rejected and left out of the mosaics."
        if rejected
        else ""
    )
    return (
        f"We reduced {len(exposures)} {kind}{of} of the MIRI imager [Rieke2015; Bouchet2015; Wright2023] in "
        f"{_and(filters)}, with {number_text(round(seconds))} s of exposure time in all.{rejected_text}"
    )


def _pipeline(versions: Mapping[str, str], contexts: Sequence[str], simulated: bool) -> str:
    releases = versions.get("jwst", "unknown").split(" | ")
    version = f"version{'s' if len(releases) > 1 else ''} {_and(releases)}"
    several = "s" if len(contexts) > 1 else ""
    if simulated and contexts:
        # these contexts belong to a simulated cache; they do not exist in CRDS
        context = f" and simulated reference files, context{several} {_and(contexts)}"
    else:
        context = f" and the CRDS context{several} {_and(contexts)} [Greenfield2016]" if contexts else ""
    return f"We used the JWST calibration pipeline {version} [Bushouse]{context}."


def _changed(parameters: Sequence[ChangedParameter]) -> list[str]:
    changed = [
        parameter for parameter in parameters if parameter.source != BY_CRDS and not parameter.inactive
    ]
    inputs = [
        f"{_full_name(parameter)} (of {parameter.source})"
        for parameter in changed
        if parameter.source.startswith(BY_STAGE)
    ]
    changed = [parameter for parameter in changed if not parameter.source.startswith(BY_STAGE)]
    passed = (
        [f"Products of earlier stages were handed to {_and(list(dict.fromkeys(inputs)))}."] if inputs else []
    )
    if not changed:
        adjective = "other " if inputs else ""
        return [
            *passed,
            f"All {adjective}parameters had the values of the pipeline and of its CRDS parameter files.",
        ]
    assignments = [
        f"{_full_name(parameter)} = {value_text(parameter.value)}{f' {parameter.unit}' if parameter.unit and parameter.value is not None else ''}"
        f"{f' (in {_and(parameter.filters)})' if parameter.filters else ''}"
        for parameter in changed[:_MAX_VALUES]
    ]
    more = len(changed) - len(assignments)
    verb = "these parameters differed" if len(changed) > 1 else "this parameter differed"
    verb += " from the pipeline's defaults:"
    rest = f", and {more} more, listed in the table of parameters" if more else ""
    return [
        *passed,
        f"Apart from the values of CRDS parameter files, {verb} {_and(assignments) if not rest else ', '.join(assignments)}{rest}.",
    ]


def _full_name(parameter: ChangedParameter) -> str:
    """Return the name of a parameter with its step; a stage of this package is a single step of the same name."""
    return parameter.name if "." in parameter.name else f"{parameter.stage}.{parameter.name}"


def _mosaics(records: Sequence[Any], sources: Mapping[str, int]) -> list[str]:
    steps = {
        step["name"]
        for record in records
        for step in record.steps
        if step["name"] not in skipped_steps(record)
        and (step.get("cal_step") == "COMPLETE" or (not step.get("cal_step") and step.get("state") == "done"))
    }
    lines = []
    if "tweakreg" in steps:
        lines.append("Exposures of each filter were aligned with each other by the step tweakreg.")
    if "skymatch" in steps:
        subtracted = {_acted(record, "skymatch.subtract") for record in records} == {"true"}
        more = " and subtracted" if subtracted else ""
        lines.append(f"Sky levels of overlapping exposures were matched{more} by the step skymatch.")
    if "outlier_detection" in steps:
        lines.append("Outliers were rejected by the step outlier_detection.")
    if "resample" in steps:
        settings = [
            template.format(_and(values))
            for name, template in _RESAMPLED.items()
            if (values := list(dict.fromkeys(filter(None, (_acted(record, name) for record in records)))))
        ]
        settings_text = f" with {_and(settings)}" if settings else ""
        lines.append(f"Exposures of each filter were drizzled [Fruchter2002] into a mosaic{settings_text}.")
    if "source_catalog" in steps and sources:
        counted = _and([f"{count} in {name}" for name, count in sources.items()])
        lines.append(f"Sources were found with photutils [Photutils]: {counted}.")
    return lines


def _acted(record: Any, name: str) -> str:
    """Format the value of a parameter in a run; empty if it has none or did not act."""
    value = (record.resolved | record.settings).get(name)
    if value is None or value == "" or name in record.inactive:
        return ""
    return value_text(value)


def _uses_gaia(program: Program, parameters: Sequence[ChangedParameter]) -> bool:
    names = ("shifts", "image3")
    return not program.simulated and any(
        parameter.stage in names
        and not parameter.inactive
        and str(parameter.value).upper().startswith("GAIA")
        for parameter in parameters
    )


def _short(stage: StageFacts) -> str:
    return stage.title.partition(":")[0]


def _and(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
