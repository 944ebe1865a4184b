"""No number decides science without a word on where it comes from."""

import ast

import pytest

from tests.architecture.constants import KINDS, TABLE, constants, rows

HELP = f"Write where it comes from in {TABLE.name}: its source, the scan that chose it, or why it is a convention."


def test_every_constant_is_in_the_table():
    missing = {name: value for name, value in constants().items() if name not in rows()}
    lines = "\n".join(f"| `{name}` | `{value}` | KIND | REASON |" for name, value in missing.items())
    assert not missing, f"{HELP}\n{lines}"


def test_the_table_names_nothing_that_is_gone():
    assert set(rows()) <= set(constants())


def test_values_in_the_table_are_those_of_the_code():
    known = constants()
    assert {name: row[0] for name, row in rows().items()} == {name: known[name] for name in rows()}


def test_every_row_has_a_kind_and_a_reason():
    for name, (_, kind, reason) in rows().items():
        assert kind in KINDS, name
        assert len(reason.split()) >= 3, name


@pytest.mark.parametrize(
    ("line", "there"),
    [("_FACTOR = 2.5", True), ("LOW, _HIGH = 1, 2", True), ("NAMES = ('a', 'b')", False), ("lower = 3", False), ("ON = True", False)],
)  # fmt: skip
def test_a_constant_with_a_number_is_seen(tmp_path, monkeypatch, line, there):
    (tmp_path / "module.py").write_text(line + "\n")
    ast.parse(line)
    monkeypatch.setattr("tests.architecture.constants.CORE", tmp_path)
    assert bool(constants()) is there
