"""
Shifts of an exposure's world coordinates: applied, recorded, replaced and undone.

The correction goes into the tangent plane that ``tweakreg`` uses too, so that it can still run afterwards, and what it
does then is kept when the shift is replaced or undone. The record travels with the exposure: three keywords and a
line of HISTORY for people, and the exact state before the shift for the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jwst.assign_wcs.util import update_s_region_imaging
from numpy.typing import NDArray

from miri_widgets.core.tangent_plane import from_plane, rotation_matrix, to_plane
from miri_widgets.errors import ParameterError
from miri_widgets.steps.sip_keywords import SIP_LIMIT_MAS, SipFit, check_points, fit_sip, sip_error_mas
from miri_widgets.steps.wcs_corrections import correction_of, corrector_of, with_correction

__all__ = [
    "KEYWORDS",
    "Shift",
    "apply_shift",
    "moved_in_plane",
    "plane_turn",
    "recorded_shift",
    "shift_between",
    "undo_shift",
]

KEYWORDS = {
    "SHIFT_DX": ("dx", "[arcsec] WCS shift along RA cos(Dec)"),
    "SHIFT_DY": ("dy", "[arcsec] WCS shift along Dec"),
    "SHIFT_PA": ("rotation", "[deg] WCS rotation, N through E"),
    "SHIFT_BY": ("origin", "where the shift comes from"),
}
"""Keywords of the primary header, with the attribute of `Shift` and the comment of each."""

_LARGEST_ARCSEC = 60.0


@dataclass(frozen=True)
class Shift:
    """
    A correction of an exposure's pointing.

    Attributes
    ----------
    dx, dy : float
        What is added to RA cos(Dec) and Dec at the exposure's reference point, arcsec.
    rotation : float
        What is added to the position angle, degrees from north through east, about the reference point.
    origin : str
        Where the numbers come from; does not count when shifts are compared.
    """

    dx: float = 0.0
    dy: float = 0.0
    rotation: float = 0.0
    origin: str = ""

    def __post_init__(self) -> None:
        size = np.hypot(self.dx, self.dy)
        if not (np.isfinite(size) and size <= _LARGEST_ARCSEC and abs(self.rotation) <= 5):
            raise ParameterError(
                f"a shift of ({self.dx:g}, {self.dy:g}) arcsec and {self.rotation:g} degrees",
                f"numbers up to {_LARGEST_ARCSEC:g} arcsec and 5 degrees",
                "correct the shift; the unit is arcsec",
            )

    @property
    def values(self) -> tuple[float, float, float]:
        """The numbers alone."""
        return self.dx, self.dy, self.rotation

    @property
    def is_zero(self) -> bool:
        """Whether it moves nothing."""
        return not any(self.values)


def recorded_shift(model: Any) -> Shift | None:
    """
    Return the shift that was applied to an exposure, or None.

    Parameters
    ----------
    model : object
        The data model.
    """
    record = _record(model)
    if not record:
        return None
    dx, dy, rotation = (float(value) for value in record["shift"])
    return Shift(dx, dy, rotation, str(record["origin"]))


def apply_shift(model: Any, shift: Shift, *, sip_limit_mas: float = SIP_LIMIT_MAS) -> SipFit | None:
    """
    Shift the world coordinates of an exposure, in place.

    Parameters
    ----------
    model : stdatamodels.jwst.datamodels.ImageModel
        A cal exposure with its gWCS. Modified: gWCS, S_REGION, SIP keywords, record and HISTORY.
    shift : Shift
        The shift in total: another one that was applied earlier is replaced, not added to.
    sip_limit_mas : float
        Largest difference of the SIP keywords from the gWCS, mas.

    Returns
    -------
    SipFit or None
        How well the SIP keywords follow; None when nothing was changed, as the same shift was applied already.

    Raises
    ------
    WrongSuffixError
        If the exposure has no gWCS that can be corrected.

    Notes
    -----
    A shift keeps the position angle with respect to the north at the new place, as ``jwst.tweakreg.adjust_wcs``
    does: the two agree all over the detector. In the tangent plane of the old place it is a turn by -dRA sin(Dec).
    """
    if (earlier := recorded_shift(model)) is not None:
        if earlier.values == shift.values:
            return None
        undo_shift(model)
    if shift.is_zero:
        return (
            None
            if earlier is None
            else SipFit(model.meta.wcsinfo.instance.get("a_order") or 0, sip_error_mas(model))
        )
    corrector = corrector_of(model)
    before = {
        "affine": correction_of(model.meta.wcs),
        "name": model.meta.wcs.name,
        "wcsinfo": dict(model.meta.wcsinfo.instance),
    }
    info = model.meta.wcsinfo
    move, turn = moved_in_plane(*shift.values, info.ra_ref, info.dec_ref)
    corrector.set_correction(matrix=rotation_matrix(turn), shift=move)
    model.meta.wcs = corrector.wcs
    fit = _follow(model, sip_limit_mas)
    _write_record(model, shift, before)
    for line in _history_lines(shift):
        model.add_history_entry(line)
    return fit


def undo_shift(model: Any) -> bool:
    """
    Take the recorded shift back, in place; corrections by tweakreg, before it or after it, stay.

    Parameters
    ----------
    model : object
        The data model.

    Returns
    -------
    bool
        False when there was none.

    Notes
    -----
    When nothing was done to the world coordinates since, the gWCS, S_REGION and SIP keywords become exactly what they
    were. Otherwise a correction L that came after the shift O, which came after an earlier one B, is kept: from the
    total T = L O B the new one is T B^-1 O^-1 B.
    """
    record = _record(model)
    if not record:
        return False
    # None is not written to files
    before, after = record.get("before"), record["after"]
    earlier = None if before is None else np.array(before, float)
    applied = correction_of(model.meta.wcs)
    if applied is not None and np.array_equal(applied, np.array(after, float)):
        model.meta.wcs = with_correction(model.meta.wcs, earlier, record["name"])
        _replace_wcsinfo(model, record["wcsinfo"])
    elif applied is not None:
        first = np.eye(3) if earlier is None else earlier
        own = np.array(after, float) @ np.linalg.inv(first)
        left = applied @ np.linalg.inv(first) @ np.linalg.inv(own) @ first
        model.meta.wcs = with_correction(model.meta.wcs, left, model.meta.wcs.name)
        _follow(model, SIP_LIMIT_MAS)
    # else the world coordinates were assigned anew, without the shift
    _forget_record(model)
    dx, dy, _ = record["shift"]
    model.add_history_entry(f"WCS shift ({dx:+.6f}, {dy:+.6f}) arcsec undone")
    return True


def moved_in_plane(dx: float, dy: float, rotation: float, ra: float, dec: float) -> tuple[list[float], float]:
    """
    Return a shift at (RA, Dec) as a move and a turn in the plane that touches the sky there.

    Parameters
    ----------
    dx, dy, rotation : float
        As in `Shift`.
    ra, dec : float
        Reference point, degrees.

    Returns
    -------
    list of float, float
        East and north, arcsec, after a turn from north through east, degrees.
    """
    x, y = to_plane(*_moved(dx, dy, ra, dec), (ra, dec))
    return [float(x), float(y)], rotation + plane_turn(dx, dy, ra, dec)


def _moved(dx: float, dy: float, ra: float, dec: float) -> tuple[float, float]:
    return ra + dx / 3600 / np.cos(np.deg2rad(dec)), dec + dy / 3600


def _history_lines(shift: Shift) -> list[str]:
    """Return lines of HISTORY, each short enough for one card."""
    lines = [f"WCS shifted by ({shift.dx:+.6f}, {shift.dy:+.6f}) arcsec (dRA cos Dec, dDec)"]
    if shift.rotation:
        lines.append(f"WCS rotated by {shift.rotation:+.6f} deg, N through E")
    if shift.origin:
        lines.append(f"WCS shift from {shift.origin}")
    return lines


def _in_plane(wcs: Any, x: NDArray, y: NDArray, centre: tuple[float, float]) -> NDArray[np.float64]:
    ra, dec = wcs(x, y, with_bounding_box=False)
    return np.column_stack(to_plane(ra, dec, centre))


def _follow(model: Any, sip_limit_mas: float) -> SipFit:
    update_s_region_imaging(model)
    return fit_sip(model, sip_limit_mas)


def _replace_wcsinfo(model: Any, values: dict[str, Any]) -> None:
    info = model.meta.wcsinfo.instance
    info.clear()
    info.update(values)


def _record(model: Any) -> dict[str, Any]:
    record = model.meta.instance.get("miri_shift")
    return dict(record) if record else {}


def _write_record(model: Any, shift: Shift, before: dict[str, Any]) -> None:
    affine = correction_of(model.meta.wcs)
    assert affine is not None
    model.meta.instance["miri_shift"] = {
        "shift": [float(value) for value in shift.values],
        "origin": shift.origin,
        "before": None if before["affine"] is None else before["affine"].tolist(),
        "after": affine.tolist(),
        "name": before["name"] or "",
        "wcsinfo": before["wcsinfo"],
    }
    cards = [[key, getattr(shift, name), comment] for key, (name, comment) in KEYWORDS.items()]
    _set_cards(model, [card for card in cards if card[1] != ""])


def _forget_record(model: Any) -> None:
    del model.meta.instance["miri_shift"]
    _set_cards(model, [])


def _set_cards(model: Any, cards: list[list[Any]]) -> None:
    primary = model.instance.setdefault("extra_fits", {}).setdefault("PRIMARY", {})
    others = [list(card) for card in primary.get("header", []) if card[0] not in KEYWORDS]
    primary["header"] = others + cards


def plane_turn(dx: float, dy: float, ra: float, dec: float) -> float:
    """
    Return the position angle, in the plane that touches the sky at (RA, Dec), of the north at a place (dx, dy) away.

    Parameters
    ----------
    dx, dy : float
        dRA cos(Dec) and dDec, arcsec.
    ra, dec : float
        Degrees.

    Returns
    -------
    float
        Degrees: about -dRA sin(Dec). A shift without rotation turns an exposure by this much in the plane.
    """
    new_ra, new_dec = _moved(dx, dy, ra, dec)
    x, y = to_plane([new_ra, new_ra], [new_dec, new_dec + 1 / 3600], (ra, dec))
    return float(np.rad2deg(np.arctan2(x[1] - x[0], y[1] - y[0])))


def shift_between(model: Any, after: Any) -> Shift:
    """
    Return the shift that leads from an exposure's gWCS to another one of the same exposure.

    Parameters
    ----------
    model : stdatamodels.jwst.datamodels.ImageModel
        The exposure before. Not modified.
    after : gwcs.WCS
        World coordinates after, of the same pixels.

    Returns
    -------
    Shift
        The rigid move that fits best at `check_points`; given to `apply_shift`, it makes the same correction.
    """
    info = model.meta.wcsinfo
    centre = (float(info.ra_ref), float(info.dec_ref))
    x, y = check_points(model.data.shape)
    old, new = (_in_plane(wcs, x, y, centre) for wcs in (model.meta.wcs, after))
    lever_arms, moved = old - old.mean(axis=0), new - new.mean(axis=0)
    # north through east: (x, y) to (x cos + y sin, y cos - x sin)
    turn = np.arctan2(
        (lever_arms[:, 1] * moved[:, 0] - lever_arms[:, 0] * moved[:, 1]).sum(), (lever_arms * moved).sum()
    )
    turn = float(np.rad2deg(turn))
    move = new.mean(axis=0) - rotation_matrix(turn) @ old.mean(axis=0)
    ra, dec = from_plane(move[0], move[1], centre)
    east = ((float(ra) - centre[0] + 180) % 360 - 180) * 3600 * np.cos(np.deg2rad(centre[1]))
    north = (float(dec) - centre[1]) * 3600
    return Shift(float(east), north, turn - plane_turn(float(east), north, *centre))
