"""Which effects of sky, telescope and detector a simulation contains."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from miri_widgets.errors import ParameterError

__all__ = ["CAL_EFFECTS", "Effects"]

CAL_EFFECTS = (
    "noise",
    "bad_pixels",
    "coronagraphs",
    "sky_pattern",
    "drift",
    "stripes",
    "pullupdown",
    "warm_pixels",
    "tile_steps",
    "planes",
    "persistence",
    "pointing_error",
)
"""All effects of calibrated exposures."""


@dataclass(frozen=True)
class Effects:
    """
    One switch per effect. All are on by default, except for the last seven: artefacts that the pipeline leaves in.

    Attributes
    ----------
    sky : bool
        Uniform sky, at the level measured for the filter.
    photon_noise : bool
        Poisson noise of sky, sources and dark current.
    read_noise : bool
        Gaussian noise of each read.
    bias : bool
        Pixel-to-pixel pattern of the pedestal. The pedestal itself always remains.
    dark : bool
        Dark current, its hot pixels and its slow settling after a reset.
    reset_anomaly : bool
        Decaying offset of the first groups.
    rscd : bool
        Response drift after the reset between integrations; integrations after the first only.
    first_frame : bool
        Low first frame of each integration.
    last_frame : bool
        Offset of the last frame of each integration, different in odd and even rows.
    nonlinearity : bool
        Loss of response as charge accumulates.
    saturation : bool
        Full well. Without it charge is unlimited, up to the converter.
    flat : bool
        Pixel-to-pixel and large-scale response.
    bad_pixels : bool
        Dead, hot and noisy pixels.
    cosmic_rays : bool
        Tracks of charged particles.
    emi : bool
        Electromagnetic interference at 390.625 and 10.04 Hz.
    ipc : bool
        Capacitive coupling of neighbouring pixels.
    reference_drift : bool
        Drifts of the four outputs, seen by the reference pixels (full frame only).
    coronagraphs : bool
        The Lyot and 4QPM areas, their support bars and stray light (also in SUB64 and SUB128, which read the Lyot
        area). Without it the whole detector sees the sky.
    pointing_error : bool
        Error of the guide star and roll of each tile.
    dither_error : bool
        Error of 2 to 9 milliarcseconds of each small move.
    velocity_aberration : bool
        Scale change by the motion of the observatory.
    stripes : bool
        Offsets of columns and rows, other ones in each exposure.
    pullupdown : bool
        Strips through very bright stars along their columns and rows.
    persistence : bool
        Release of charge that saturated pixels trapped, also in earlier exposures; it decays in minutes.
    warm_pixels : bool
        Pixels with an excess of dark current that no reference file knows.
    showers : bool
        Extended events of low energy that begin in a group and fade.
    sky_pattern : bool
        What the flat field leaves of the sky: gradient, glow beside the coronagraphs, tree rings.
    level_drift : bool
        Level of the sky from exposure to exposure, as measured in public programs.
    """

    sky: bool = True
    photon_noise: bool = True
    read_noise: bool = True
    bias: bool = True
    dark: bool = True
    reset_anomaly: bool = True
    rscd: bool = True
    first_frame: bool = True
    last_frame: bool = True
    nonlinearity: bool = True
    saturation: bool = True
    flat: bool = True
    bad_pixels: bool = True
    cosmic_rays: bool = True
    emi: bool = True
    ipc: bool = True
    reference_drift: bool = True
    coronagraphs: bool = True
    pointing_error: bool = True
    dither_error: bool = True
    velocity_aberration: bool = True
    stripes: bool = False
    pullupdown: bool = False
    persistence: bool = False
    warm_pixels: bool = False
    showers: bool = False
    sky_pattern: bool = False
    level_drift: bool = False

    @classmethod
    def artefacts(cls) -> tuple[str, ...]:
        """The names of the effects that are off by default."""
        return tuple(field.name for field in fields(cls) if field.default is False)

    @classmethod
    def ramp_artefacts(cls) -> tuple[str, ...]:
        """Those of them that act in the detector, not on the sky."""
        return tuple(name for name in cls.artefacts() if name not in ("sky_pattern", "level_drift"))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all effects."""
        return tuple(field.name for field in fields(cls))

    def without(self, *names: str) -> Effects:
        """
        Return the same effects, with `names` switched off.

        Parameters
        ----------
        *names : str
            Names of effects.

        Raises
        ------
        ParameterError
            If a name is not an effect.
        """
        return replace(self, **dict.fromkeys(_known(names), False))

    def also(self, *names: str) -> Effects:
        """
        Return the same effects, with `names` switched on.

        Parameters
        ----------
        *names : str
            Names of effects.

        Raises
        ------
        ParameterError
            If a name is not an effect.
        """
        return replace(self, **dict.fromkeys(_known(names), True))

    def only(self, *names: str) -> Effects:
        """
        Return `names` alone: every other effect is off.

        Parameters
        ----------
        *names : str
            Names of effects.

        Raises
        ------
        ParameterError
            If a name is not an effect.
        """
        known = _known(names)
        return Effects(**{name: name in known for name in self.names()})


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in Effects.names():
            raise ParameterError(
                f"the effect {name!r}",
                "one of " + ", ".join(Effects.names()),
                "correct the name of the effect",
            )
    return names
