"""A run without a browser follows the tags, and says what the mosaic leaves out."""

from miri_widgets.cli.headless import summary
from miri_widgets.products.tags import change_tags


def test_the_summary_says_what_the_mosaic_leaves_out(session, fakes):
    from miri_widgets.models import SessionModel

    root = session.programs.exposures[0].root
    change_tags(session.program.workspace / "tags.json", {root: {"verdict": "rejected"}})
    later = SessionModel(session.program, fakes.fake_services(session.program))
    later.poll()
    later.run_all()
    later.services.engine.finish()
    later.poll()
    assert root not in {name for row in later.stages["image3"].rows for name in row.exposures}
    text = summary(later)
    assert "  note: The mosaic of F770W leaves out 1 of 2 exposures, rejected on the contact sheet" in text
    assert "Image 2: calibrated images: 4 of 4 runs complete" in text
    later.close()
