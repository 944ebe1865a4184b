"""The tile of JupyterLab: what jupyter-server-proxy and jupyter_app_launcher are given, they take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import jupyter_app_launcher
import pytest
import yaml
from jsonschema import validate
from jupyter_server_proxy.config import ServerProcess

from miri_widgets.serve import jupyter_proxy
from miri_widgets.serve.launcher import command_parser
from miri_widgets.serve.policy import is_loopback

SHARE = Path(jupyter_proxy.__file__).parent / "share"


@pytest.fixture(autouse=True)
def no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Jupyter server that has not asked yet."""
    monkeypatch.delenv(jupyter_proxy.PREFIX_VARIABLE, raising=False)


def test_the_entry_point_gives_what_the_proxy_takes() -> None:
    (point,) = entry_points(group="jupyter_serverproxy_servers", name="miri-widgets")
    values = point.load()()
    server = ServerProcess(name="miri-widgets", **values)
    assert server.unix_socket is True and server.absolute_url
    assert server.timeout >= 60, "imports of a cold disk"
    icon = Path(server.launcher_entry.icon_path)
    assert ElementTree.parse(icon).getroot().tag.endswith("svg")
    assert server.launcher_entry.title == "MIRI imaging"
    assert server.launcher_entry.category == "Notebook", "elsewhere its icon is not drawn"
    words = [word.format(unix_socket="/tmp/x", base_url="/user/ada/", port=0) for word in values["command"]]
    assert words[:4] == [sys.executable, "-P", "-m", "miri_widgets"]
    options = command_parser().parse_args(["folder", *words[5:]])
    assert (options.base_url, options.unix_socket) == ("/user/ada/miri-widgets/", Path("/tmp/x"))
    assert not options.no_token and is_loopback(options.ip)


def test_the_users_jupyter_server_loads_nothing_heavy_for_it() -> None:
    code = (
        "import sys; from miri_widgets.serve.jupyter_proxy import proxied_server; proxied_server();"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'voila', 'tornado', 'jwst', 'jdaviz', 'numpy', 'astropy'}))"
    )
    result = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(("hub", "prefix"), [(None, "/"), ("/user/ada/", "/user/ada/")])
def test_the_other_tile_leads_to_the_same_page(
    monkeypatch: pytest.MonkeyPatch, hub: str | None, prefix: str
) -> None:
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    if hub:
        monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", hub)
    jupyter_proxy.proxied_server()
    (path,) = SHARE.glob("jp_app_launcher*.yaml")
    (tile,) = yaml.safe_load(path.read_text())
    schema = Path(jupyter_app_launcher.__file__).parent / "schema" / "config.schema.json"
    validate({**tile, "id": "x"}, json.loads(schema.read_text()))
    assert (SHARE / tile["icon"]).is_file()
    assert os.path.expandvars(tile["source"]) == f"{prefix}miri-widgets/"
