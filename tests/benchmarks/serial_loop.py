"""
What a user would do otherwise: a loop of `Pipeline.call` in one warm process.

Usage: python serial_loop.py OUTPUT WARM.fits EXPOSURE.fits ...
The import and one small warm-up exposure are not counted. Prints the seconds.
"""

import logging
import sys
import time
from pathlib import Path

from jwst.pipeline import Detector1Pipeline, Image2Pipeline


def reduce(path: str, output: Path) -> None:
    """Ramps to surface brightness, as the manuals do it."""
    Detector1Pipeline.call(path, save_results=True, output_dir=str(output), configure_log=False)
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
