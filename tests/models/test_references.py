"""The model of the reference files: what is missing, what it says, and that it comes."""

import hashlib

import pytest

from miri_widgets.errors import CrdsCacheError
from miri_widgets.models.references import ReferencesModel
from miri_widgets.products.download.retry_policy import RetryPolicy
from miri_widgets.products.observing_modes import ObservingMode
from miri_widgets.steps.references import Reference, ReferenceNeeds

QUICK = RetryPolicy(retries=1, delay=0.01, longest=0.05, connect=2, read=2)
NAME = "jwst_miri_flat_0177.fits"
MODES = (ObservingMode("F770W"),)


@pytest.fixture
def build(mast, tmp_path):
    made = []

    def build(*, url=True, offline="", unmatched=(), modes=MODES):
        content = b"SIMPLE  =".ljust(50_000, b"x")
        mast.files[f"/references/{NAME}"] = content
        sha1 = hashlib.sha1(content).hexdigest()

        def needed(asked, environment):
            path = tmp_path / NAME
            there = path.is_file()
            one = Reference(
                ("flat",), NAME, ("F770W",), path, there, path.stat().st_size if there else 0, len(content),
                f"{mast.address}/references/{NAME}" if url else "", sha1,
            )  # fmt: skip
            here = Reference(("gain",), "jwst_miri_gain_0020.fits", ("F770W",), tmp_path, True, 7)
            return ReferenceNeeds("jwst_1464.pmap", (one, here), unmatched, offline)

        model = ReferencesModel(
            {"CRDS_PATH": str(tmp_path)}, lambda: modes, needed=needed, retry_policy=QUICK
        )
        made.append(model)
        return model

    yield build
    for model in made:
        model.close()


def test_missing_is_told_and_fetched(build, mast, tmp_path):
    model = build()
    assert model.summary() == ""
    model.request()
    assert model.summary() == (
        "1 of the 2 reference files that jwst_1464.pmap names for these exposures is missing (50.0 kB): "
        "fetch before you run."
    )
    mast.faults[f"/references/{NAME}"] = [("cut", 20_000)]
    model.fetch()
    assert (tmp_path / NAME).read_bytes() == mast.files[f"/references/{NAME}"]
    assert model.faults == () and model.missing == ()
    assert model.summary() == (
        "All 2 reference files that jwst_1464.pmap names for these exposures are in the cache."
    )


def test_a_fault_stays_after_looking_again(build, mast):
    model = build()
    model.request()
    mast.faults[f"/references/{NAME}"] = [("flip", 30_000)]
    model.fetch()
    assert "another sha1 checksum" in model.faults[0] and len(model.missing) == 1


def test_offline_it_is_said(build):
    model = build(url=False, offline="the CRDS server x cannot be asked", unmatched=("flat for F2550W",))
    model.request()
    assert [line[:25] for line in model.notes()] == ["The CRDS server x cannot ", "The context has no flat f"]
    model.fetch()
    assert "CRDS cannot be asked" in model.faults[0] and not model.downloading


def test_no_exposures_and_no_cache_are_sentences(build):
    model = build(modes=())
    model.request()
    assert "no exposures are known yet" in model.sentence and not model.asking

    def fail(modes, environment):
        raise CrdsCacheError("CRDS found no usable cache", "one", "fill it")

    broken = ReferencesModel({}, lambda: (ObservingMode("F770W"),), needed=fail)
    broken.request()
    assert broken.sentence == "CRDS found no usable cache; expected one: fill it." and broken.needs is None
    broken.close()
