"""A colour composite without a browser."""

import json

import numpy as np
import pytest
from PIL import Image

from miri_widgets.cli import headless, main
from tests.support.composite_files import FILTERS, write_mosaic, write_mosaics


def test_mosaics_become_a_picture_with_the_given_settings(tmp_path, capsys):
    paths = [str(path) for path in write_mosaics(tmp_path)]
    picture = tmp_path / "out" / "a.png"
    arguments = ["composite", *paths, "-o", str(picture), "--method", "curves", "--saturation", "1.5",
                 "--channel", "F770W:weight=0,hue=300", "--channel", "F1500W:curve=log", "--no-compass", "--moc"]  # fmt: skip
    assert main(arguments) == 0
    record = json.loads((tmp_path / "out" / "a.png.json").read_text())
    mapping = record["mapping"]
    assert (mapping["method"], mapping["saturation"]) == ("curves", 1.5)
    assert [channel["weight"] for channel in mapping["channels"]] == [0.0, 1.0, 1.0]
    assert mapping["channels"][2]["curve"] == "log" and record["annotations"]["compass"] is False
    assert (tmp_path / "out" / "a_moc.fits").is_file() and str(picture) in capsys.readouterr().out
    again = tmp_path / "again.png"
    assert (
        main(["composite", *paths, "-o", str(again), "--record", str(picture) + ".json", "--no-compass"]) == 0
    )
    assert np.array_equal(np.asarray(Image.open(again)), np.asarray(Image.open(picture)))


@pytest.mark.parametrize(
    "option, words",
    [
        (["--channel", "F2550W:weight=1"], "one of F770W"),
        (["--channel", "F770W:colour=1"], "F770W with 'colour=1'".replace("F770W with ", "")),
        (["--channel", "F770W:black=x"], "black=x"),
        (["--record", "none.json"], "none.json"),
    ],
)
def test_what_is_not_allowed_is_a_sentence(tmp_path, capsys, option, words):
    paths = [str(path) for path in write_mosaics(tmp_path)]
    assert main(["composite", *paths, "-o", str(tmp_path / "a.png"), *option]) == 1
    assert words in capsys.readouterr().err and not (tmp_path / "a.png").exists()


def test_a_program_without_mosaics_says_what_to_run_and_with_some_makes_the_picture(
    options, small_program, quick_engine, capsys
):
    assert main(["composite", "x.toml"]) == 1
    assert "miri-widgets run x.toml" in capsys.readouterr().err
    for name in FILTERS:
        write_mosaic(small_program.folders[0], name)
    assert main(["composite", "x.toml"]) == 0
    picture = small_program.workspace / "composites" / f"{small_program.name}.png"
    assert Image.open(picture).size == (120, 90)
    assert headless.reduction_of(options).scanned.mosaics
