"""The menu Catalogue leads to the sources of the mosaics as soon as there are any."""

from miri_widgets.panels.parts.catalogbar import CatalogBar


def test_it_opens_the_sources_when_there_is_a_mosaic(session, engine):
    bar, asked = CatalogBar(session), []
    assert bar.open.disabled and "no mosaic yet" in bar.status.value
    session.models["image3"].observe(lambda event: asked.append(event["new"]), "view_requested", type="event")
    session.run_all()
    engine.finish()
    session.poll()
    assert not bar.open.disabled and "2 mosaics" in bar.status.value
    bar.open.click()
    assert session.tab == "image3" and asked == ["sources"]
    bar.close()
