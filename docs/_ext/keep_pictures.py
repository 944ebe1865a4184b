"""Keep small copies of the pictures of panels in ``docs/pictures``, for builds where no browser is at hand."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

DOCS = Path(__file__).parents[1]
SCREENSHOTS = DOCS.parent / "build" / "screenshots"
PREFIX = "docs_"
WIDTH = 1200
MARGIN = 14
COLOURS = 128
LARGEST_BYTES = 150_000


def keep(source: Path, folder: Path) -> Path:
    """Write a picture of at most `LARGEST_BYTES`: fewer pixels, until it is small enough."""
    target = folder / source.name.removeprefix(PREFIX)
    with Image.open(source) as opened:
        whole = ImageOps.expand(opened.convert("RGB"), border=MARGIN, fill="white")
    width = min(WIDTH, whole.width)
    for _ in range(8):
        small = whole.resize((width, round(whole.height * width / whole.width)), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size <= LARGEST_BYTES:
            break
        width = round(width * 0.9)
    return target


def main() -> None:
    """Keep every picture that is there."""
    folder = DOCS / "pictures"
    folder.mkdir(exist_ok=True)
    for source in sorted(SCREENSHOTS.glob(f"{PREFIX}*.png")):
        target = keep(source, folder)
        print(f"{target.relative_to(DOCS.parent)}: {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
