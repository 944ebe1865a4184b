"""The divider moves the division of the page, and follows it."""

from miri_widgets.models.page_layout import PageLayout
from miri_widgets.panels.parts.divider import Divider


def test_model_and_divider_follow_each_other():
    model = PageLayout()
    divider = Divider(model)
    divider.side = 45.0
    assert model.side == 45.0
    model.top = 30.0
    assert divider.top_share == 30.0
    divider.side = 95.0
    assert model.side == 80.0, "the image can be dragged back"
    model.reset()
    assert divider.side == divider.first_side and divider.top_share == divider.first_top
    divider.close()
    model.side = 50.0
    assert divider.side != 50.0


def test_it_may_be_closed_again_and_its_model_lives_on():
    model = PageLayout()
    first, second = Divider(model), Divider(model)
    first.close()
    first.close()  # as Python does when it collects the widget
    model.side = 44
    assert second.side == 44
    second.close()
