"""What is said of extended light: each size by its own limits, and nothing of it that was not measured."""

from dataclasses import replace

import pytest

from miri_widgets.core.validation.extended_findings import extended_findings, is_structured
from miri_widgets.core.validation.figures import Extended, Proof

EMPTY = Proof(pixel_noise=0.1, sky_structure=0.001, sky_structure_err=0.001)
LIGHT = replace(
    EMPTY, sky_structure=0.05, sky_structure_err=0.001, sky_structure_lost=0.0, sky_structure_lost_err=0.01
)


def grade_of(proof, size, lost):
    discs = (Extended(size, 1.0, 1 - lost, 0.01, 6), Extended(size, 0.2, 1.0, 0.01, 6))
    return next(
        one for one in extended_findings(replace(proof, extended=discs)) if "Added discs" in one.sentence
    )


@pytest.mark.parametrize(
    ("size", "lost", "empty", "light"),
    [
        (3.0, 0.02, "good", "good"),
        (3.0, 0.1, "doubtful", "doubtful"),
        (3.0, 0.3, "harm", "harm"),
        (7.0, 0.1, "good", "doubtful"),
        (7.0, 0.3, "doubtful", "harm"),
        (7.0, 0.7, "harm", "harm"),
        (15.0, 0.1, "good", "good"),
        (15.0, 0.3, "good", "doubtful"),
        (15.0, 0.7, "good", "harm"),
    ],
)
def test_each_size_has_its_limits_in_fields_with_and_without_extended_light(size, lost, empty, light):
    assert grade_of(EMPTY, size, lost).grade == empty
    assert grade_of(LIGHT, size, lost).grade == light


def test_a_loss_that_is_no_verdict_is_told_all_the_same():
    assert "70.0 ± 1.0 % of their light" in grade_of(EMPTY, 15.0, 0.7).sentence
    assert "none so large" in grade_of(EMPTY, 15.0, 0.7).sentence


def test_structure_counts_beyond_its_error():
    assert is_structured(LIGHT) and not is_structured(EMPTY)
    assert not is_structured(replace(LIGHT, sky_structure_err=0.03))


def test_light_of_the_field_is_graded_by_what_is_lost_of_it():
    grades = [
        extended_findings(
            replace(LIGHT, extended=(Extended(3.0, 1.0, 1.0, 0.0, 3),), sky_structure_lost=lost)
        )[-1].grade
        for lost in (0.0, 0.1, 0.4, float("nan"))
    ]
    assert grades == ["good", "doubtful", "harm", "doubtful"]
