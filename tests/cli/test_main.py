"""The package can be executed, as its console command."""

import subprocess
import sys


def test_the_package_is_its_command():
    made = subprocess.run(
        [sys.executable, "-m", "miri_widgets", "run", "--help"], capture_output=True, text=True, timeout=600
    )
    assert made.returncode == 0 and made.stdout.startswith("usage: miri-widgets run")
    assert "--session" in made.stdout


def test_an_error_is_one_sentence_and_no_traceback(tmp_path):
    made = subprocess.run(
        [sys.executable, "-m", "miri_widgets", "run", str(tmp_path / "none.toml")],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert made.returncode == 1 and "Traceback" not in made.stderr
    assert made.stderr.startswith("miri-widgets: ") and "none.toml" in made.stderr
