"""Which functions of the pipeline are replaced, against which source, and by what."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.steps.acceleration.acceleration import Acceleration, State, owner_of

__all__ = ["ACCELERATIONS", "SWITCH", "accelerated", "acceleration_states", "stock_function", "switched_off"]

SWITCH = "MIRI_WIDGETS_ACCELERATION_OFF"
"""Environment variable: names that are switched off, separated by commas; ``all`` for every one."""


def _importable(names: Sequence[str]) -> Iterator[Any]:
    """Return the modules that there are; those of another version may be missing."""
    for name in names:
        with suppress(ImportError):
            yield import_module(name)


def stock_function(target: str) -> Any:
    """
    Return a function of the pipeline as it is installed, also while it is replaced.

    Parameters
    ----------
    target : str
        ``module:function`` or ``module:Class.method``.
    """
    return _kept[target] if target in _kept else owner_of(target)[2]


_kept: dict[str, Any] = {}
"""Functions that are replaced at the moment."""


ACCELERATIONS = (
    Acceleration(
        "emi_correction",
        "jwst.emicorr.emicorr:emicorr_refwave",
        "b7804186843d6fa8e061571447bdbe3df1f1f9a2f84716a78c3ef72b031e1763",
        "miri_widgets.steps.acceleration.emi_correction:emicorr_refwave",
        "sums a million pixels by phase in a loop of Python",
    ),
    Acceleration(
        "jump_medians",
        "stcal.jump.twopoint_difference:run_jump_detection",
        "aff14c0449d34cbe608f06c0d6e5586cf1a484d773febd75e0477fc32e16e56c",
        "miri_widgets.steps.acceleration.jump_medians:run_jump_detection",
        "takes medians of rows by masked arrays",
    ),
    Acceleration(
        "jump_clipped_medians",
        "stcal.jump.twopoint_difference:calc_med_first_diffs",
        "ac5a30c85044b75316181001a4c04457d86d8bd2575ab2b213f08d4906195ba7",
        "miri_widgets.steps.acceleration.jump_medians:calc_med_first_diffs",
        "takes medians by masked arrays",
    ),
    Acceleration(
        "schema_loading",
        "asdf.schema:_make_schema_loader",
        "faaf19e1cd3230bdb08e1c899e5cee25d3bfd9c830c6137e87b3f91a21335070",
        "miri_widgets.steps.acceleration.schema_loading:make_schema_loader",
        "parses the same schemas from YAML for every file",
    ),
    Acceleration(
        "emi_waveforms",
        "jwst.emicorr.emicorr:EMIfitter.__init__",
        "00b9bed29037762b16f2c3eac33fbff13970f3e6f05e5a4793b1a76fef2da1e8",
        "miri_widgets.steps.acceleration.emi_fit:fill_fitter",
        "evaluates the waveform at five hundred phases, one by one",
    ),
    Acceleration(
        "emi_amplitudes",
        "jwst.emicorr.emicorr:calc_chisq_amplitudes",
        "4e7856df0db01f584c6d4647cbd302bb320507fa82ffed3704eb20dc264c9643",
        "miri_widgets.steps.acceleration.emi_fit:calc_chisq_amplitudes",
        "sums anew for each phase and each integration, in Python",
        relies_on=("jwst.emicorr.emicorr:EMIfitter.__init__",),
    ),
    Acceleration(
        "jump_iterations",
        "stcal.jump.twopoint_difference:iterative_jump",
        "a1ca8184b64bc5dd8b63fa16c2d7f0b04db295d9309f4495569c90273d900ea5",
        "miri_widgets.steps.acceleration.jump_iterations:iterative_jump",
        "works on the whole image again for the few pixels with a jump",
        relies_on=("stcal.jump.twopoint_difference:get_cr_locs",),
    ),
    Acceleration(
        "pixel_coupling",
        "jwst.ipc.ipc_corr:ipc_convolve",
        "531e1299718a7d9485012e17a5007c8f164d1ed55bce79aa6f59ba4b45b0566f",
        "miri_widgets.steps.acceleration.pixel_coupling:ipc_convolve",
        "multiplies images that do not fit into the cache",
    ),
    Acceleration(
        "saturation_growth",
        "stcal.saturation.saturation:_adjacent_pixels",
        "ad1bc16706f1559f6c9f6222561150f08c65c432bc6b45d47a9fc35fa1a0ee08",
        "miri_widgets.steps.acceleration.saturation_growth:adjacent_pixels",
        "shifts the whole image for few saturated pixels",
    ),
    Acceleration(
        "reference_flags",
        "stdatamodels.dynamicdq:dynamic_mask",
        "1dfd7133999f980a811bb1e52d1e5673c4a907f5ee509e8824d65d1e6a022717",
        "miri_widgets.steps.acceleration.flag_masks:dynamic_mask",
        "goes through all pixels for each kind of flag",
        imported_by=(
            "stdatamodels.jwst.datamodels.model_base",
            "stdatamodels.jwst.datamodels.reference",
        ),
    ),
    Acceleration(
        "metadata_checks",
        "stdatamodels.validate:_check_value",
        "8bf39f3e96de6a04f2d87dd953d3113c552e86c7b695964c656ce729f7b4946d",
        "miri_widgets.steps.acceleration.value_checks:check_value",
        "makes a validator for each value of the metadata",
        relies_on=("asdf.schema:validate", "asdf.schema:_create_validator", "asdf.schema:get_validator"),
    ),
    Acceleration(
        "header_configuration",
        "astropy.config.configuration:ConfigItem.__call__",
        "6bbba26c18b0b03ec161b15cfef7e67161c0a5c3b6b03dc1f95de6a63a3424d9",
        "miri_widgets.steps.acceleration.configuration_values:configuration_value",
        "checks the configuration again for each card of a header",
        relies_on=("astropy.config.configuration:get_config", "astropy.config.configuration:ConfigItem.set"),
    ),
    Acceleration(
        "metadata_reading",
        "stdatamodels.jwst.datamodels.util:read_metadata",
        "bd1cb86be858bf7570967ffa2a792b14a0ef6f8010de05b10190526fa50df107",
        "miri_widgets.steps.acceleration.metadata_reading:read_metadata",
        "reads the metadata of the same file again for each configuration",
        imported_by=("stdatamodels.jwst.datamodels", "jwst.stpipe.core", "jwst.datamodels.library"),
    ),
    Acceleration(
        "reference_choice",
        "crds.core.heavy_client:hv_best_references",
        "25125658ce401105f15b21d763df12269500692cb511d0012b7352dd4f8eb72e",
        "miri_widgets.steps.acceleration.reference_choice:hv_best_references",
        "chooses from the whole metadata again for each step",
        relies_on=(
            "crds.core.utils:condition_header",
            "crds.core.rmap:Mapping.minimize_header",
            "crds.jwst.locate:fits_to_parkeys",
        ),
    ),
    Acceleration(
        "schema_copies",
        "asdf.schema:load_schema",
        "4b4db745c80467b78d7c98e67538ce9834d66d7a4635f20ee66cc586f78cdb19",
        "miri_widgets.steps.acceleration.schema_loading:load_schema",
        "copies schemas node by node",
    ),
)
"""In the order in which they act."""


def switched_off() -> tuple[str, ...]:
    """Return the names that the environment variable `SWITCH` switches off, sorted."""
    return tuple(sorted({name.strip() for name in os.environ.get(SWITCH, "").split(",")} - {""}))


def acceleration_states(
    off: Collection[str] = (), *, known: Sequence[Acceleration] = ACCELERATIONS
) -> dict[str, State]:
    """
    Tell which accelerations would act here.

    Parameters
    ----------
    off : collection of str, optional
        Names that are switched off, beside those of the environment variable `SWITCH`; ``all`` for every one.
    known : sequence of Acceleration, optional
        Those that there are.

    Returns
    -------
    dict of str to State
        By name.

    Raises
    ------
    ParameterError
        If a name is none of `known`.
    """
    unwanted = {*off, *switched_off()}
    names = [acceleration.name for acceleration in known]
    for name in sorted(unwanted - {*names, "all"}):
        raise ParameterError(
            f"no acceleration is called {name[:60]!r}",
            f"all or one of {', '.join(names)}",
            "correct the name",
        )
    return {
        acceleration.name: State.OFF if unwanted & {acceleration.name, "all"} else acceleration.state()
        for acceleration in known
    }


@contextmanager
def accelerated(
    off: Collection[str] = (), *, known: Sequence[Acceleration] = ACCELERATIONS
) -> Iterator[dict[str, State]]:
    """
    Replace the slow functions as long as the context lasts.

    Parameters
    ----------
    off : collection of str, optional
        Names that are switched off; see `acceleration_states`.
    known : sequence of Acceleration, optional
        Those that there are.

    Yields
    ------
    dict of str to State
        By name; those that are `State.ON` act.

    Notes
    -----
    Functions are replaced in their module, for the whole process: this is for processes that do one run.
    """
    states = acceleration_states(off, known=known)
    replaced: list[tuple[Any, str, Any]] = []
    targets: list[str] = []
    try:
        for acceleration in known:
            if states[acceleration.name] is not State.ON:
                continue
            owner, name, function = acceleration.stock()
            *_, replacement = owner_of(acceleration.replacement)
            _kept.setdefault(acceleration.target, function)
            targets.append(acceleration.target)
            for holder in (owner, *_importable(acceleration.imported_by)):
                # a module of another version may not take it by its name
                if getattr(holder, name, None) is function:
                    setattr(holder, name, replacement)
                    replaced.append((holder, name, function))
        yield states
    finally:
        for holder, name, function in reversed(replaced):
            setattr(holder, name, function)
        for target in targets:
            _kept.pop(target, None)
