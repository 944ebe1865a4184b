"""The header of a simulated raw exposure, as complete as the one of a real exposure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from miri_widgets.simulation.instrument import APERTURES, PIXEL_ARCSEC
from miri_widgets.simulation.plan import PlannedExposure, duration_seconds
from miri_widgets.simulation.pointing import Pointing, moved
from miri_widgets.simulation.program import SimulatedProgram

if TYPE_CHECKING:
    from stdatamodels.jwst.datamodels import JwstDataModel

__all__ = ["apply_header", "exposure_header", "pointing_header"]

_VISIT_PREPARATION_DAYS = 600 / 86400


def exposure_header(program: SimulatedProgram, exposure: PlannedExposure) -> dict[str, Any]:
    """
    Return the metadata of an exposure.

    Parameters
    ----------
    program : SimulatedProgram
        The program.
    exposure : PlannedExposure
        The exposure.

    Returns
    -------
    dict
        Values by dotted name below ``meta`` of a JWST data model, such as ``"exposure.ngroups"``.
    """
    return {
        "telescope": "JWST",
        "origin": "SIMULATION",
        "filetype": "uncalibrated",
        "data_processing_software_version": "simulated",
        "filename": exposure.name.filename,
        "time_sys": "UTC",
        "coordinates.reference_frame": "ICRS",
        **_instrument(program, exposure),
        **_timing(program, exposure),
        **_observation(program, exposure),
        **_target(program, exposure),
        **pointing_header(exposure.planned, program.window.aperture, program.window.pps_aperture),
    }


def apply_header(model: JwstDataModel, values: dict[str, Any]) -> None:
    """
    Set the values of `exposure_header` in a data model, in place.

    Parameters
    ----------
    model : JwstDataModel
        Changed in place.
    values : dict
        As `exposure_header` returns them.
    """
    for name, value in values.items():
        model[f"meta.{name}"] = value


def pointing_header(pointing: Pointing, aperture: str, pps_aperture: str) -> dict[str, Any]:
    """
    Return the metadata from which the pipeline makes the WCS; same form as `exposure_header`.

    Parameters
    ----------
    pointing : Pointing
        Attitude of the telescope.
    aperture : str
        Aperture of the pointing.
    pps_aperture : str
        Aperture that the planning system names.
    """
    siaf = APERTURES[aperture]
    ra_v1, dec_v1, pa_v3 = pointing.boresight()
    angle = np.deg2rad(pointing.roll + siaf.v3_angle)
    return {
        "aperture.name": aperture,
        "aperture.pps_name": pps_aperture,
        "aperture.position_angle": (pointing.roll + siaf.v3_angle) % 360,
        "pointing.ra_v1": ra_v1,
        "pointing.dec_v1": dec_v1,
        "pointing.pa_v3": pa_v3,
        "velocity_aberration.scale_factor": pointing.scale,
        "velocity_aberration.va_ra_ref": pointing.ra,
        "velocity_aberration.va_dec_ref": pointing.dec,
        "wcsinfo.v2_ref": pointing.v2,
        "wcsinfo.v3_ref": pointing.v3,
        "wcsinfo.v3yangle": siaf.v3_angle,
        "wcsinfo.vparity": -1,
        "wcsinfo.ra_ref": pointing.ra,
        "wcsinfo.dec_ref": pointing.dec,
        "wcsinfo.roll_ref": pointing.roll,
        "wcsinfo.wcsaxes": 2,
        "wcsinfo.ctype1": "RA---TAN",
        "wcsinfo.ctype2": "DEC--TAN",
        "wcsinfo.cunit1": "deg",
        "wcsinfo.cunit2": "deg",
        "wcsinfo.crpix1": siaf.x,
        "wcsinfo.crpix2": siaf.y,
        "wcsinfo.crval1": pointing.ra,
        "wcsinfo.crval2": pointing.dec,
        "wcsinfo.cdelt1": PIXEL_ARCSEC / 3600,
        "wcsinfo.cdelt2": PIXEL_ARCSEC / 3600,
        "wcsinfo.pc1_1": -np.cos(angle),
        "wcsinfo.pc1_2": np.sin(angle),
        "wcsinfo.pc2_1": np.sin(angle),
        "wcsinfo.pc2_2": np.cos(angle),
    }


def _instrument(program: SimulatedProgram, exposure: PlannedExposure) -> dict[str, Any]:
    window = program.window
    return {
        "instrument.name": "MIRI",
        "instrument.detector": "MIRIMAGE",
        "instrument.filter": exposure.filter,
        "instrument.ccc_state": "OPEN",
        "instrument.lamp_state": "OFF",
        "subarray.name": window.name,
        "subarray.xstart": window.xstart,
        "subarray.ystart": window.ystart,
        "subarray.xsize": window.xsize,
        "subarray.ysize": window.ysize,
        "subarray.fastaxis": 1,
        "subarray.slowaxis": 2,
    }


def _timing(program: SimulatedProgram, exposure: PlannedExposure) -> dict[str, Any]:
    frame, duration = program.window.frame_time, duration_seconds(program, exposure.filter)
    setup, dithers = program.setup(exposure.filter), program.dithers_of(exposure.tile)
    start, end = exposure.start_mjd, exposure.start_mjd + duration / 86400
    middle = (start + end) / 2
    return {
        "exposure.type": "MIR_IMAGE",
        "exposure.readpatt": "FASTR1",
        "exposure.nints": setup.nints,
        "exposure.ngroups": setup.ngroups,
        "exposure.nframes": 1,
        "exposure.groupgap": 0,
        "exposure.nsamples": 1,
        "exposure.sample_time": 10.0,
        "exposure.noutputs": 4,
        "exposure.frame_time": frame,
        "exposure.group_time": frame,
        "exposure.integration_time": frame * setup.ngroups,
        "exposure.exposure_time": duration,
        "exposure.effective_exposure_time": duration,
        "exposure.duration": duration,
        "exposure.elapsed_exposure_time": duration,
        "exposure.nresets_at_start": 0,
        "exposure.nresets_between_ints": 1,
        "exposure.frame_divisor": 1,
        "exposure.drop_frames1": 0,
        "exposure.integration_start": 1,
        "exposure.integration_end": setup.nints,
        "exposure.zero_frame": False,
        "exposure.data_problem": False,
        "exposure.prime_parallel": "PRIME",
        "exposure.sca_num": 493,
        "exposure.count": len(dithers),
        "exposure.start_time": start,
        "exposure.mid_time": middle,
        "exposure.end_time": end,
        "exposure.start_time_mjd": start,
        "exposure.mid_time_mjd": middle,
        "exposure.end_time_mjd": end,
    }


def _observation(program: SimulatedProgram, exposure: PlannedExposure) -> dict[str, Any]:
    name, dithers = exposure.name, program.dithers_of(exposure.tile)
    x_y = dithers[exposure.dither]
    start, end = exposure.start_mjd, exposure.start_mjd + duration_seconds(program, exposure.filter) / 86400
    begin = program.start_mjd if exposure.tile.start_mjd is None else exposure.tile.start_mjd
    begun = _isot(start)
    visit = name.program + name.observation + name.visit
    return {
        "observation.date": begun[:10],
        "observation.time": begun[11:],
        "observation.date_beg": begun,
        "observation.date_end": _isot(end),
        "observation.obs_id": f"V{visit}P00000000{name.visit_group}{name.sequence}{name.activity}",
        "observation.visit_id": visit,
        "observation.program_number": name.program,
        "observation.observation_number": name.observation,
        "observation.visit_number": name.visit,
        "observation.visit_group": name.visit_group,
        "observation.sequence_id": name.sequence,
        "observation.activity_id": name.activity,
        "observation.exposure_number": str(int(name.exposure)),
        "observation.observation_label": program.title[:60],
        "observation.template": "MIRI Imaging",
        "observation.bkgdtarg": exposure.tile.background,
        "program.title": program.title,
        "program.pi_name": "Simulated, Investigator",
        "program.category": "CAL",
        "visit.status": "SUCCESSFUL",
        "visit.type": "PRIME_TARGETED_FIXED",
        "visit.start_time": _isot(begin - _VISIT_PREPARATION_DAYS).replace("T", " "),
        "visit.total_exposures": exposure.tile.sets * len(program.filters) * len(dithers),
        "visit.engineering_quality": "OK",
        "visit.engdb_pointing_quality": "CALCULATED_TRACK_TR_202111",
        "visit.internal_target": False,
        "visit.tsovisit": False,
        "visit.too_visit": False,
        "visit.crowded_field": False,
        "visit.exp_only": False,
        "dither.primary_type": "CYCLING" if len(dithers) > 1 else "NONE",
        "dither.pattern_size": "LARGE" if len(dithers) > 1 else "NONE",
        "dither.position_number": exposure.dither + 1,
        "dither.pattern_start": 1,
        "dither.total_points": len(dithers),
        "dither.x_offset": float(x_y[0]),
        "dither.y_offset": float(x_y[1]),
    }


def _target(program: SimulatedProgram, exposure: PlannedExposure) -> dict[str, Any]:
    target = program.target or program.name.upper()
    if exposure.tile.background:
        target += "-BACKGROUND"
    # guide stars lie in the FGS fields, some arcmin away
    gs_ra, gs_dec = moved(exposure.planned.ra, exposure.planned.dec, 310.0, -260.0)
    return {
        "target.catalog_name": target,
        "target.proposer_name": target,
        "target.type": "FIXED",
        "target.source_type": "EXTENDED",
        "target.ra": program.ra,
        "target.dec": program.dec,
        "target.proposer_ra": program.ra,
        "target.proposer_dec": program.dec,
        "guidestar.gs_id": exposure.tile.guide_star,
        "guidestar.gs_order": 1,
        "guidestar.gs_ra": float(gs_ra),
        "guidestar.gs_dec": float(gs_dec),
        "guidestar.gs_mag": 13.3,
        "guidestar.gs_pcs_mode": "FINEGUIDE",
        "guidestar.gs_start_time": _isot(exposure.start_mjd - _VISIT_PREPARATION_DAYS / 2).replace("T", " "),
    }


def _isot(mjd: float) -> str:
    from astropy.time import Time

    return str(Time(mjd, format="mjd", scale="utc").isot)
