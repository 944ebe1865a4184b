"""The lock of a run: alone or shared, and alive as long as one process holds it; the other locks do not wait for ever."""

import os
import subprocess
import sys

import pytest

from miri_widgets.errors import WorkspaceError
from miri_widgets.products import tags
from miri_widgets.products.session_file import SessionFile
from miri_widgets.run.events import EventKind, JobEvent, append_events, read_events
from miri_widgets.run.locks import RunLock

HOLDER = """
import sys
from pathlib import Path
from filelock import FileLock
with FileLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
WRITER = """
import sys
from pathlib import Path
from miri_widgets.run.events import EventKind, JobEvent, append_events
for index in range(200):
    append_events(Path(sys.argv[1]), [JobEvent(float(index), sys.argv[2], EventKind.STEP, step="x" * 300)])
"""


@pytest.fixture
def holder(tmp_path):
    """Start a process that holds a lock until its input ends."""
    started = []

    def hold(path):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_a_run_is_alone_or_shared(tmp_path):
    first, second = RunLock(tmp_path / "lock"), RunLock(tmp_path / "lock")
    assert first.acquire(shared=True) and second.acquire(shared=True)
    assert not second.acquire()
    first.release()
    assert second.acquire() and not first.acquire(shared=True)
    second.close()
    assert first.acquire()
    first.close()


def test_a_tag_waits_for_another_page_and_says_so_when_it_stays(tmp_path, holder, monkeypatch):
    monkeypatch.setattr(tags, "LOCK_SECONDS", 0.2)
    path = tmp_path / "tags.json"
    process = holder(path.with_suffix(".lock"))
    with pytest.raises(WorkspaceError, match="another page has held the tags"):
        tags.change_tags(path, {"jw1": {"comment": "x"}})
    assert not path.exists()
    process.kill()
    process.wait()  # its death frees the lock
    assert tags.change_tags(path, {"jw1": {"comment": "x"}})["jw1"].comment == "x"


def test_a_session_is_saved_where_a_disk_has_no_locks(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    file = SessionFile(tmp_path / "session.json")
    file.write({"tab": "sky"}, immediately=True)
    assert '"tab": "sky"' in (tmp_path / "session.json").read_text()


def test_events_of_several_processes_stay_whole(tmp_path):
    path = tmp_path / "events.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], env=os.environ) for name in "abc"
    ]
    assert [process.wait() for process in writers] == [0, 0, 0]
    events, end = read_events(path)
    assert end == path.stat().st_size
    assert sorted((event.job, event.time) for event in events) == [
        (name, float(index)) for name in "abc" for index in range(200)
    ]
    append_events(path, [JobEvent(0.0, "d", EventKind.DONE)])
    assert read_events(path, end)[0][0].job == "d"
