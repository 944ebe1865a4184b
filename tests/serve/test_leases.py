"""A kernel without the connection of its page is stopped after a grace; one that waits for a visitor is not."""

import asyncio
import logging
from types import SimpleNamespace

from miri_widgets.serve.leases import KernelLeases, drop_dead_kernels


class Manager:
    """Kernels by name, with the number of their connections, and a pool of preheated ones."""

    log = logging.getLogger(__name__)

    def __init__(self, **connections):
        self._kernel_connections = dict(connections)
        self._pools = {}
        self.dead = set()
        self.filled = []

    def list_kernel_ids(self):
        return list(self._kernel_connections)

    def __contains__(self, kernel):
        return kernel in self._kernel_connections

    def get_kernel(self, kernel):
        return SimpleNamespace(is_alive=lambda: kernel not in self.dead)

    async def shutdown_kernel(self, kernel):
        del self._kernel_connections[kernel]

    def fill_if_needed(self, delay, notebook_name):
        self.filled.append(notebook_name)


def leases(manager, now):
    return KernelLeases(manager, grace=90, first_grace=600, clock=lambda: now[0])


def done(kernel):
    future = asyncio.get_running_loop().create_future()
    future.set_result({"kernel_id": kernel})
    return future


def test_a_lost_connection_ends_the_kernel_after_the_grace_and_a_new_one_saves_it():
    now, manager = [0.0], Manager(page=1, other=1)
    lease = leases(manager, now)
    assert lease.expired() == []
    manager._kernel_connections["page"] = manager._kernel_connections["other"] = 0
    now[0] = 10.0
    assert lease.expired() == []
    now[0] = 90.0
    manager._kernel_connections["other"] = 1  # the laptop woke up
    assert lease.expired() == []
    manager._kernel_connections["other"] = 0
    now[0] = 101.0
    assert lease.expired() == ["page"]
    asyncio.run(lease.end_expired())
    assert manager.list_kernel_ids() == ["other"]


def test_a_page_that_comes_up_slowly_keeps_its_kernel():
    now, manager = [0.0], Manager(page=0)
    lease = leases(manager, now)
    assert lease.expired() == []
    now[0] = 599.0
    assert lease.expired() == []
    now[0] = 601.0
    assert lease.expired() == ["page"]


def test_a_preheated_kernel_waits_for_its_visitor_as_long_as_it_takes():
    async def check():
        now, manager = [0.0], Manager(warm=0)
        manager._pools["demo.ipynb"] = [done("warm")]
        lease = leases(manager, now)
        lease.expired()
        now[0] = 1e6
        assert lease.expired() == []
        manager._pools["demo.ipynb"].clear()  # it is handed out
        assert lease.expired() == []
        now[0] += 601
        assert lease.expired() == ["warm"]

    asyncio.run(check())


def test_a_preheated_kernel_that_died_is_not_handed_out():
    async def check():
        manager = Manager(good=0, killed=0)
        failed = asyncio.get_running_loop().create_future()
        failed.set_exception(RuntimeError("no kernel"))
        starting = asyncio.get_running_loop().create_future()
        manager.dead.add("killed")
        manager._pools["demo.ipynb"] = [done("killed"), done("removed"), failed, starting, done("good")]
        assert await drop_dead_kernels(manager, "demo.ipynb") == 3
        assert manager._pools["demo.ipynb"][0] is starting
        assert manager._pools["demo.ipynb"][1].result() == {"kernel_id": "good"}
        assert manager.filled == ["demo.ipynb"]
        assert await drop_dead_kernels(manager, "demo.ipynb") == 0
        assert await drop_dead_kernels(SimpleNamespace(), "demo.ipynb") == 0

    asyncio.run(check())


def test_a_page_that_connects_for_a_moment_between_two_looks_has_had_its_connection():
    now, manager = [0.0], Manager(page=0)
    lease = leases(manager, now)
    lease.expired()
    lease.connected("page")
    now[0] = 91.0
    assert lease.expired() == ["page"]
