"""
Serve dashboards as web pages, with Voila, from this machine only.

`serve` blocks and serves a folder of notebooks; `start_server` does the same
in a process of its own and waits until it answers. Importing this package
imports neither Voila nor tornado.
"""

from miri_widgets.serve.launcher import serve
from miri_widgets.serve.process import ServerProcess, start_server

__all__ = ["ServerProcess", "serve", "start_server"]
