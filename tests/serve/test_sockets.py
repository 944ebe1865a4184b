"""A message in the older protocol must not be read as one of the newer."""

import json
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection.base import serialize_binary_message, serialize_msg_to_ws_v1
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from miri_widgets.serve.sockets import KernelSocket

V1 = "v1.kernel.websocket.jupyter.org"


@pytest.fixture
def sent(monkeypatch):
    found = []
    monkeypatch.setattr(
        KernelWebsocketHandler, "write_message", lambda self, message, binary=False: found.append(message)
    )
    return found


def socket(subprotocol):
    handler = KernelSocket.__new__(KernelSocket)
    handler.connection = SimpleNamespace(subprotocol=subprotocol)
    return handler


def message(kind):
    return {
        "header": {"msg_type": kind},
        "parent_header": {},
        "metadata": {},
        "content": {},
        "buffers": [b"x" * 100],
    }


def test_an_image_in_the_older_protocol_is_sent_at_once(sent):
    old = serialize_binary_message(message("comm_msg"))
    assert int.from_bytes(old[:8], "little") > 10**9  # what Voila would count up to
    socket("").write_message(old, binary=True)
    assert sent == [old]


@pytest.mark.parametrize(("kind", "passes"), [("comm_msg", True), ("execute_input", False)])
def test_sources_stay_hidden_in_the_newer_protocol(sent, kind, passes):
    parts = [json.dumps({"msg_type": kind}).encode(), b"{}", b"{}", b"{}"]
    new = serialize_msg_to_ws_v1(parts, "iopub")
    socket(V1).write_message(new, binary=True)
    assert sent == ([new] if passes else [])


def test_a_healthy_connection_outlives_the_interval_of_its_pings():
    handler = socket(V1)
    handler.application = SimpleNamespace(settings={})
    assert handler.ping_timeout >= 2 * handler.ping_interval
    handler._for_tornado = True  # as while tornado makes its protocol
    assert handler.ping_timeout == handler.ping_interval
