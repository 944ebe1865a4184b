"""
The rules of a CRDS cache: one context, one list of types for MIRI, one rule file per type.

References
----------
The form follows the rules of a real context; the checksum in each rule file is the SHA-1 of its text without the
line that holds the checksum.
"""

from __future__ import annotations

import hashlib
import pprint
from collections.abc import Mapping, Sequence
from pathlib import Path

from miri_widgets.simulation.references import USEAFTER

__all__ = ["write_mappings"]

# Types that a step of the imaging pipelines asks for and that MIRI imaging does not have.
_NOT_APPLICABLE = """
    superbias refpix sirskernel pictureframe pastasoss bkg wavelengthrange specwcs regions camera chromcorr
    collimator disperser fore fpa msa ote ifupost ifufore ifuslicer fflat sflat dflat drizpars persat
    trapdensity trappars lastframe cubepar extract1d fringe psf psfmask tsophot mrsxartcorr mrsptcorr
    fringefreq resol straymask
"""

# Steps and pipelines without a parameter file: with the type missing altogether CRDS warns at each step.
_WITHOUT_PARAMETERS = """
    assignmtwcsstep assignwcsstep backgroundstep chargemigrationstep cleanflickernoisestep darkcurrentstep
    dqinitstep emicorrstep firstframestep flatfieldstep gainscalestep groupscalestep ipcstep jumpstep
    lastframestep linearitystep outlierdetectionstep persistencestep photomstep pictureframestep rampfitstep
    refpixstep resamplestep resetstep rscdstep saturationstep skymatchstep sourcecatalogstep superbiasstep
    tweakregstep badpixselfcalstep tsophotometrystep whitelightstep extract1dstep residualfringestep
    detector1pipeline image2pipeline image3pipeline darkpipeline tso3pipeline spec2pipeline spec3pipeline
"""

_DETECTOR = "META.INSTRUMENT.DETECTOR"
_TYPE = "META.EXPOSURE.TYPE"
_KEYWORDS = {
    "dark": (_DETECTOR, "META.EXPOSURE.READPATT", "META.SUBARRAY.NAME"),
    "reset": (_DETECTOR, "META.EXPOSURE.READPATT", "META.SUBARRAY.NAME"),
    "flat": (_DETECTOR, "META.INSTRUMENT.FILTER"),
    "pars-tweakregstep": (_TYPE, "META.INSTRUMENT.FILTER"),
    "pars-sourcecatalogstep": (_TYPE, "META.INSTRUMENT.FILTER"),
    "apcorr": (_TYPE,),
    "emicorr": ("META.INSTRUMENT.NAME",),
    "abvegaoffset": ("META.INSTRUMENT.NAME",),
}
_FIXED = {
    _DETECTOR: "MIRIMAGE",
    # FAST is what laboratory ramps of before the launch call FASTR1
    "META.EXPOSURE.READPATT": "FASTR1|FAST",
    _TYPE: "MIR_IMAGE",
    "META.INSTRUMENT.NAME": "MIRI",
}


def write_mappings(cache: Path, served: Sequence[tuple[str, tuple[str, ...], str]], context: str) -> None:
    """
    Write the rules and the configuration of a cache.

    Parameters
    ----------
    cache : Path
        Root of the cache.
    served : sequence of tuple
        (reference type, values of the keywords that are free, file name) of each reference.
    context : str
        Name of the context, such as ``"jwst_9001.pmap"``.
    """
    folder = cache / "mappings" / "jwst"
    folder.mkdir(parents=True)
    serial = context.removeprefix("jwst_").removesuffix(".pmap")
    rules: dict[str, str] = {}
    for kind in dict.fromkeys(kind for kind, _, _ in served):
        rules[kind] = f"jwst_miri_{kind}_{serial}.rmap"
        _write_rule(folder, rules[kind], kind, [(keys, name) for k, keys, name in served if k == kind])
    for kind in (*_NOT_APPLICABLE.split(), *(f"pars-{name}" for name in _WITHOUT_PARAMETERS.split())):
        rules.setdefault(kind, "N/A")
    instrument = f"jwst_miri_{serial}.imap"
    header = {
        "mapping": "INSTRUMENT",
        "instrument": "MIRI",
        "parkey": ("REFTYPE",),
        "description": "simulated",
    }
    _write_mapping(folder / instrument, header, pprint.pformat(rules, width=200))
    header = {"mapping": "PIPELINE", "parkey": ("META.INSTRUMENT.NAME",), "description": "simulated"}
    _write_mapping(folder / context, header, pprint.pformat({"MIRI": instrument}))
    _write_configuration(cache / "config" / "jwst", context)


def _write_rule(folder: Path, name: str, kind: str, cases: list[tuple[tuple[str, ...], str]]) -> None:
    keywords = _KEYWORDS.get(kind, (_TYPE,) if kind.startswith("pars-") else (_DETECTOR,))
    lines = []
    for keys, file_name in cases:
        free = iter(keys)
        values = tuple(_FIXED[keyword] if keyword in _FIXED else next(free) for keyword in keywords)
        match = values if len(values) > 1 else values[0]  # one keyword: a string, not a tuple
        lines.append(
            f"    {match!r} : UseAfter({{\n        {USEAFTER.replace('T', ' ')!r} : {file_name!r},\n    }}),\n"
        )
    header = {
        "mapping": "REFERENCE",
        "instrument": "MIRI",
        "filekind": kind if kind.startswith("pars-") else kind.upper(),
        "filetype": kind.upper(),
        "suffix": kind,
        "file_ext": Path(cases[0][1]).suffix,
        "text_descr": f"simulated {kind}",
        "classes": ("Match", "UseAfter"),
        "parkey": (keywords, ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")),
    }
    _write_mapping(folder / name, header, "Match({\n" + "".join(lines) + "})")


def _write_mapping(path: Path, header: Mapping[str, object], selector: str) -> None:
    full = {**header, "observatory": "JWST", "name": path.name, "derived_from": "miri_widgets simulation"}
    lines = [f"    {key!r} : {full[key]!r},\n" for key in sorted(full)]
    body = "header = {\n" + "".join(lines) + "}\n\nselector = " + selector + "\n"
    digest = hashlib.sha1(body.encode(), usedforsecurity=False).hexdigest()
    signed = body.replace("}\n\nselector", f"    'sha1sum' : '{digest}',\n}}\n\nselector", 1)
    path.write_text(signed, encoding="utf-8")


def _write_configuration(folder: Path, context: str) -> None:
    folder.mkdir(parents=True)
    server = {
        "observatory": "jwst",
        "operational_context": context,
        "bad_files_list": [],
        "last_synced": "never",
        "force_remote_mode": False,
    }
    (folder / "server_config").write_text(pprint.pformat(server), encoding="utf-8")
    (folder / "ref_cache_subdir_mode").write_text("instrument", encoding="utf-8")
