"""What can be said of an exception that is not ours."""

from __future__ import annotations

__all__ = ["class_names", "one_line"]


def class_names(error: BaseException) -> set[str]:
    """
    Return the full names of the classes of an exception: so it is known without importing what raised it.

    Parameters
    ----------
    error : Exception
        What was raised.
    """
    return {f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__}


def one_line(error: BaseException) -> str:
    """
    Return the words of an exception as one printable line; empty when they cannot be made.

    Parameters
    ----------
    error : Exception
        What was raised.
    """
    try:
        text = str(error)
    except Exception:
        # an exception whose words cannot be made is still an exception
        text = ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
