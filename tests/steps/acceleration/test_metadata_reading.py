"""Metadata of files: read again as soon as the file is another."""

import os

import numpy as np
import pytest

from miri_widgets.steps.acceleration import accelerated, stock_function
from miri_widgets.steps.acceleration.metadata_reading import TARGET, read_metadata


@pytest.fixture
def path(tmp_path):
    return save(tmp_path / "some_cal.fits", "F770W")


def save(path, band):
    from stdatamodels.jwst import datamodels

    with datamodels.ImageModel(data=np.ones((4, 4), "f4")) as model:
        model.meta.instrument.filter = band
        model.meta.wcsinfo.crval1 = 12.5
        model.save(path)
    return path


@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("kind", [None, "ImageModel"])
def test_metadata_are_those_of_the_datamodels(path, kind, flatten):
    stock = stock_function(TARGET)
    for source in (path, str(path), path):
        assert read_metadata(source, kind, flatten) == stock(source, kind, flatten)


def test_a_caller_may_change_what_it_gets(path):
    read_metadata(path)["meta.instrument.filter"] = "changed"
    read_metadata(path, flatten=False)["meta"]["instrument"].clear()
    assert read_metadata(path)["meta.instrument.filter"] == "F770W"
    assert read_metadata(path, flatten=False)["meta"]["instrument"]["filter"] == "F770W"


def test_a_file_that_was_written_again_is_read_again(path):
    assert read_metadata(path)["meta.instrument.filter"] == "F770W"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    save(path, "F560W")
    os.utime(path, ns=times)
    assert read_metadata(path)["meta.instrument.filter"] == "F560W"


@pytest.mark.parametrize("wrong", [3, "no_such_file.fits", __file__])
def test_errors_are_those_of_the_datamodels(wrong):
    errors = []
    for function in (read_metadata, stock_function(TARGET)):
        with pytest.raises(Exception) as caught:
            function(wrong)
        errors.append((caught.type, str(caught.value)))
    assert errors[0] == errors[1]


def test_every_module_that_took_the_function_by_name_has_the_fast_one():
    import jwst.datamodels.library
    import jwst.stpipe.core
    from stdatamodels.jwst import datamodels

    holders = (datamodels, datamodels.util, jwst.stpipe.core, jwst.datamodels.library)
    stock = [holder.read_metadata for holder in holders]
    with accelerated():
        assert {holder.read_metadata for holder in holders} == {read_metadata}
        assert stock_function(TARGET) is stock[0]
    assert [holder.read_metadata for holder in holders] == stock
