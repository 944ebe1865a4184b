"""No message of a kernel to its page is lost, however busy the way between them."""

from __future__ import annotations

import time

import pytest
from jupyter_client.manager import start_new_kernel

from miri_widgets.viewer.delivery import deliver_all

MANY = 12_000
BURST = f"""
from IPython.display import display
for number in range({MANY}):
    display({{"text/plain": "x" * 1000}}, raw=True)
"""


def test_outside_of_a_kernel_nothing_is_done():
    assert not deliver_all()


def received(setup: str) -> int:
    """Count the messages of a burst that reach a client that does not read meanwhile."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        client.execute_interactive(setup, timeout=60, store_history=False)
        time.sleep(0.3)
        asked = client.execute(BURST)
        while client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != asked:
            pass
        count = 0
        while True:
            message = client.get_iopub_msg(timeout=20)
            if message["parent_header"].get("msg_id") != asked:
                continue
            count += message["msg_type"] == "display_data"
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return count
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    "setup",
    [
        'from miri_widgets.viewer import make_viewer; viewer = make_viewer("light")',
        "from miri_widgets.panels.parts.part import Part; part = Part()",
    ],
    ids=["viewer", "panel"],
)
def test_a_burst_arrives_whole(setup):
    assert received(setup) == MANY
