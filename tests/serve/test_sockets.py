"""Messages of both protocols: none is read as one of the other, and none costs more than its size."""

import copy
import json
import logging
import random
import struct
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection import base
from jupyter_server.services.kernels.connection.base import serialize_binary_message, serialize_msg_to_ws_v1
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from miri_widgets.serve.sockets import KernelSocket, is_sound

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


MESSAGE = {
    "header": {"msg_type": "comm_msg", "msg_id": "1"},
    "parent_header": {},
    "metadata": {},
    "content": {"x": 1},
}


def whole(protocol, buffers):
    """A message as a page sends it, made by the functions of Jupyter."""
    if protocol == V1:
        parts = [json.dumps(MESSAGE[part]).encode() for part in MESSAGE]
        return serialize_msg_to_ws_v1([*parts, *buffers], "shell")
    return serialize_binary_message(copy.deepcopy(MESSAGE) | {"channel": "shell", "buffers": buffers})


@pytest.mark.parametrize("protocol", [V1, None])
@pytest.mark.parametrize("buffers", [[], [b""], [b"x" * 1000, b"", b"y"]], ids=["none", "empty", "three"])
def test_messages_of_pages_are_sound(protocol, buffers):
    message = whole(protocol, buffers)
    assert is_sound(message, protocol)
    if protocol == V1:
        channel, parts = base.deserialize_msg_from_ws_v1(message)
        assert channel == "shell" and parts[4:] == buffers
    else:
        assert base.deserialize_binary_message(message)["buffers"] == buffers


@pytest.mark.parametrize("protocol", [V1, None])
def test_no_message_costs_more_than_its_size(protocol):
    """Damaged messages, fixed seeds: what counts as sound has parts that together are not longer than the message."""
    draw = random.Random(7)
    original = whole(protocol, [b"x" * 100, b"y" * 100])
    sound = 0
    for _ in range(20_000):
        message = bytearray(original[: draw.randint(0, len(original))] if draw.random() < 0.5 else original)
        for _ in range(draw.randint(0, 3)):
            if message:
                message[draw.randrange(min(len(message), 80))] = draw.choice((0, 1, 2, 8, 0x7F, 0xFF))
        message = bytes(message)
        if not is_sound(message, protocol):
            continue
        sound += 1
        try:
            if protocol == V1:
                _, parts = base.deserialize_msg_from_ws_v1(message)
            else:
                parts = base.deserialize_binary_message(message)["buffers"]
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
        assert sum(map(len, parts)) <= len(message)
    assert sound > 100


@pytest.mark.parametrize(
    ("message", "protocol"),
    [
        (b"\xff" * 64, None),  # 4e9 parts
        (b"\x7f" * 64, None),
        (b"\xff" * 64, V1),  # 1.8e19 parts
        (b"\x00" * 64, V1),
        (b"", None),
        (b"", V1),
        (struct.pack("<Q", 1000) + struct.pack("<1000Q", *[0, 9008] * 500) + b"x" * 1000, V1),  # overlapping
        ("text", V1),
    ],
)
def test_messages_that_no_page_sends(message, protocol):
    assert not is_sound(message, protocol)


@pytest.mark.parametrize("protocol", [V1, None])
def test_a_message_that_no_page_sends_closes_its_connection_and_reaches_no_kernel(protocol, monkeypatch):
    monkeypatch.setattr(KernelSocket, "log", logging.getLogger("test"))
    handler = KernelSocket.__new__(KernelSocket)
    received, closed = [], []
    handler.connection = SimpleNamespace(subprotocol=protocol, handle_incoming_message=received.append)
    handler.close = lambda code, reason: closed.append(code)
    good = whole(protocol, [b"x"])
    handler.on_message(good)
    handler.on_message(b"\xff" * 64)
    assert received == [good] and closed == [1007]
