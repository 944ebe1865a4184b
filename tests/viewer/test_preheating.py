"""A preheated kernel waits for its page, and never for ever."""

from __future__ import annotations

import asyncio
import socket
from typing import ClassVar

import pytest
from ipywidgets import Widget
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from miri_widgets.viewer import preheating as visitor
from miri_widgets.viewer.preheating import wait_for_page


class Query(WebSocketHandler):
    """Voila's side: tells of the visitor when it is asked to, or never."""

    waiting: ClassVar[list[Query]] = []

    def open(self, kernel: str) -> None:
        """Remember who waits."""
        self.waiting.append(self)


@pytest.fixture
def preheated(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    monkeypatch.setenv("VOILA_KERNEL_ID", "abc")
    monkeypatch.setenv("VOILA_APP_PORT", str(port))
    monkeypatch.setattr(visitor, "HEAD_START", 0.0)
    monkeypatch.setattr(visitor, "LONGEST_WAIT", 0.3)
    monkeypatch.setattr(Widget, "_control_comm", None)
    Query.waiting = []
    return port


async def served(port, then):
    server = Application([(r"/voila/query/(.*)", Query)]).listen(port, "127.0.0.1")
    try:
        waits = asyncio.create_task(wait_for_page())
        await asyncio.sleep(0.4)
        assert not waits.done() and len(Query.waiting) == 1
        then()
        await asyncio.wait_for(waits, 3)
    finally:
        server.stop()
        await server.close_all_connections()


def test_voila_tells(preheated):
    asyncio.run(served(preheated, lambda: Query.waiting[0].write_message({"query": ""})))


def test_the_page_tells_when_the_word_of_voila_is_lost(preheated, monkeypatch):
    asyncio.run(served(preheated, lambda: monkeypatch.setattr(Widget, "_control_comm", object())))


def test_nobody_to_wait_for(preheated, monkeypatch):
    asyncio.run(asyncio.wait_for(wait_for_page(), 2))
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    asyncio.run(asyncio.wait_for(wait_for_page(), 2))
