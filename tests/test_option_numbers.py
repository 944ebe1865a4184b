"""Every number that any command takes: 0, negative, not a number, infinite, huge. It is used, or refused in one sentence."""

from __future__ import annotations

import argparse
import math
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import miri_widgets.cli
from miri_widgets.errors import ParameterError
from miri_widgets.option_numbers import decimal_number
from miri_widgets.run import service
from miri_widgets.serve import launcher, serve
from miri_widgets.serve.policy import GRACE, PING, check_times

TEXTS = (
    "0", "-1", "-0.5", "0.00001", "1.5", "1e3", "nan", "-nan", "inf", "-inf", "1e300", "1e400", "-1e400",
    "99999999999999999999999", "", " ", "soon", "7%", "１２", "0x10", "1,5", "1_000",
)  # fmt: skip
ZERO_IS_ONE = {"--port", "--seed", "--reference-error", "--memory-mb", "--idle-minutes", "--saturation"}
"""Options to which 0 is a number as any other."""

PARSERS = {
    "miri-widgets": sys.modules["miri_widgets.cli.main"].command_parser,
    "python -m miri_widgets.serve": launcher.command_parser,
    "miri_widgets.run.service": service.command_parser,
}


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Go through a parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from parsers(each)


def options() -> list[tuple[str, argparse.ArgumentParser, argparse.Action]]:
    """Every option of every command whose text becomes something else than a text or a path."""
    return [
        (f"{each.prog} {action.option_strings[0]}", each, action)
        for make in PARSERS.values()
        for each in parsers(make())
        for action in each._actions
        if action.option_strings and action.type not in (None, str, Path)
    ]


OPTIONS = options()


def test_there_are_such_options_and_none_takes_whatever_python_takes():
    names = {action.option_strings[0] for _, _, action in OPTIONS}
    assert names >= {
        "--port", "--ping", "--grace", "--workers", "--groups", "--ints", "--tiles", "--dithers", "--seed",
        "--reference-error", "--processes", "--memory-mb", "--idle-minutes",
    }  # fmt: skip
    assert [name for name, _, action in OPTIONS if action.type in (int, float)] == []


def test_no_parser_is_forgotten():
    """A new command with a parser of its own belongs into PARSERS, or into one that is there."""
    package = Path(miri_widgets.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "argparse.ArgumentParser(" in path.read_text(encoding="utf-8")
    }
    assert found == {"cli/main.py", "serve/launcher.py", "run/service.py"}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("name", "parser", "action"), OPTIONS, ids=[name for name, _, _ in OPTIONS])
def test_a_number_is_used_or_refused_in_one_sentence(name, parser, action, text, capsys):
    option = action.option_strings[0]
    try:
        value = parser._get_values(action, [text]) if action.nargs is None else None
    except argparse.ArgumentError as error:
        sentence = str(error)
        assert sentence.startswith("argument ") and "\n" not in sentence
        assert re.search(
            r"cannot be a\w* .+; expected a (whole )?number from \S+ to \S+: give for example \S+$", sentence
        )
        assert not (text == "0" and option in ZERO_IS_ONE)
        assert "_" not in sentence.partition(":")[2].replace(text, ""), "no names of functions"
    else:
        assert isinstance(value, int | float) and math.isfinite(value)
        assert 0 <= value < 1e10 and (value > 0 or option in ZERO_IS_ONE)
        assert option != "--port" or value <= 65535
        assert option != "--ping" or int(1000 * value) > 0, (
            "tornado takes whole milliseconds, and 0 is no ping"
        )


@pytest.mark.parametrize(("name", "parser", "action"), OPTIONS, ids=[name for name, _, _ in OPTIONS])
def test_the_default_and_the_example_can_be_used(name, parser, action):
    with pytest.raises(argparse.ArgumentError) as caught:
        parser._get_values(action, ["soon"])
    example = str(caught.value).rpartition(" ")[2]
    assert parser._get_values(action, [example]) == float(example)
    if action.default is not None:
        assert parser._get_values(action, [str(action.default)]) == action.default


@pytest.mark.parametrize(
    ("ping", "grace"), [(0, GRACE), (math.nan, GRACE), (-1, GRACE), (PING, 0), (PING, math.inf), (PING, -3)]
)
def test_times_given_in_python_are_refused_too(tmp_path, ping, grace):
    with pytest.raises(ParameterError, match=r"expected a number from 0\.1 to"):
        check_times(ping, grace)
    with pytest.raises(ParameterError):
        serve(tmp_path, ping=ping, grace=grace)
    check_times(PING, GRACE)


@pytest.mark.parametrize(
    "words", [["--ping", "0"], ["--ping", "nan"], ["--ping=-1"], ["--grace", "0"], ["--grace=-inf"]]
)
def test_the_server_says_one_sentence(tmp_path, words, capsys):
    with pytest.raises(SystemExit) as caught:
        launcher.main([str(tmp_path), *words])
    assert caught.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "; expected a number from 0.1 to" in last and "Traceback" not in last


def test_a_folder_that_is_none_and_a_port_that_is_taken_are_sentences(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words, sentence in (
            ([str(tmp_path / "none")], "is not a folder"),
            ([str(tmp_path), "--port", port], f"port {port} of 127.0.0.1 cannot be listened on"),
        ):
            command = [sys.executable, "-m", "miri_widgets.serve", *words]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=180)
            assert ended.returncode == 1 and sentence in ended.stderr
            assert "Traceback" not in ended.stderr, ended.stderr


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,5", 1.5),
        (" 0,125 ", 0.125),
        ("-2,75e-3", -0.00275),
        (",5", 0.5),
        ("1.5", 1.5),
        ("1234,567", 1234.567),
        ("7", 7.0),
    ],
)
def test_a_decimal_comma_is_a_decimal_point(text, number):
    assert decimal_number(text) == number


@pytest.mark.parametrize(
    "text", ["1,500", "12,345", "-1,000", "1,2,3", "1.000,5", "1,000.5", "", "text", "1, 5"]
)
def test_what_may_mean_two_things_is_refused(text):
    with pytest.raises(ValueError, match="could not convert"):
        decimal_number(text)
