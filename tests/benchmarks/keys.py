"""The keys of `make bench` and `make science`: unit and target of each; prints their names."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

DETECTOR1_STEPS = (
    "group_scale", "dq_init", "emicorr", "saturation", "ipc", "firstframe", "lastframe", "reset", "linearity",
    "rscd", "dark_current", "refpix", "jump", "clean_flicker_noise", "persistence", "ramp_fit", "gain_scale",
)  # fmt: skip


@dataclass(frozen=True)
class Key:
    """A figure: its unit, and the bounds that it is held against, both of them; without any it informs."""

    name: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def verdict(self, value: float | None) -> str:
        """Return how a value stands against its bounds, as a word."""
        if value is None:
            return "not measured"
        if self.at_most is None and self.at_least is None:
            return ""
        # written so that NaN misses
        low = self.at_least is None or value >= self.at_least
        high = self.at_most is None or value <= self.at_most
        return "met" if low and high else "MISSED"

    @property
    def bound(self) -> str:
        """The bounds as text."""
        if self.at_most is not None and self.at_least is not None:
            if self.at_most == self.at_least:
                return f"= {self.at_most:g}"
            return f"{self.at_least:g} to {self.at_most:g}"
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""


BENCH = (
    Key("engine.speedup_2_workers", "ratio", at_least=6.0),
    Key("engine.speedup_by_hand", "ratio", at_least=2.2),
    Key("engine.many_ints_speedup", "ratio", at_least=5.0),
    Key("engine.differing", "products", at_most=0),
    Key("engine.serial_s", "s"),
    Key("engine.by_hand_s", "s"),
    Key("engine.two_workers_s", "s"),
    Key("engine.overhead_s", "s per run", at_most=0.5),
    Key("engine.unchanged_rerun_s", "s", at_most=2.0),
    Key("engine.unchanged_recomputed", "runs", at_most=0),
    Key("engine.changed_image3_recomputed", "runs", at_most=1, at_least=1),
    Key("engine.cancel_s", "s", at_most=2.0),
    Key("page.cold_s", "s", at_most=6.0),
    Key("page.preheated_s", "s", at_most=3.0),
    Key("page.viewer_s", "s", at_most=10.0),
    Key("page.click_during_job_ms", "ms", at_most=200.0),
    Key("page.reopen_after_kill_s", "s", at_most=5.0),
)

SCIENCE = (
    Key("demo.flux_bias", "fraction", at_most=0.02),
    Key("demo.flux_bias_err", "fraction"),
    Key("demo.flux_scatter", "fraction"),
    Key("demo.flux_stars", "stars"),
    Key("demo.catalog_flux_bias", "fraction"),
    Key("demo.tile_offset_rms_mas", "mas", at_most=15.0),
    Key("demo.tile_offset_before_mas", "mas"),
    Key("demo.exposure_offset_rms_mas", "mas"),
    Key("demo.sky_bias", "MJy/sr"),
    Key("detector1.rate_bias", "DN/s"),
    Key("detector1.rate_pull_scatter", "ratio"),
    Key("wcs.golden_corner_pix", "pixel", at_most=0.01),
    Key("psf.fwhm_worst_ratio", "ratio", at_most=1.1, at_least=0.9),
    Key("real.ramp_cds_noise_dn", "DN"),
    Key("real.ramp_rate_dn_s", "DN/s"),
    Key("real.mosaic_sources", "sources"),
    *(Key(f"ablation.{step}", "sigma") for step in DETECTOR1_STEPS),
)

SCIENCE_PARTS = (
    "proof", "sky", "stripes", "pullupdown", "persistence", "showers", "warm_pixels", "level_match", "shifts",
    "astrometry", "catalog", "held",
)  # fmt: skip
"""Science figures that bring their own keys: ``NAME_science.py`` with ``KEYS`` and ``measure()``."""


def _of_part(module: str, name: str = "KEYS") -> tuple[Key, ...]:
    sys.path.insert(0, str(Path(__file__).parent))
    # as they see it: this file may run as a program, and be another module then
    return tuple(
        Key(key.name, key.unit, key.at_most, key.at_least) for key in getattr(import_module(module), name)
    )


def science_keys() -> tuple[Key, ...]:
    """Return the keys of all science figures."""
    return SCIENCE + tuple(key for name in SCIENCE_PARTS for key in _of_part(f"{name}_science"))


def bench_keys() -> tuple[Key, ...]:
    """Return the keys of all figures of speed and memory."""
    return (
        BENCH
        + _of_part("processor_bench")
        + _of_part("sky_bench")
        + _of_part("shifts_science", "BENCH_KEYS")
        + _of_part("shifts_panel_bench")
        + _of_part("contact_sheet_bench")
        + _of_part("composite_bench")
        + _of_part("exposure_map_bench")
        + _of_part("table_bench")
        + _of_part("viewer_bench")
    )


if __name__ == "__main__":
    print("\n".join(key.name for key in bench_keys() + science_keys()))
