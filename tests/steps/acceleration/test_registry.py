import hashlib
import inspect
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.steps.acceleration import (
    ACCELERATIONS,
    State,
    accelerated,
    acceleration_states,
    stock_function,
)
from miri_widgets.steps.acceleration.acceleration import Acceleration
from miri_widgets.steps.acceleration.registry import SWITCH

STOCK = """def slow(value):
    return value + 1
"""
METHOD = """class Slow:
    def work(value):
        return value + 1
"""
FAST = """def fast(value):
    return 1 + value
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the module of a package with a slow function, and one that replaces it."""
    folder = tmp_path / "slow_package"
    folder.mkdir()
    for name, text in {"__init__": "", "inner": STOCK, "quick": FAST}.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("slow_package.inner")
    for name in [name for name in sys.modules if name.startswith("slow_package")]:
        del sys.modules[name]


@pytest.fixture
def example(package):
    source = hashlib.sha256(STOCK.encode()).hexdigest()
    return Acceleration("example", "slow_package.inner:slow", source, "slow_package.quick:fast", "is slow")


def test_the_installed_functions_are_those_that_were_proven():
    assert acceleration_states() == dict.fromkeys([one.name for one in ACCELERATIONS], State.ON)


def test_a_function_is_replaced_while_the_context_lasts(example, package):
    stock = package.slow
    with accelerated(known=[example]) as states:
        assert states == {"example": State.ON}
        assert package.slow.__name__ == "fast"
        assert package.slow(1) == 2
    assert package.slow is stock


def test_the_stock_function_comes_back_after_an_error(example, package):
    stock = package.slow
    with pytest.raises(ZeroDivisionError), accelerated(known=[example]):
        raise ZeroDivisionError
    assert package.slow is stock


def test_another_source_runs_the_stock_function(example, package):
    changed = replace(example, source="0" * 64)
    with accelerated(known=[changed]) as states:
        assert states == {"example": State.OTHER_SOURCE}
        assert package.slow.__name__ == "slow"


@pytest.mark.parametrize(
    "target",
    [
        "no_such_module_here:f",
        "slow_package.inner:no_such_function",
        "slow_package.gone:slow",
        "builtins:len",
    ],
)
def test_a_function_that_is_not_there_is_left_alone(example, target):
    with accelerated(known=[replace(example, target=target)]) as states:
        assert states == {"example": State.MISSING}


@pytest.mark.parametrize("name", ["example", "all", " example , "])
def test_switched_off_by_the_environment(example, package, monkeypatch, name):
    monkeypatch.setenv(SWITCH, name)
    with accelerated(known=[example]) as states:
        assert states == {"example": State.OFF}
        assert package.slow.__name__ == "slow"


def test_switched_off_by_name(example):
    assert acceleration_states(["example"], known=[example]) == {"example": State.OFF}


def test_a_wrong_name_is_a_sentence(example):
    with pytest.raises(
        ParameterError, match="no acceleration is called 'jumps'; expected all or one of example"
    ):
        acceleration_states(["jumps"], known=[example])


def test_every_replacement_is_there_and_takes_what_the_stock_function_takes():
    for acceleration in ACCELERATIONS:
        module, _, name = acceleration.replacement.partition(":")
        function = getattr(import_module(module), name)
        *_, stock = acceleration.stock()
        assert list(inspect.signature(function).parameters) == list(inspect.signature(stock).parameters)


def test_the_hashed_source_is_that_of_the_function_in_memory():
    for acceleration in ACCELERATIONS:
        functions = [stock_function(target) for target in (acceleration.target, *acceleration.relies_on)]
        source = "".join(map(inspect.getsource, functions))
        assert hashlib.sha256(source.encode()).hexdigest() == acceleration.source, acceleration.name


def test_what_it_relies_on_belongs_to_the_source(example, package):
    helped = replace(example, target="slow_package.inner:Slow.work", relies_on=("slow_package.inner:slow",))
    path = Path(package.__file__)
    path.write_text(STOCK + "\n\n" + METHOD)
    source = hashlib.sha256(f"{METHOD.partition(chr(10))[2]}{STOCK}".encode()).hexdigest()
    helped = replace(helped, source=source)
    assert helped.state() is State.ON
    path.write_text(STOCK.replace("+ 1", "+ 2") + "\n\n" + METHOD)
    assert helped.state() is State.OTHER_SOURCE


def test_a_method_is_replaced_and_so_are_other_names_of_a_function(package):
    inner = Path(package.__file__)
    inner.write_text(STOCK + "\n\n" + METHOD)
    inner.with_name("taker.py").write_text("from slow_package.late import slow, Slow\n")
    inner.with_name("late.py").write_text(inner.read_text())
    inner.with_name("unaware.py").write_text("slow = None\n")
    takers = ("slow_package.taker", "slow_package.unaware", "slow_package.gone")
    function = Acceleration(
        "f", "slow_package.late:slow", sha(STOCK), "slow_package.quick:fast", "is slow", imported_by=takers
    )
    body = METHOD.partition("\n")[2]
    method = Acceleration("m", "slow_package.late:Slow.work", sha(body), "slow_package.quick:fast", "is slow")
    taker, unaware = map(import_module, takers[:2])
    stock, work = taker.slow, taker.Slow.work
    with accelerated(known=[function, method]) as states:
        assert set(states.values()) == {State.ON}
        assert taker.slow.__name__ == taker.Slow.work.__name__ == "fast" and unaware.slow is None
        assert stock_function("slow_package.late:slow") is stock
        assert stock_function("slow_package.late:Slow.work") is work
    assert taker.slow is stock and taker.Slow.work is work
    assert stock_function("slow_package.late:slow") is stock


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_decorator_belongs_to_the_source(example, package):
    path = Path(package.__file__)
    path.write_text("import functools\n\n\n@functools.cache\n" + STOCK)
    assert example.state() is State.OTHER_SOURCE


def test_importing_the_room_imports_no_pipeline():
    code = "import sys; from miri_widgets.steps.acceleration import acceleration_states as s; s(); print([m for m in ('jwst', 'stcal', 'asdf') if m in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert ended.stdout.strip() == "[]", ended.stderr
