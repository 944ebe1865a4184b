"""What a trial is, and the values of parameters that several steps share."""

from __future__ import annotations

from typing import Any

__all__ = ["OTHER", "RESAMPLE", "SIP", "Trials"]

Trials = dict[str, tuple[Any, dict[str, Any]]]
"""By parameter of a step: another legal value, and the settings with which it acts; ``@name`` is a file to be made."""

OTHER = "@other"
"""A reference file as CRDS gives it, with other numbers."""

SIP: Trials = {
    "sip_approx": (False, {}),
    "sip_max_pix_error": (1e-6, {}),
    "sip_degree": (1, {}),
    "sip_max_inv_pix_error": (1e-6, {}),
    "sip_inv_degree": (1, {}),
    "sip_npoints": (5, {}),
}

RESAMPLE: Trials = {
    "pixfrac": (0.6, {}),
    "kernel": ("point", {}),
    "fillval": ("-5", {}),
    "weight_type": ("exptime", {}),
    "output_shape": ((200, 210), {}),
    "crpix": ((100.0, 90.0), {}),
    "crval": ((83.9, -69.1), {}),
    "rotation": (20.0, {}),
    "pixel_scale_ratio": (1.3, {}),
    "pixel_scale": (0.14, {}),
    "output_wcs": ("@output_wcs.asdf", {}),
    "single": (True, {}),
    "blendheaders": (False, {}),
    "in_memory": (False, {"single": True}),
    "enable_ctx": (False, {}),
    "enable_err": (False, {}),
    "report_var": (False, {}),
    "propagate_dq": (True, {}),
    "pixmap_stepsize": (8.0, {}),
    "pixmap_order": (3, {"pixmap_stepsize": 16.0}),
}
