"""The sky of a program that has dedicated exposures of empty sky among its own: which are which is told by observation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.sky.subtraction import subtract_sky
from miri_widgets.errors import ParameterError

__all__ = ["observation_of", "subtract_program_sky"]


def observation_of(root: str) -> str:
    """Return the observation number, three digits, of an exposure's name; empty when it has none."""
    digits = root[7:10] if root.startswith("jw") else ""
    return digits if digits.isdecimal() else ""


def subtract_program_sky(
    exposures: Sequence[ExposureArrays],
    *,
    background_observations: Sequence[str] = (),
    backgrounds: Sequence[ExposureArrays] = (),
    **settings: Any,
) -> CorrectionResult:
    """
    Subtract the sky, made of the exposures themselves or of some observations among them.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        All exposures of a filter. Not modified.
    background_observations : sequence of str
        Observation numbers, such as "040", whose exposures are dedicated to the sky.
    backgrounds : sequence of ExposureArrays
        More dedicated exposures, which are not among `exposures` and are not corrected.
    **settings
        As of `miri_widgets.core.sky.subtraction.subtract_sky`.

    Returns
    -------
    CorrectionResult
        All exposures in their order: the dedicated ones have the same sky subtracted.

    Raises
    ------
    ParameterError
        If the method is "background" and there is no dedicated exposure, or no other, or if observations are named
        for another method.
    InputError, MixedExposuresError
        As `miri_widgets.core.sky.subtraction.subtract_sky`.
    """
    wanted = {str(one).strip().zfill(3) for one in background_observations if str(one).strip()}
    dedicated_method = settings.get("method", "self") == "background"
    if not dedicated_method:
        if wanted:
            raise ParameterError(
                f"background_observations = {', '.join(sorted(wanted))} with method = "
                f"{settings.get('method', 'self')}",
                "method = background with them",
                "change the method, or name no observations",
            )
        outcome = subtract_sky(exposures, **settings)
        if not backgrounds:
            return outcome
        unused = (
            f"{len(backgrounds)} background exposures take no part in method = {settings.get('method', 'self')}: "
            "method = background makes the sky of them."
        )
        return replace(outcome, warnings=(*outcome.warnings, unused))
    places = [index for index, planes in enumerate(exposures) if observation_of(planes.root) in wanted]
    total = len(places) + len(backgrounds)
    if not total or len(places) == len(exposures) or (wanted and not places):
        raise ParameterError(
            f"{len(places)} of {len(exposures)} exposures belong to background_observations = "
            f"{', '.join(sorted(wanted)) or 'none'}",
            "some, and some of the science field",
            "name the observations of the empty field, such as 040, or give its exposures as background members of "
            "an association",
        )

    def dedicated(index: int) -> ExposureArrays:
        return exposures[places[index]] if index < len(places) else backgrounds[index - len(places)]

    return subtract_sky(exposures, backgrounds=Lazy(total, dedicated), **settings)
