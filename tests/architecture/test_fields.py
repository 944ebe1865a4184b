"""Every field that takes text is known, and a test says what it answers: a new field without an answer fails here."""

import ast
import re
from collections import Counter
from pathlib import Path

import miri_widgets

PACKAGE = Path(miri_widgets.__file__).parent
TESTS = Path(__file__).parents[1]

FREE = {"Text", "Textarea", "Combobox", "Password", "TagsInput", "ColorPicker", "DatePicker"}
CLIPPING = {
    "IntText", "FloatText", "BoundedIntText", "BoundedFloatText", "FloatsInput", "IntsInput", "NaiveDatetimePicker",
}  # fmt: skip
"""They turn what is no number into another number, or say nothing."""

ENTERED = "panels/test_entered_fields.py"
FIELDS = {
    ("panels/archive.py", "Text"): (2, ENTERED, "test_program_numbers_and_folders_of_the_archive"),
    ("panels/archive.py", "Password"): (1, ENTERED, "test_a_token_is_taken_without_what_was_pasted_around_it"),
    ("panels/compare.py", "Combobox"): (1, ENTERED, "test_paths_of_a_comparison"),
    ("panels/composite.py", "ColorPicker"): (1, "panels/test_composite.py", "test_controls_set_the_model"),
    ("panels/opener.py", "Text"): (1, "panels/test_opener.py", "test_a_folder_is_chosen_opened_left_and_opened_again"),
    ("panels/shifts.py", "Text"): (1, ENTERED, "test_the_name_of_a_copy_of_the_shifts"),
    ("panels/parts/code_view.py", "Text"): (1, ENTERED, "test_names_of_parameter_sets_and_paths_of_code"),
    ("panels/parts/code_view.py", "Textarea"): (1, ENTERED, "test_names_of_parameter_sets_and_paths_of_code"),
    ("panels/parts/parameter_control.py", "Text"): (1, "panels/test_form.py", "test_no_text_stays_in_a_field_without_an_answer"),
    ("panels/parts/folders.py", "Combobox"): (
        1, "panels/test_opener.py", "test_hostile_paths_get_a_sentence_and_cannot_be_opened"),
    ("panels/parts/form.py", "Text"): (1, ENTERED, "test_a_search_for_parameters_answers_any_text"),
    ("panels/parts/regionlist.py", "Text"): (2, ENTERED, "test_names_and_paths_of_regions"),
    ("panels/parts/showerlist.py", "Text"): (1, ENTERED, "test_the_threshold_of_showers_is_never_clipped"),
    ("panels/parts/display.py", "<input>"): (3, "panels/test_display.py", ""),
    ("panels/parts/contactgrid.vue", "<input>"): (1, "panels/test_contact_sheet.py", ""),
    ("panels/parts/table.py", "<input>"): (1, "panels/test_panels.py", ""),
}  # fmt: skip
"""Where a field is made, and what it is: how many, and the test of its answers."""


def made_fields():
    """Return how many fields each file makes, of which kind."""
    found = Counter()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix not in (".py", ".vue", ".js", ".html") or not path.is_file():
            continue
        name, content = str(path.relative_to(PACKAGE)), path.read_text(encoding="utf-8")
        if path.suffix == ".py" and "ipywidgets" in content:
            for node in ast.walk(ast.parse(content)):
                kind = (
                    getattr(node.func, "attr", getattr(node.func, "id", ""))
                    if isinstance(node, ast.Call)
                    else ""
                )
                owner = getattr(getattr(node, "func", None), "value", None)
                if kind in FREE | CLIPPING and (
                    owner is None or getattr(owner, "id", "") in ("ipywidgets", "widgets")
                ):
                    found[name, kind] += 1
        for tag in re.findall(r"<(?:input|textarea|v-text-field|v-textarea|v-combobox)\b[^>]*", content):
            if not re.search(r'type="(checkbox|radio|range|file|button)"', tag):
                found[name, "<input>"] += name.startswith("panels/")
    return +found


def test_every_field_is_known_and_has_a_test():
    assert made_fields() == {key: count for key, (count, _, _) in FIELDS.items()}
    for _, module, function in FIELDS.values():
        content = (TESTS / module).read_text(encoding="utf-8")
        assert f"def {function}(" in content if function else "def test_" in content, (module, function)


def test_no_field_clips_a_number_in_silence():
    assert [key for key in made_fields() if key[1] in CLIPPING] == []
