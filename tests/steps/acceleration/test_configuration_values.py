"""Values of astropy's configuration: kept as long as what they were read from is the same."""

import pytest
from astropy import config
from astropy.io import fits
from astropy.io.fits import conf

from miri_widgets.steps.acceleration import accelerated
from miri_widgets.steps.acceleration.configuration_values import configuration_value


def item(name):
    return type(conf).__dict__[name]


@pytest.mark.parametrize(
    "name", ["use_memmap", "enable_record_valued_keyword_cards", "strip_header_whitespace"]
)
def test_a_value_is_that_of_astropy_also_after_a_change(name):
    one = item(name)
    before = one()
    for _ in range(3):
        assert configuration_value(one) is before
    with one.set_temp(not before):
        assert configuration_value(one) is (not before) is one()
    assert configuration_value(one) is before


def test_a_text_of_a_file_is_read_as_astropy_reads_it():
    one = item("use_memmap")
    section = config.get_config(one.module, rootname=one.rootname)
    kept = dict(section)
    try:
        for text in ("False", "True", "no", True):
            section[one.name] = text
            assert configuration_value(one) is one() is configuration_value(one)
        section[one.name] = "perhaps"
        for function in (configuration_value, type(one).__call__):
            with pytest.raises(TypeError, match="Configuration value not valid"):
                function(one)
        del section[one.name]
        assert configuration_value(one) is one.defaultvalue
    finally:
        section.clear()
        section.update(kept)


def test_a_section_that_is_read_again_counts():
    one = item("use_memmap")
    configuration_value(one)
    section = config.get_config(one.module, rootname=one.rootname)
    config.reload_config("astropy")
    assert config.get_config(one.module, rootname=one.rootname) is not section
    assert configuration_value(one) is one()


def test_headers_are_read_alike():
    text = "SIMPLE  =                    T".ljust(80) + "NAME    = 'abc   '".ljust(80) + "END".ljust(80)
    made = []
    for off in (["header_configuration"], []):
        with accelerated(off):
            header = fits.Header.fromstring(text)
            made.append([(card.keyword, card.value) for card in header.cards])
            with conf.set_temp("strip_header_whitespace", False):
                made.append([(card.keyword, card.value) for card in fits.Header.fromstring(text).cards])
    assert made[0] == made[2] == [("SIMPLE", True), ("NAME", "abc")]
    assert made[1] == made[3] == [("SIMPLE", True), ("NAME", "abc   ")]
