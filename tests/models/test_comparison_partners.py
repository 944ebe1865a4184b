"""What the image in view can be compared with: before each step, mosaics with a step more or less, other runs and filters."""

from __future__ import annotations

import pytest

from miri_widgets.models.compare import CompareModel
from miri_widgets.models.comparison_partners import (
    PartnerKind,
    find_partners,
    other_filters,
    partner_request,
    stages_before,
)
from miri_widgets.models.session import SessionModel


@pytest.fixture
def reduced(fakes, tmp_path):
    program = fakes.fake_program(tmp_path, stages=("sky", "areas"))
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    session.run_all()
    session.services.engine.finish()
    session.poll()
    yield session
    session.close()


def mosaic(session, number=0):
    return session.stages["image3"].rows[number].products[0]


def test_a_mosaic_is_compared_with_one_without_each_step_and_with_other_filters(reduced):
    reduced.show(mosaic(reduced))
    found = find_partners(partner_request(reduced))
    assert found.shown == reduced.shown
    names = [partner.name for partner in found.partners]
    assert names[0].startswith("without") and {"without Sky", "without Areas", "with Stripes"} <= set(names)
    assert all(partner.path is None and partner.needed for partner in found.partners), "none of them is made"
    assert {partner.name for partner in found.partners if partner.changes_level} == {
        "without Sky",
        "with Level match",
    }
    (other,) = other_filters(reduced)
    assert (other.name, other.path) == ("F1500W", mosaic(reduced, 1))


def test_an_exposure_is_compared_with_the_same_before_each_step(reduced):
    image = next(path for path in reduced.stages["image2"].products if path.stem.endswith("_cal"))
    reduced.show(image)
    (before,) = stages_before(reduced)
    assert before.path.stem.endswith("_rate") and before.name == "before Image 2"
    assert not before.changes_level
    (other,) = other_filters(reduced)
    assert other.kind is PartnerKind.FILTER
    own, twin = (reduced.programs.find(path.stem.removesuffix("_cal")) for path in (image, other.path))
    assert (own.tile, own.dither) == (twin.tile, twin.dither) and own.filter != twin.filter


def test_runs_of_earlier_settings_are_offered(reduced, fakes):
    former = mosaic(reduced)
    model = reduced.models["image3"]
    model.set({"jump.three_group_threshold": 9})
    reduced.poll()
    reduced.run("image3")
    reduced.services.engine.finish()
    reduced.poll()
    reduced.show(mosaic(reduced))
    assert reduced.shown != former
    runs = [one for one in find_partners(partner_request(reduced)).partners if one.kind is PartnerKind.RUN]
    assert [run.path for run in runs] == [former]


def test_a_mosaic_without_a_step_is_made_by_one_click_and_kept_apart(reduced):
    reduced.show(mosaic(reduced))
    model = CompareModel(reduced)
    number = next(n for n, one in enumerate(model.partners) if one.name == "without Sky")
    model.choose(number)
    assert not model.can and "without Sky" in model.sentence
    rows, chain = reduced.stages["image3"].rows, reduced.chain
    model.make()
    assert model.making == "without Sky" and reduced.running
    reduced.poll()
    assert model.making == "without Sky", "it is at work"
    reduced.services.engine.finish()
    reduced.poll()
    assert model.making == "" and model.can
    assert model.partner.name == "without Sky" and model.partner.path.is_file()
    assert reduced.chain == chain and [row.products for row in reduced.stages["image3"].rows] == [
        row.products for row in rows
    ]
    assert reduced.shown == mosaic(reduced), "the mosaic in use stays in view"
    model.request_mode("swipe")
    assert model.mode == "swipe" and model.value.before == model.partner.path
    assert model.names == ("Before", "After")
    model.close()


def test_what_is_no_image_of_a_run_has_no_partners(reduced):
    assert partner_request(reduced) is None or reduced.shown is not None
    reduced.show(mosaic(reduced), extension="WHT")
    assert partner_request(reduced) is None
