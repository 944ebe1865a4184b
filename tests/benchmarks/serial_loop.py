"""
What a user would do otherwise: a loop of `Pipeline.call` in one warm process.

Usage: python serial_loop.py OUTPUT WARM.fits EXPOSURE.fits ...
The import and one small warm-up exposure are not counted. The steps that can use several cores may use half of
them, as the official notebooks have it, or what the variable MAXIMUM_CORES says. Prints the seconds.
"""

import logging
import os
import sys
import time
from pathlib import Path

from jwst.pipeline import Detector1Pipeline, Image2Pipeline


def reduce(path: str, output: Path) -> None:
    """Ramps to surface brightness, as the manuals do it."""
    cores = {"maximum_cores": os.environ.get("MAXIMUM_CORES", "half")}
    steps = {"jump": cores, "ramp_fit": cores}
    Detector1Pipeline.call(path, steps=steps, save_results=True, output_dir=str(output), configure_log=False)
    rate = output / Path(path).name.replace("_uncal", "_rate")
    Image2Pipeline.call(str(rate), save_results=True, output_dir=str(output), configure_log=False)


def main() -> None:
    """Run the loop."""
    logging.disable(logging.WARNING)
    output, warm, exposures = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    output.mkdir(parents=True, exist_ok=True)
    reduce(warm, output)
    began = time.perf_counter()
    for exposure in exposures:
        reduce(exposure, output)
    print(f"{time.perf_counter() - began:.3f}")


if __name__ == "__main__":
    main()
