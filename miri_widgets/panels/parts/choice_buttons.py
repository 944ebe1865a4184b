"""A few choices as buttons in a row, of which one is pressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipyvue
import ipywidgets
import traitlets

__all__ = ["ChoiceButtons"]

_TEMPLATE = """
<template>
  <span class="mw-choice-buttons" role="group" :aria-label="label"><button v-for="c in choices" :key="c.value" type="button" :data-value="c.value"
    :class="{'mw-active': c.value === value}" :aria-pressed="c.value === value ? 'true' : 'false'" :title="c.tip" @click="value = c.value">{{ c.text }}</button></span>
</template>
"""


class ChoiceButtons(ipyvue.VueTemplate):
    """
    Buttons of which one is pressed.

    Parameters
    ----------
    label : str
        Accessible name of the group.
    choices : sequence of (value, text, tip)
        The choices, all str.

    Attributes
    ----------
    value : str
        The choice.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    choices: traitlets.List[Any] = traitlets.List().tag(sync=True)
    value = traitlets.Unicode("").tag(sync=True)

    def __init__(self, label: str, choices: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(
            label=label,
            choices=[dict(zip(("value", "text", "tip"), choice, strict=True)) for choice in choices],
            value=choices[0][0],
            layout=ipywidgets.Layout(width="auto", flex="0 0 auto"),
        )
