"""The command line of the simulator."""

import argparse

import pytest

from miri_widgets.simulation.command import (
    add_import_arguments,
    add_simulate_arguments,
    program_of,
    run_simulate,
)
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.programs import PROGRAMS


@pytest.fixture
def parser():
    parser = argparse.ArgumentParser(prog="simulate")
    add_simulate_arguments(parser)
    return parser


def test_help_lists_programs_effects_and_examples(parser):
    text = parser.format_help()
    for word in (*PROGRAMS, *Effects.names(), "examples:", "SUB64", "F2550W"):
        assert word in text


def test_options_change_the_program(parser):
    args = parser.parse_args(
        [
            "small",
            "--filters",
            "F560W",
            "F770W",
            "--subarray",
            "SUB64",
            "--groups",
            "5",
            "--ints",
            "1",
            "--tiles",
            "1",
            "--dithers",
            "1",
            "--seed",
            "9",
            "--without",
            "dark",
            "emi",
            "--also",
            "stripes",
            "--output",
            "out",
        ]
    )
    program = program_of(args)
    assert (program.filters, program.subarray) == (("F560W", "F770W"), "SUB64")
    assert (program.ngroups, program.nints, program.seed) == (5, 1, 9)
    assert (len(program.tiles), len(program.dithers)) == (1, 1)
    assert program.effects == Effects().without("dark", "emi").also("stripes")


def test_without_options_the_program_is_the_ready_made_one(parser):
    assert program_of(parser.parse_args(["--output", "out"])) == PROGRAMS["demo"]


@pytest.mark.parametrize("words", [["--groups", "0"], ["--without", "gravity"], ["mars"], []])
def test_nonsense_ends_with_a_message(parser, words, capsys):
    with pytest.raises(SystemExit):
        parser.parse_args(words + (["--output", "out"] if words else []))
    assert "error" in capsys.readouterr().err


def test_run_writes_exposures(parser, tmp_path, capsys):
    args = parser.parse_args(
        ["sub64", "--groups", "3", "--ints", "1", "--dithers", "1", "--output", str(tmp_path)]
    )
    assert run_simulate(args) == 0
    assert len(list((tmp_path / "uncal").iterdir())) == 1
    assert "truth.json" in capsys.readouterr().out


def test_import_has_an_example():
    parser = argparse.ArgumentParser(prog="import")
    add_import_arguments(parser)
    assert "example" in parser.format_help()
