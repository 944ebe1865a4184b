"""Worker threads that a test holds: a call is taken, and ends when the test lets it."""

from concurrent.futures import Executor, Future

__all__ = ["HeldThreads"]


class HeldThreads(Executor):
    """Keeps (future, call, arguments) of every call in `held`: all are at work and cannot be cancelled."""

    def __init__(self):
        self.held = []

    def submit(self, call, *arguments):
        """Take a call."""
        future = Future()
        future.set_running_or_notify_cancel()
        self.held.append((future, call, arguments))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        """Leave what is at work to the test."""
