"""The exposures on which parameters of jwst are tried: which step makes them, and what is put into them."""

from __future__ import annotations

from typing import Any

import numpy as np

D, I2, I3 = "detector1", "image2", "image3"

BEFORE: dict[tuple[str, str], tuple[str, str] | None] = {
    (D, "group_scale"): None,
    (D, "dq_init"): None,
    (D, "saturation"): (D, "dq_init"),
    (D, "ipc"): (D, "saturation"),
    (D, "emicorr"): (D, "saturation"),
    (D, "firstframe"): (D, "saturation"),
    (D, "lastframe"): (D, "saturation"),
    (D, "reset"): (D, "saturation"),
    (D, "linearity"): (D, "reset"),
    (D, "rscd"): (D, "linearity"),
    (D, "dark_current"): (D, "rscd"),
    (D, "refpix"): (D, "dark_current"),
    (D, "charge_migration"): (D, "dark_current"),
    (D, "jump"): (D, "dark_current"),
    (D, "picture_frame"): (D, "jump"),
    (D, "clean_flicker_noise"): (D, "jump"),
    (D, "persistence"): (D, "jump"),
    (D, "ramp_fit"): (D, "jump"),
    (D, "gain_scale"): (D, "ramp_fit"),
    (I2, "bkg_subtract"): (D, "gain_scale"),
    (I2, "assign_wcs"): (D, "gain_scale"),
    (I2, "flat_field"): (I2, "assign_wcs"),
    (I2, "photom"): (I2, "flat_field"),
    (I2, "resample"): (I2, "photom"),
    (I3, "tweakreg"): (I3, "calibrated"),
    (I3, "skymatch"): (I3, "calibrated"),
    (I3, "outlier_detection"): (I3, "calibrated"),
    (I3, "resample"): (I3, "outlier_detection"),
    (I3, "source_catalog"): (I3, "resample"),
}
"""By step, the step whose product goes in."""


def with_bright_star(model: Any) -> Any:
    """A star that saturates late in the ramp, and one that does at once."""
    ramp = np.arange(1, model.data.shape[1] + 1)[:, None, None]
    model.data = np.array(model.data, dtype="float32")
    model.data[:, :, 60:63, 60:63] += (9000 * ramp)[None]
    model.data[:, :, 160:162, 90:92] += (60000 * ramp)[None]
    # pixels hit by a cosmic ray within their second group
    model.data[:, 1, 20, 20:60] = np.linspace(25000, 64000, 40)
    model.data[:, 2:, 20, 20:60] = 65000
    model.data = np.minimum(model.data, 65000)
    return model


def with_interference(model: Any) -> Any:
    """Waves of 218.52 Hz, of another strength in each integration."""
    nints, ngroups, ny, nx = model.data.shape
    rows, columns = np.mgrid[:ny, :nx]
    # ticks of 10 microseconds, of which a period has 457.6
    ticks = rows * 96 + columns // 4
    data = np.array(model.data, dtype="float32")
    for integration in range(nints):
        for group in range(ngroups):
            phase = 2 * np.pi * (ticks + group * 29952) / 457.62 + integration
            data[integration, group] += (20 + 30 * integration) * np.sin(phase)
    model.data = data
    return model


def with_averaged_frames(model: Any) -> Any:
    """The same stars in groups that are means of four frames (FASTGRPAVG)."""
    model.meta.exposure.nframes = 4
    return with_bright_star(model)


def with_unusable_area(model: Any) -> Any:
    """The same stars, and light outside of the imager's field."""
    model = with_bright_star(model)
    ramp = np.arange(1, model.data.shape[1] + 1)[:, None, None]
    model.data[:, :, 100:150, 10:110] += (300 * ramp)[None]
    # bit 9: NON_SCIENCE
    model.pixeldq[100:150, 10:110] |= 512
    return model


def with_events(model: Any) -> Any:
    """Cosmic rays of many sizes, events with saturated cores, and a shower."""
    generator = np.random.default_rng(5)
    groups = model.data.shape[1]
    for integration in range(model.data.shape[0]):
        for _ in range(150):
            group, y, x = generator.integers(1, groups), *generator.integers(8, 248, 2)
            model.data[integration, group:, y, x] += 10 ** generator.uniform(1.3, 4.5)
    y, x = np.mgrid[:256, :256]
    for place, (cy, cx, core, halo) in enumerate(
        ((90, 90, 4.2, 9), (14, 180, 3.2, 8), (200, 60, 1.8, 6), (180, 180, 0, 5))
    ):
        distance = np.hypot(y - cy, x - cx)
        at = 2 + place % 2
        model.data[0, at:, distance < halo] += 3000.0
        model.groupdq[0, at:, distance < core] |= 2
    distance = np.hypot(y - 120, (x - 200) / 1.5)
    model.data[0, 4:, distance < 22] += 12.0
    # ramps of three groups, each with a jump
    model.groupdq[1, 3:, 205:250, 100:180] |= 2
    model.data[1, 2:, 205:250, 100:180] += np.linspace(5, 400, 80)[None, None]
    # a pixel with a single group left
    model.groupdq[:, 1:, 30, 30] |= 2
    return model


def on_whole_detector(model: Any) -> Any:
    """A ramp of the whole detector: only that has reference pixels."""
    generator = np.random.default_rng(3)
    shape = (1, 3, 1024, 1032)
    model.data = generator.normal(5000, 20, shape).astype("float32")
    model.data[:, :, ::2] += 30
    model.groupdq = np.zeros(shape, dtype="uint8")
    pixeldq = np.zeros(shape[2:], dtype="uint32")
    # bit 31: reference pixels
    pixeldq[:, :4] = pixeldq[:, -4:] = 2147483648
    model.pixeldq = pixeldq
    model.meta.subarray.name = "FULL"
    model.meta.subarray.xsize, model.meta.subarray.ysize = 1032, 1024
    model.meta.subarray.xstart = model.meta.subarray.ystart = 1
    model.meta.exposure.nints, model.meta.exposure.ngroups = 1, 3
    model.meta.exposure.integration_start, model.meta.exposure.integration_end = 1, 1
    return model


EVENTS = {
    (D, "emicorr"): with_interference,
    (D, "refpix"): on_whole_detector,
    (D, "saturation"): with_averaged_frames,
    (D, "jump"): with_events,
    (D, "charge_migration"): with_bright_star,
    (D, "clean_flicker_noise"): with_unusable_area,
}
"""What is put into an exposure before a step, as functions of its datamodel."""
