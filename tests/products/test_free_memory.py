"""The memory that is left is that of the smallest box: machine, container, group."""

import psutil
import pytest

from miri_widgets.products.free_memory import free_memory, group_memory

GB = 10**9


def box(root, name, version, limit, used, cache):
    names = {
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        2: ("memory.max", "memory.current", "inactive_file"),
    }[version]
    folder = (root / "memory" if version == 1 else root) / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\n{names[2]} {cache}\nactive_file 7\n")


@pytest.mark.parametrize(("version", "line"), [(1, "8:cpu,memory:/a/b\n"), (2, "0::/a/b\n")])
def test_the_least_of_a_group_and_those_above_it(tmp_path, version, line):
    membership = tmp_path / "cgroup"
    membership.write_text("3:pids:/elsewhere\n" + line)
    box(tmp_path, "a/b", version, 8 * GB, 2 * GB, 0)
    assert group_memory(tmp_path, membership) == 6 * GB
    box(tmp_path, "a", version, 5 * GB, 4 * GB, GB)  # a cache is given back
    assert group_memory(tmp_path, membership) == 2 * GB
    box(tmp_path, "a", version, 5 * GB, 7 * GB, GB)
    assert group_memory(tmp_path, membership) == 0


@pytest.mark.parametrize(("version", "line"), [(1, "8:memory:/docker/0123\n"), (2, "0::/docker/0123\n")])
def test_inside_a_container_the_root_of_the_groups_is_its_own(tmp_path, version, line):
    membership = tmp_path / "cgroup"
    membership.write_text(line)
    box(tmp_path, "", version, 4 * GB, GB, 0)
    assert group_memory(tmp_path, membership) == 3 * GB


@pytest.mark.parametrize("text", ["", "0::/\n", "nonsense\n", "8:memory:/\n", "\x00\n"])
def test_no_limit_is_none(tmp_path, text):
    membership = tmp_path / "cgroup"
    membership.write_text(text)
    assert group_memory(tmp_path, membership) is None
    assert group_memory(tmp_path, tmp_path / "missing") is None
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("5\n")
    box(tmp_path, "", 1, 2**63 - 4096, 5, 0)  # what version 1 calls no limit
    assert group_memory(tmp_path, membership) is None


def test_here_it_is_not_more_than_the_machine_has():
    assert 0 < free_memory() <= psutil.virtual_memory().total
