"""
Make sure that a Chromium is here, the way the machine allows.

In this order: one that is there already, Debian's package when root, else the
one that Playwright brings. Says in one sentence what came of it; exits with 1
when none can be had (the browser tests then skip).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MINUTES = 10


def present() -> str | None:
    """Return the path of a Chromium that is installed, or None."""
    named = os.environ.get("MIRI_WIDGETS_CHROMIUM", "")
    if named and Path(named).is_file():
        return named
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or playwrights_own()


def playwrights_own() -> str | None:
    """Return the Chromium that Playwright downloaded earlier, or None."""
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Exception:  # playwright raises its own kinds, and may not be installed
        return None
    return path if path and Path(path).is_file() else None


def ran(*command: str) -> bool:
    """Run a command quietly; return whether it went well."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        result = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60 * MINUTES,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0


def install() -> str | None:
    """Install one and return its path, or None."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        arguments = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
        if ran(*arguments) or (ran("apt-get", "update") and ran(*arguments)):
            return present()
    if ran(sys.executable, "-m", "playwright", "install", "chromium"):
        return playwrights_own()
    return None


def main() -> int:
    """Say what was found or done."""
    found = present()
    if found:
        print(f"Browser tests use the Chromium that is here: {found}.")
        return 0
    print("No Chromium here yet: installing one for the browser tests.", flush=True)
    found = install()
    if found:
        print(f"Browser tests use the Chromium just installed: {found}.")
        return 0
    print(
        "No Chromium can be had here, so the browser tests will be skipped: install chromium and run again."
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
