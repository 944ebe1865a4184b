"""Files of code from which settings are taken; they are read, never run."""

from __future__ import annotations

from miri_widgets.products.entered import entered_path
from miri_widgets.products.text_files import read_text

__all__ = ["names_code_file", "read_code_file"]

_ENDINGS = (".py", ".ipynb", ".txt", ".sh")


def names_code_file(entered: str) -> bool:
    """
    Return whether a text names a file of code, rather than being code.

    Parameters
    ----------
    entered : str
        What was typed.
    """
    content = entered.strip().strip("'\"`").strip()
    is_path = content.startswith(("/", "~", "file:", "./", "../")) and not content.startswith("//")
    return "\n" not in content and (is_path or content.lower().endswith(_ENDINGS))


def read_code_file(entered: str) -> str:
    """
    Read the file of code that a text names.

    Parameters
    ----------
    entered : str
        Path as it was typed; ``~`` is the home folder.

    Raises
    ------
    InputError
        If it is no path, there is no such file, or it is no text.
    """
    return read_text(
        entered_path(entered), "a script, a notebook or a file with a strun line", "correct its path"
    )
