"""AVM of pictures: where they lie on the sky, at any position angle, and what they show."""

import numpy as np
import pytest
from pyavm import AVM

from miri_widgets.report.picture_metadata import BAND_NM, PictureSource, avm_packet, hue_name, wcs_deviation
from tests.support.composite_files import wcs_of

SOURCE = PictureSource((("F770W", 240.0), ("F1000W", 120.0), ("F1500W", 0.0)), "2736", "SMACS 0723")


def read(packet):
    return AVM.from_xml(packet[packet.index(b"?>") + 2 : packet.index(b"</x:xmpmeta>") + 12])


@pytest.mark.parametrize("angle", range(0, 360, 10))
def test_the_position_is_right_at_every_angle(angle):
    shape = (1800, 2400)
    wcs = wcs_of(angle, shape)
    packet, note = avm_packet(SOURCE, wcs, shape)
    avm = read(packet)
    assert note == "" and wcs_deviation(avm, wcs, shape) <= 0.1
    # by the standard itself, without the library: scale and rotation about the reference pixel
    turn, scale = np.deg2rad(avm.Spatial.Rotation), avm.Spatial.Scale[1]
    matrix = scale * np.array([[-np.cos(turn), -np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    np.testing.assert_allclose(matrix, wcs.pixel_scale_matrix, atol=1e-3 * scale / max(shape))


def test_a_position_that_avm_cannot_hold_is_left_out_with_a_sentence():
    skewed = wcs_of(20.0, (500, 500))
    skewed.wcs.cdelt = [0.11 / 3600, 0.12 / 3600]
    packet, note = avm_packet(SOURCE, skewed, (500, 500))
    assert "wrong by" in note and not read(packet).Spatial.ReferenceValue
    packet, note = avm_packet(SOURCE, None, (500, 500))
    assert "no celestial WCS" in note and not read(packet).Spatial.ReferenceValue


def test_filters_and_origin_are_in_the_file():
    avm = read(avm_packet(SOURCE, wcs_of(), (90, 120))[0])
    assert list(avm.Spectral.ColorAssignment) == ["Blue", "Green", "Red"]
    assert list(avm.Spectral.CentralWavelength) == [BAND_NM[name] for name, _ in SOURCE.filters]
    assert list(avm.Instrument) == ["MIRI"] * 3 and avm.Type == "Observation" and "2736" in avm.ID
    assert "F770W blue" in avm.Headline and "SMACS 0723" in avm.Headline
    simulated = PictureSource(SOURCE.filters, "2736", simulated=True)
    assert read(avm_packet(simulated, None, (9, 9))[0]).Type == "Simulation"
    assert simulated.attribution().startswith("Simulated JWST/MIRI, program 2736")


def test_hues_have_names():
    assert [hue_name(hue) for hue in (0, 120, 240, 30, 210, -1, 355)] == [
        "Red",
        "Green",
        "Blue",
        "Orange",
        "Blue",
        "White",
        "Red",
    ]
