"""A run without a browser follows the tags, and says what the mosaic leaves out."""

from miri_widgets.cli import headless
from miri_widgets.products.tags import change_tags


def test_the_summary_says_what_the_mosaic_leaves_out(options, small_program, quick_engine, fakes, capsys):
    from miri_widgets.models import SessionModel

    before = SessionModel(small_program, fakes.fake_services(small_program))
    before.poll()
    root = before.programs.exposures[0].root
    before.close()
    change_tags(small_program.workspace / "tags.json", {root: {"verdict": "rejected"}})
    assert headless.run_program(options) == 0
    mosaics = [plan for plan in quick_engine.made["job1"].plans if plan.stage == "image3"]
    assert mosaics and root not in {name for plan in mosaics for name in plan.exposures}
    text = capsys.readouterr().out
    assert "  note: The mosaic of F770W leaves out 1 of 2 exposures, rejected on the contact sheet" in text
    assert "Image 2: calibrated images: 4 of 4 runs complete" in text
