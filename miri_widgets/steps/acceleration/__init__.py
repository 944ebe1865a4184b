"""
Exact replacements of slow functions of the pipeline: the same bits, less processor time.

A replacement acts only while `accelerated` is entered, only where the source of the function that it stands for is
the source that it was proven against, and only where it is not switched off. What changes a single bit of a product
is a setting and has no place here.
"""

from miri_widgets.steps.acceleration.acceleration import Acceleration, State
from miri_widgets.steps.acceleration.registry import (
    ACCELERATIONS,
    SWITCH,
    accelerated,
    acceleration_states,
    stock_function,
    switched_off,
)

__all__ = [
    "ACCELERATIONS",
    "SWITCH",
    "Acceleration",
    "State",
    "accelerated",
    "acceleration_states",
    "stock_function",
    "switched_off",
]
