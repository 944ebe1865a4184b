"""Headers that no pipeline wrote: each file gives its exposure or one sentence, in bounded time, and hides no other."""

import gzip
import math
import os
import random
import time
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import MiriWidgetsError, NotFitsError, TooLargeError
from miri_widgets.products.fits_reader import read_headers, read_light_headers
from miri_widgets.products.header_facts import header_facts
from miri_widgets.products.scan import scan

KEYS = {
    "TELESCOP": "JWST", "INSTRUME": "MIRI", "DETECTOR": "MIRIMAGE", "EXP_TYPE": "MIR_IMAGE", "FILTER": "F770W",
    "SUBARRAY": "SUB64", "READPATT": "FASTR1", "NINTS": 1, "NGROUPS": 5, "DATE-BEG": "2024-01-01T00:00:00",
    "PATT_NUM": 1, "NUMDTHPT": 2, "GDSTARID": "S4AZ029426", "EXPSTART": 60310.0, "EXPEND": 60310.01,
}  # fmt: skip
NAME = "jw01234001001_02101_00001_mirimage_rate.fits"
MUTANTS = 20_000 if os.environ.get("MIRI_WIDGETS_FUZZ") else 1_000


def good_bytes():
    primary = fits.PrimaryHDU()
    primary.header.update(KEYS)
    sci = fits.ImageHDU(np.zeros((8, 9), "f4"), name="SCI")
    sci.header["RA_REF"], sci.header["DEC_REF"] = 80.5, -69.4
    path = fits.HDUList([primary, sci])
    stream = BytesIO()
    path.writeto(stream)
    return stream.getvalue()


GOOD = good_bytes()


def card(text):
    return text.encode("ascii")[:80].ljust(80)


def replaced(name, value, text=GOOD):
    """Return a file with the value field of every card of a keyword as given, whatever stands there."""
    cards = [text[start : start + 80] for start in range(0, len(text), 80)]
    key = name.encode().ljust(8)
    return b"".join(card(f"{name:<8}= {value:>20}") if old.startswith(key) else old for old in cards)


BOMBS = {
    "negative axis": (replaced("NAXIS1", "-2880"), "NAXIS1 = -2880"),
    "negative PCOUNT": (replaced("PCOUNT", "-100000"), "PCOUNT = -100000"),
    "negative GCOUNT": (replaced("GCOUNT", "-3"), "GCOUNT = -3"),
    "axis beyond numbers": (replaced("NAXIS1", "1E400"), "NAXIS1 = inf"),
    "axis that is text": (replaced("NAXIS1", "'many'"), "NAXIS1 = many"),
    "axis that is logical": (replaced("NAXIS1", "T"), "NAXIS1 = True"),
    "many axes": (replaced("NAXIS", "2000000000"), "NAXIS = 2000000000"),
    "unknown BITPIX": (replaced("BITPIX", "7"), "BITPIX = 7"),
    "no END": (GOOD[:2880].replace(card("END"), card("")) + b" " * 20_000_000, "more than 18000 cards"),
    "no END and short": (b"SIMPLE  =" + b" " * 4000, "without END"),
    "continuations": (
        GOOD[:80] + card("HISTORY x") * 3 + card("TARGET  = 'a&'") + card("CONTINUE  'b&'") * 60_000, "CONTINUE cards",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize("reader", [read_headers, read_light_headers, header_facts])
def test_a_header_that_cannot_be_is_a_sentence(kind, reader, tmp_path):
    content, reason = BOMBS[kind]
    path = tmp_path / NAME
    path.write_bytes(content)
    began = time.process_time()
    with pytest.raises(NotFitsError, match=reason):
        reader(path)
    assert time.process_time() - began < 5


def test_the_others_of_the_folder_are_scanned(tmp_path):
    (tmp_path / NAME).write_bytes(GOOD)
    for number, (content, _) in enumerate(BOMBS.values(), start=2):
        (tmp_path / NAME.replace("00001", f"{number:05d}")).write_bytes(content)
    (tmp_path / NAME.replace("00001", "00090")).write_bytes(replaced("EXPSTART", "1E400"))
    (tmp_path / NAME.replace("00001", "00091")).write_bytes(replaced("EXPSTART", "'soon'"))
    found = scan([tmp_path])
    assert NAME in [exposure.path.name for exposure in found.exposures]
    assert len(found.exposures) + len(found.problems) == len(BOMBS) + 3
    assert all(math.isfinite(exposure.start_mjd) or exposure.start_mjd != 0 for exposure in found.exposures)


def test_a_packed_bomb_is_not_unpacked(tmp_path):
    """Four gigabytes of zeros, of which a megabyte is really there."""
    text = replaced("NAXIS1", "20000", replaced("NAXIS2", "50000"))
    path = tmp_path / NAME
    path.write_bytes(gzip.compress(text + bytes(1_000_000)))
    began = time.process_time()
    with pytest.raises(TooLargeError, match=r"claims 4\.0 GB"):
        read_light_headers(path)
    assert time.process_time() - began < 5


def test_no_pipe_or_device_is_read(tmp_path):
    os.mkfifo(tmp_path / NAME)
    for path in (tmp_path / NAME, "/dev/zero"):
        with pytest.raises(MiriWidgetsError, match="no file"):
            read_headers(path)
    assert scan([tmp_path]).exposures == ()


VALUES = (
    "-1", "0", "1", "99999999999999999999", "1E400", "-1E400", "NaN", "'x'", "''", "T", "F", "", "1.5", "'1E400'",
    "'-'", "(1,2)", "'2024-13-45T99:99:99'", "'\\0'", "2147483648", "-2880", "'POLYGON ICRS 1 2 3'", "'  '", "=", "/",
)  # fmt: skip


def mutant(draw):
    """Return a file with a few faults: values, cards, blocks and bytes, wherever they fall."""
    text = bytearray(GOOD)
    for _ in range(draw.randint(1, 4)):
        kind = draw.randrange(6)
        place = draw.randrange(max(len(text) // 80, 1)) * 80
        if kind <= 1:
            names = [
                *KEYS,
                "NAXIS",
                "NAXIS1",
                "NAXIS2",
                "BITPIX",
                "PCOUNT",
                "GCOUNT",
                "EXTNAME",
                "S_REGION",
                "BUNIT",
            ]
            text[:] = replaced(draw.choice(names), draw.choice(VALUES), bytes(text))
        elif kind == 2:
            text[place : place + 80] = card(
                draw.choice(["END", "CONTINUE  'x&'", "SIMPLE  = F", "XTENSION= 'BINTABLE'"])
            )
        elif kind == 3:
            del text[draw.randrange(len(text)) :]
            text += b"S" * (not text)
        elif kind == 4:
            for _ in range(draw.randint(1, 30)):
                text[draw.randrange(len(text))] = draw.randrange(256)
        else:
            text[place:place] = text[place : place + 80 * draw.randint(1, 40)]
    return bytes(text)


def test_mutants_never_escape(tmp_path):
    """Fixed seeds: each mutant is an exposure or a problem with its sentence."""
    draw = random.Random(20260101)
    path = tmp_path / NAME
    exposures = 0
    for number in range(MUTANTS):
        path.write_bytes(mutant(draw))
        began = time.process_time()
        found = scan([tmp_path])
        assert time.process_time() - began < 5, number
        assert len(found.exposures) + len(found.mosaics) + len(found.problems) >= 1, number
        for problem in found.problems:
            assert len(str(problem.error)) < 600 and str(problem.error).isprintable(), number
        for reader in (read_headers, header_facts):
            with suppress(MiriWidgetsError):
                reader(path)
        exposures += len(found.exposures)
    assert MUTANTS / 10 < exposures < MUTANTS  # the faults are neither all harmless nor all fatal


@pytest.mark.parametrize("damage", ["[]", '{"version": 8, "files": 3}', '{"version": 8, "files": {"PATH": 3}}',
    '{"version": 8, "files": {"PATH": {"stamp": STAMP, "kind": "exposure", "facts": {}}}}',
    '{"version": 8, "files": {"PATH": {"stamp": STAMP, "kind": "problem", "facts": []}}}'])  # fmt: skip
def test_a_damaged_index_is_made_anew(tmp_path, damage):
    folder, index = tmp_path / "data", tmp_path / "index.json"
    folder.mkdir()
    path = folder / NAME
    path.write_bytes(GOOD)
    fresh = scan([folder])
    status = path.stat()
    index.write_text(
        damage.replace("PATH", str(path)).replace("STAMP", str([status.st_size, status.st_mtime_ns]))
    )
    assert scan([folder], index=index) == fresh
    assert scan([folder], index=index) == fresh
