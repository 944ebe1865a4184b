"""No message of a kernel to its page is lost, however busy the way between them."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from jupyter_client.manager import KernelManager

from miri_widgets.message_buffer import deliver_all
from miri_widgets.serve.kernels import OwnKernelSpecManager

PATIENCE = 600.0
"""Seconds for an answer of a kernel, on a machine that others use."""

MANY = 12_000
BURST = f"""
from IPython.display import display
for number in range({MANY}):
    display({{"text/plain": "x" * 1000}}, raw=True)
"""


def test_outside_of_a_kernel_nothing_is_done():
    assert not deliver_all()


def received(manager: KernelManager, setup: str) -> int:
    """Count the messages of a burst that reach a client that does not read meanwhile."""
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        client.execute_interactive(setup, timeout=PATIENCE, store_history=False)
        time.sleep(0.3)
        asked = client.execute(BURST)
        while client.get_shell_msg(timeout=PATIENCE)["parent_header"].get("msg_id") != asked:
            pass
        count = 0
        while True:
            message = client.get_iopub_msg(timeout=PATIENCE)
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
        "from miri_widgets.panels.parts.base_view import Part; part = Part()",
    ],
    ids=["viewer", "panel"],
)
def test_a_burst_arrives_whole_from_the_kernel_of_another_server(setup):
    assert received(KernelManager(), setup) == MANY


def test_the_kernel_of_a_page_imports_no_widgets_before_it_is_there():
    code = "import sys, miri_widgets.serve.page_ipykernel, miri_widgets.message_buffer; print('ipywidgets' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_burst_arrives_whole_from_the_kernel_of_a_page():
    manager = KernelManager(kernel_spec_manager=OwnKernelSpecManager())
    assert (
        received(manager, "from ipykernel.kernelapp import IPKernelApp; IPKernelApp.instance().large_buffer")
        == MANY
    )
