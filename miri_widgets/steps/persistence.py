"""
The step ``miri_persistence``: raw exposures in, one mask of after-images per exposure out, for ``dq_init``.

Saturation is found by the unmodified ``dq_init`` and ``saturation`` steps of the pipeline, in memory; the raw files
stay as they are. The ``persistence`` step of the pipeline remains what flags groups within an exposure.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jwst.dq_init import DQInitStep
from jwst.saturation import SaturationStep
from numpy.typing import NDArray
from stdatamodels.jwst import datamodels

from miri_widgets.core.areas import imager_area
from miri_widgets.core.dq import has
from miri_widgets.core.persistence.persistence import PersistenceMask, filter_thresholds, persistence_masks
from miri_widgets.core.persistence.saturated_pixels import FULL_SHAPE, SaturationMap, Target, saturated_map
from miri_widgets.core.validation.figures import Proof
from miri_widgets.core.validation.mask_validation import prove_masks
from miri_widgets.core.validation.validation import judged
from miri_widgets.errors import WrongSuffixError
from miri_widgets.products.association import BACKGROUND, SCIENCE, read_members
from miri_widgets.products.exposure import psf_fwhm_pixels
from miri_widgets.products.names import root_of
from miri_widgets.products.pixel_masks import read_pixel_mask
from miri_widgets.steps.conditions import given, is_not, not_ending, rule, value
from miri_widgets.steps.miri_step import MiriStep
from miri_widgets.steps.model_arrays import integration_starts, require_miri_imager
from miri_widgets.steps.stage import ChainPreset, Chart, RunCost, Scope, Section, Stage, TimelineChart

__all__ = ["STAGE", "MaskModels", "PersistenceMaskStep"]

log = logging.getLogger(f"stpipe.{__name__}")

_MUCH = 0.2

STAGE = Stage(
    name="persistence",
    title="Persistence: after-images across exposures",
    summary="Masks pixels that earlier exposures of any filter have filled, for as long as the image lasts.",
    methods="Pixels that earlier exposures had filled were masked for as long as their after-images lasted.",
    version=3,
    pipeline="miri_widgets.steps.persistence.PersistenceMaskStep",
    scope=Scope.PROGRAM,
    takes="uncal",
    gives=("dqmask",),
    main="dqmask",
    steps=("miri_persistence",),
    essential=(
        "trigger",
        "dose",
        "negative_dose",
        "positive_minutes",
        "negative_hours",
        "unsaturated_groups",
        "groups_by_filter",
        "grow_pixels",
        "user_mask",
        "do_not_use",
    ),
    optional=True,
    each=True,
    chain_presets=(ChainPreset.EVERY_CORRECTION,),
    acting=(
        rule(given("user_mask"), "one_based"),
        rule(not_ending("user_mask", ".fits", ".fit", ".fits.gz"), "one_based", "An image counts no pixels."),
        rule(value("trigger", "saturation"), "unsaturated_groups groups_by_filter negative_groups"),
        rule(value("trigger", "dose"), "dose negative_dose"),
        rule(is_not("negative_hours", 0.0), "negative_groups negative_dose"),
    ),
    sections=(Section.CHARTS, Section.PROOF),
    charts=(Chart.AFTERIMAGES, TimelineChart("saturated", "saturated pixels")),
    # a guess from the work that it does
    cost=RunCost(1.0, 0.3, 0.5, 0.1),
)


class MaskModels(Sequence[Any]):
    """
    The masks as data models, each made when it is asked for: hundreds of them need little memory.

    Parameters
    ----------
    masks : sequence of PersistenceMask
        The masks.
    headers : sequence of MaskModel
        Models that have all but the flags. Not modified.
    do_not_use : bool
        Whether after-images are DO_NOT_USE.
    """

    def __init__(self, masks: Sequence[PersistenceMask], headers: Sequence[Any], do_not_use: bool) -> None:
        self.masks = tuple(masks)
        self._headers = tuple(headers)
        self._do_not_use = do_not_use

    def __len__(self) -> int:
        return len(self.masks)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        model = self._headers[index].copy()
        # models of reference files leave out the extension from which products are recognised
        model._no_asdf_extension = False
        model.dq = self.masks[index].dq(do_not_use=self._do_not_use)
        model.add_history_entry(_note(self.masks[index]))
        return model


class PersistenceMaskStep(MiriStep):
    """Mask after-images of pixels that earlier exposures of any filter have saturated."""

    class_alias = "miri_persistence"

    spec = """
        trigger = option('dose', 'saturation', default='dose')  # What leaves an after-image: charge that was collected, or early saturation.
        dose = float(min=0.05, max=1000, default=0.5)  # Mask pixels that collected so much charge above the sky. [full wells]
        negative_dose = float(min=0.05, max=1000, default=1.2)  # Mask pixels that collected so much for the negative hours. [full wells]
        unsaturated_groups = integer(min=0, max=1000, default=1000)  # Mask pixels that saturate after at most so many groups; 1000 for all that do. [groups]
        groups_by_filter = string_list(default=list())  # Other numbers of groups for saturation in some filters, as F1500W=5.
        positive_minutes = float(min=0, max=1440, default=30)  # Mask after-images for this long after saturation. [min]
        negative_hours = float(min=0, max=240, default=24)  # Mask pixels with long-lived negative after-images for this long. 0 for none. [h]
        negative_groups = integer(min=0, max=1000, default=0)  # At most so many unsaturated groups of those. [groups]
        grow_pixels = integer(min=0, max=10, default=0)  # Mask neighbours of saturated pixels within this distance. [pixels]
        do_not_use = boolean(default=True)  # Leave the pixels out; else they are only flagged PERSISTENCE.
        user_mask = string(default=None)  # Further pixels to leave out of all exposures: FITS image, or a list of x y.
        prove = boolean(default=True)  # Tell what the masks take from sources at random places.
        one_based = boolean(default=True)  # That list counts pixels from 1, as DS9 does; else from 0.
    """

    def process(self, source: Any) -> MaskModels:
        """
        Make one mask per exposure, and save it when results are saved.

        Parameters
        ----------
        source : str, list, RampModel
            An association, files, or data models: uncal or ramp, of any filters and subarrays, in any order. They
            are read one at a time and not modified.

        Returns
        -------
        MaskModels
            In the order of the input; files are named ``ROOT_dqmask.fits``.
        """
        # read first: a mask that cannot be used is refused before an hour of reading
        thresholds, user = filter_thresholds(self.groups_by_filter), self._user()
        events, headers = [], []
        for member in _members(source):
            event, header = self._saturated_pixels(member)
            events.append(event)
            headers.append(header)
        masks = persistence_masks(
            events,
            [event.target for event in events],
            trigger=self.trigger,
            dose=self.dose,
            negative_dose=self.negative_dose,
            unsaturated_groups=self.unsaturated_groups,
            groups_by_filter=thresholds,
            positive_minutes=self.positive_minutes,
            negative_hours=self.negative_hours,
            negative_groups=self.negative_groups,
            user=user,
        )
        models = MaskModels(masks, headers, self.do_not_use)
        self._report(events, masks)
        if self.save_results:
            for model in models:
                self.finalize_result(model, [])
                # stpipe takes only suffixes that it knows off a name before it adds one
                model.meta.filename = model.meta.filename.replace("_dqmask", "")
                self.save_model(model, "dqmask")
        return models

    def _user(self) -> Any:
        if self.user_mask in (None, "", "None"):
            return None
        return read_pixel_mask(Path(self.user_mask), FULL_SHAPE, one_based=self.one_based)

    def _saturated_pixels(self, member: Any) -> tuple[SaturationMap, Any]:
        """Find the saturated pixels of one exposure; return them, and its header as a mask without flags."""
        with datamodels.open(member) as model:
            _require_ramp(model)
            grow = 0
            if model.meta.cal_step.saturation == "COMPLETE":
                ramp = model
            else:
                # bad pixels must not grow, so growing waits until they are left out
                raw = (
                    datamodels.RampModel(member)
                    if isinstance(member, str)
                    else datamodels.RampModel(member.copy())
                )
                ramp = DQInitStep.call(raw, configure_log=False)
                ramp = SaturationStep.call(ramp, n_pix_grow_sat=0, configure_log=False)
                grow = self.grow_pixels
            target, starts = _when_and_where(ramp)
            event = saturated_map(
                np.asarray(ramp.groupdq),
                target,
                starts,
                group_seconds=float(ramp.meta.exposure.group_time),
                ignored=has(np.asarray(ramp.pixeldq), "DO_NOT_USE", "HOT", "DEAD", "REFERENCE_PIXEL"),
                grow=grow,
                data=np.asarray(ramp.data) if self.trigger == "dose" else None,
                full_well=_full_well(ramp) if self.trigger == "dose" else None,
                least_dose=min(self.dose, self.negative_dose),
            )
            header = datamodels.MaskModel()
            header.update(ramp, only="PRIMARY")
            header.meta.filename = f"{target.root}_dqmask.fits"
            if ramp is not model:
                ramp.close()
        log.info("%s: %d filled pixels, %d of them saturated", target.root, len(event), event.saturated)
        return event, header

    def _report(self, events: Sequence[SaturationMap], masks: Sequence[PersistenceMask]) -> None:
        exposures, warnings = {}, []
        for event, mask in zip(events, masks, strict=True):
            facts = {**mask.facts, "saturated": event.saturated, "filled": len(event)}
            exposures[mask.target.root] = facts
            log.info("%s: %s", mask.target.root, _note(mask))
            if facts["fraction"] > _MUCH:
                warnings.append(
                    f"{facts['fraction']:.0%} of {mask.target.root} are masked: shorten the time, or raise the "
                    "dose."
                )
        if masks and not any(exposures[root]["filled"] for root in exposures):
            warnings.append("No pixel was filled in any exposure, so that no after-image is to be expected.")
        if undated := [mask.target.root for mask in masks if math.isnan(mask.target.start_mjd)]:
            warnings.append(
                f"{', '.join(undated[:3])}{' and others' if len(undated) > 3 else ''} say no date (EXPSTART, MJD-BEG, DATE-BEG, "
                "DATE-OBS): no after-image is sought in them or from them."
            )
        for line in warnings:
            log.warning("%s", line)
        validation = self._prove(masks) if self.prove and masks else None
        for line in validation.sentences if validation else ():
            log.info("%s", line)
        common = {
            "saturated": sum(event.saturated for event in events),
            "filled": sum(len(event) for event in events),
            "masked": sum(mask.count for mask in masks),
        }
        self.report = {
            "exposures": exposures,
            "common": common,
            "warnings": warnings,
            "proof": validation.to_dict() if validation else None,
        }

    def _prove(self, masks: Sequence[PersistenceMask]) -> Proof:
        """Tell what the masks take from sources at random places of the imager."""
        return judged(lambda: self._validation_of(masks), len(masks))

    @staticmethod
    def _validation_of(masks: Sequence[PersistenceMask]) -> Proof:
        flags = [mask.dq(do_not_use=True) != 0 for mask in masks]
        fields = [imager_area(mask.target.shape, mask.target.corner) for mask in masks]
        # a subarray within the coronagraphs has no imager field
        fields = [field if field.any() else np.ones_like(field) for field in fields]
        widths = [psf_fwhm_pixels(mask.target.filter) for mask in masks]
        return prove_masks(flags, fields, widths, [mask.target.root for mask in masks])


def _members(source: Any) -> Iterator[Any]:
    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix.lower() != ".json":
            yield str(path)
            return
        # dedicated exposures of the sky leave and show after-images as others do
        for member in read_members(path):
            if member.exptype in (SCIENCE, BACKGROUND):
                yield str(member.path)
    elif isinstance(source, datamodels.JwstDataModel):
        yield source
    else:
        yield from (str(entry) if isinstance(entry, Path) else entry for entry in source)


def _full_well(ramp: Any) -> NDArray[np.float64]:
    """Return the level at which pixels saturate, DN, from the reference file of the saturation step."""
    name = SaturationStep().get_reference_file(ramp, "saturation")
    ny, nx = ramp.groupdq.shape[2:]
    if name == "N/A":
        return np.full((ny, nx), np.nan)
    with datamodels.SaturationModel(name) as reference:
        level = np.asarray(reference.data, float)
        if level.shape != (ny, nx):
            x, y = int(ramp.meta.subarray.xstart or 1) - 1, int(ramp.meta.subarray.ystart or 1) - 1
            level = level[y : y + ny, x : x + nx]
    return np.where(level > 0, level, np.nan)


def _require_ramp(model: Any) -> None:
    if not isinstance(model, datamodels.RampModel | datamodels.Level1bModel):
        raise WrongSuffixError(
            f"{model.meta.filename} is a {type(model).__name__}",
            "raw exposures (uncal or ramp)",
            "choose those",
        )
    require_miri_imager(model)


def _when_and_where(ramp: Any) -> tuple[Target, list[float]]:
    """Return the exposure as a target, and when each of its integrations started, MJD UTC."""
    starts, length = integration_starts(ramp)
    target = Target(
        root=root_of(str(ramp.meta.filename or "")),
        filter=str(ramp.meta.instrument.filter or ""),
        start_mjd=starts[0],
        end_mjd=starts[-1] + length / 86400,
        shape=ramp.groupdq.shape[2:],
        corner=(int(ramp.meta.subarray.xstart or 1) - 1, int(ramp.meta.subarray.ystart or 1) - 1),
    )
    return target, starts


def _note(mask: PersistenceMask) -> str:
    facts = mask.facts
    return (
        f"{facts['masked']} pixels ({facts['fraction']:.2%}) masked: {facts['positive']} after-images, "
        f"{facts['negative']} long-lived, {facts['user']} by the user; of {len(mask.causes)} earlier exposures"
    )
