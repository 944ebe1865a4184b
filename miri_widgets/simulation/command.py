"""The commands ``simulate`` and ``import-laboratory``: options in, files out, one line per file."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from miri_widgets.option_numbers import real_number, whole_number
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import FILTERS, SUBARRAYS
from miri_widgets.simulation.program import SimulatedProgram
from miri_widgets.simulation.programs import PROGRAMS
from miri_widgets.simulation.setups import FilterSetup

__all__ = ["add_import_arguments", "add_simulate_arguments", "program_of", "run_import", "run_simulate"]

_SIMULATE_HELP = """\
Write raw exposures (uncal) of a simulated MIRI imaging program, with the truth that was injected into them.
Equal options give equal pixels.

ready-made programs:
{programs}

examples:
  miri-widgets simulate demo --output demo --references crds
  miri-widgets simulate small --filters F560W F770W --groups 12 --output two-filters
  miri-widgets simulate demo --without cosmic_rays emi --seed 7 --output quiet
"""

_IMPORT_HELP = """\
Add to a laboratory ramp what the pipeline needs (exposure type, filter, dates, pointing, subarray) and write
it as a raw exposure. The pixels stay as they are; each added keyword is printed with its reason.

example:
  miri-widgets import-laboratory MIRI_5582_89_S_20180308-010230_SCE1_pipe.fits --output laboratory
"""


def add_simulate_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the options of `run_simulate` to a parser, in place.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The parser.
    """
    width = max(map(len, PROGRAMS))
    listed = "\n".join(f"  {name:{width}}  {_summary(program)}" for name, program in PROGRAMS.items())
    parser.description = _SIMULATE_HELP.format(programs=listed)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "program",
        nargs="?",
        default="demo",
        choices=sorted(PROGRAMS),
        help="ready-made program to start from (default: demo)",
    )
    _add_observation_arguments(parser)
    _add_effect_arguments(parser)
    _add_output_arguments(parser)


def _add_observation_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--filters",
        nargs="+",
        metavar="FILTER",
        choices=list(FILTERS),
        help="imaging filters, " + ", ".join(FILTERS),
    )
    parser.add_argument("--subarray", choices=list(SUBARRAYS), help="readout window")
    parser.add_argument(
        "--groups",
        type=whole_number("a number of groups", 2, 65535, 10),
        metavar="N",
        help="groups per integration, at least 2",
    )
    parser.add_argument(
        "--ints",
        type=whole_number("a number of integrations", 1, 65535, 1),
        metavar="N",
        help="integrations per exposure",
    )
    parser.add_argument(
        "--tiles",
        type=whole_number("a number of tiles", 1, 10000, 2),
        metavar="N",
        help="use the first N tiles of the program",
    )
    parser.add_argument(
        "--dithers",
        type=whole_number("a number of dithers", 1, 10000, 4),
        metavar="N",
        help="use the first N dithers of the program",
    )


def _add_effect_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=whole_number("a seed", 0, 2**63 - 1, 1), metavar="N", help="seed of everything random"
    )
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        metavar="EFFECT",
        choices=Effects.names(),
        help="effects to leave out: " + ", ".join(Effects.names()),
    )
    parser.add_argument(
        "--also",
        nargs="+",
        default=[],
        metavar="EFFECT",
        choices=Effects.names(),
        help="effects to add: " + ", ".join(Effects.artefacts()),
    )


def _add_output_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="gets uncal/ and truth/")
    parser.add_argument(
        "--references",
        type=Path,
        metavar="FOLDER",
        help="also write a local CRDS cache with the matching reference files here",
    )
    parser.add_argument(
        "--reference-error",
        type=real_number("a measurement error", 0, 1000, 1),
        default=0.0,
        metavar="X",
        help="measurement error of the references in units of a realistic one (default: 0, exact)",
    )
    parser.add_argument("--rates", action="store_true", help="also write the noiseless rate of each exposure")
    parser.add_argument(
        "--processes",
        type=whole_number("a number of processes", 1, 1000, 2),
        default=2,
        metavar="N",
        help="processes at the same time (default: 2)",
    )


def run_simulate(args: argparse.Namespace) -> int:
    """
    Simulate as the options say; return 0.

    Parameters
    ----------
    args : argparse.Namespace
        Parsed options.
    """
    from miri_widgets.simulation.exposures import simulate
    from miri_widgets.simulation.reference_cache import write_reference_cache

    program = program_of(args)
    made = simulate(program, args.output, processes=args.processes, progress=_report, save_rates=args.rates)
    print(f"truth: {made.truth}")
    if args.references is not None:
        cache = write_reference_cache(
            args.references,
            filters=program.filters,
            subarrays=(program.subarray,),
            reference_error=args.reference_error,
            progress=_report,
        )
        print("to reduce these exposures with the pipeline alone, set:")
        for name, value in cache.environment().items():
            print(f"  export {name}={value}")
    return 0


def program_of(args: argparse.Namespace) -> SimulatedProgram:
    """
    Return the program that the options describe.

    Parameters
    ----------
    args : argparse.Namespace
        Parsed options.

    Raises
    ------
    ParameterError
        If the options contradict each other.
    """
    program = PROGRAMS[args.program]
    filters = tuple(args.filters) if args.filters else None
    changes = {
        "filters": filters,
        "setups": _setups(program, filters or program.filters, args.groups, args.ints),
        "subarray": args.subarray,
        "ngroups": args.groups,
        "nints": args.ints,
        "tiles": program.tiles[: args.tiles] if args.tiles else None,
        "dithers": program.dithers[: args.dithers] if args.dithers else None,
        "seed": args.seed,
        "effects": program.effects.also(*args.also).without(*args.without),
    }
    return program.replace(**{name: value for name, value in changes.items() if value is not None})


def _setups(
    program: SimulatedProgram, filters: tuple[str, ...], groups: int | None, ints: int | None
) -> tuple[FilterSetup, ...]:
    return tuple(
        replace(setup, ngroups=groups or setup.ngroups, nints=ints or setup.nints)
        for setup in program.setups
        if setup.filter in filters
    )


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the options of `run_import` to a parser, in place.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The parser.
    """
    parser.description = _IMPORT_HELP
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", type=Path, help="FITS file with laboratory ramps")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="gets the raw exposure")


def run_import(args: argparse.Namespace) -> int:
    """
    Import a laboratory ramp as the options say; return 0.

    Parameters
    ----------
    args : argparse.Namespace
        Parsed options.
    """
    from miri_widgets.simulation.laboratory import import_laboratory_ramp

    path, added = import_laboratory_ramp(args.file, args.output)
    for name, (value, why) in added.items():
        print(f"{name} = {value!r}: {why}")
    print(path)
    return 0


def _summary(program: SimulatedProgram) -> str:
    ramps = dict.fromkeys(f"{setup.ngroups} x {setup.nints}" for setup in map(program.setup, program.filters))
    return (
        f"{program.title}: {program.exposures} exposures, {program.subarray}, {' '.join(program.filters)}, "
        f"groups x integrations {', '.join(ramps)}"
    )


def _report(done: int, total: int, name: str) -> None:
    print(f"[{done}/{total}] {name}", flush=True)
