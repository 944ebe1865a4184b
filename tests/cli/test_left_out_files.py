"""A file that cannot be used is never dropped in silence by a command: its sentence is printed, and the status is not 0."""

import pytest

from miri_widgets.cli import headless

NAME = "jw01040001001_02101_00099_mirimage_uncal.fits"


@pytest.mark.usefixtures("quick_engine")
@pytest.mark.parametrize(
    "content", [b"", b"no FITS", b"SIMPLE  =" + b" " * 3000], ids=["empty", "text", "damaged"]
)
def test_a_damaged_exposure_is_told_by_status_and_sentence(options, small_program, capsys, content):
    (small_program.folders[0] / NAME).write_bytes(content)
    assert headless.run_program(options) == headless.FILES_LEFT_OUT
    printed = capsys.readouterr().out
    assert f"Left out: {NAME}" in printed
    assert "runs complete" in printed  # what is whole was reduced


@pytest.mark.usefixtures("quick_engine")
def test_a_damaged_exposure_that_is_excluded_is_nobody_s_concern(options, small_program):
    (small_program.folders[0] / NAME).write_bytes(b"")
    options.exclude = [str(small_program.folders[0] / NAME)]
    assert headless.run_program(options) == 0
