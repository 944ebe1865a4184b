"""The source that a click on a mosaic means."""

from __future__ import annotations

from dataclasses import replace

from miri_widgets.analysis.catalog_sources import CatalogSource, FilterFlux, ProgramCatalog


def test_a_click_on_a_bright_star_means_it_and_not_its_faint_neighbour(tmp_path):
    mosaic = tmp_path / "a_i2d.fits"
    places = {1: ((50.0, 50.0), 900.0), 2: ((53.0, 50.0), 9.0), 3: ((80.0, 80.0), 5.0)}
    sources = tuple(
        CatalogSource(number, 80.0, -69.0, (place,), (FilterFlux(flux, 1.0, "measured"),), 10.0)
        for number, (place, flux) in places.items()
    )
    catalog = ProgramCatalog((mosaic,), ("F770W",), sources)

    def number_at(x, y):
        found = catalog.at(mosaic, x, y, 8.0)
        return found.number if found is not None else None

    # the neighbour, three pixels away, is nearer to a click beyond the middle
    assert [number_at(x, 50.0) for x in (48.0, 50.0, 51.6, 52.0)] == [1, 1, 1, 1]
    assert number_at(81.0, 80.0) == 3, "a faint star that stands alone is chosen"
    assert number_at(30.0, 30.0) is None
    equal = ProgramCatalog(
        (mosaic,), ("F770W",), tuple(replace(one, fluxes=(FilterFlux(9.0),)) for one in sources)
    )
    assert [equal.at(mosaic, x, 50.0, 8.0).number for x in (51.4, 51.6)] == [1, 2], (
        "of equal stars, the nearer"
    )
    blind = ProgramCatalog(
        (mosaic,),
        ("F770W",),
        tuple(replace(one, fluxes=(FilterFlux(),), snr=900.0 / one.number**4) for one in sources),
    )
    assert blind.at(mosaic, 51.6, 50.0, 8.0).number == 1, "without fluxes, the signal over noise counts"
