"""Colour composites as files: PNG, JPEG, TIFF and PDF with metadata, and a record that gives the same picture again."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.analysis.composite_images import CompositeImages, read_composite
from miri_widgets.core.composite import CompositeMapping, composite_rgb
from miri_widgets.errors import InputError, ParameterError
from miri_widgets.products.atomic import new_file, os_errors_as_ours, write_json
from miri_widgets.products.file_hash import file_stamps
from miri_widgets.report.annotations import PictureAnnotations, annotate, blended
from miri_widgets.report.picture_metadata import PictureSource, avm_packet

__all__ = [
    "DPI",
    "FORMATS",
    "SavedComposite",
    "composite_code",
    "mapping_of_record",
    "picture_source",
    "save_composite",
    "write_composite",
]

DPI = 300
"""Resolution of a printed picture, pixels per inch."""

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF, 16 bit",
    ".tiff": "TIFF, 16 bit",
    ".pdf": "PDF",
}
"""What can be written, by the end of the file's name."""

_ROWS = 512
_MOST_JPEG = 65_500


@dataclass(frozen=True)
class SavedComposite:
    """
    A composite on disk.

    Attributes
    ----------
    picture, record : Path
        The picture, and the JSON file with its settings beside it.
    notes : tuple of str
        What a reader of the picture should know, sentences.
    """

    picture: Path
    record: Path
    notes: tuple[str, ...] = ()


def save_composite(
    mosaics: Sequence[Path | str],
    output: Path | str,
    mapping: CompositeMapping | dict[str, Any] | None = None,
    *,
    scale_bar: bool = True,
    compass: bool = True,
    attribution: bool = True,
) -> SavedComposite:
    """
    Make the colour composite of some mosaics and write it: what the page does, as one call.

    Parameters
    ----------
    mosaics : sequence of path
        One mosaic (i2d) per filter.
    output : path
        The picture; its end says the format, one of `FORMATS`.
    mapping : CompositeMapping or dict, optional
        How the filters become colours; values from the pixels by default.
    scale_bar, compass, attribution : bool
        What is written into the picture.

    Returns
    -------
    SavedComposite
        The files.

    Raises
    ------
    MiriWidgetsError
        If a mosaic cannot be read, or the picture cannot be written.
    """
    images = read_composite(mosaics)
    if isinstance(mapping, dict):
        try:
            mapping = CompositeMapping.from_dict(mapping)
        except ValueError as error:
            raise ParameterError(
                f"a mapping that cannot be read ({error})", "one as in a record", "take it from a record"
            ) from error
    chosen = mapping or images.start
    text = picture_source(images, chosen).attribution() if attribution else ""
    return write_composite(images, chosen, Path(output), PictureAnnotations(scale_bar, compass, text))


def write_composite(
    images: CompositeImages, mapping: CompositeMapping, path: Path, annotations: PictureAnnotations
) -> SavedComposite:
    """
    Write a composite at full resolution, atomically, with its record beside it.

    Parameters
    ----------
    images : CompositeImages
        The mosaics.
    mapping : CompositeMapping
        How they become colours.
    path : Path
        The picture; replaced when it is there.
    annotations : PictureAnnotations
        What is written into it.

    Raises
    ------
    ParameterError
        If the format is not known, or cannot hold the picture, or the mapping is for other filters.
    NotWritableError, DiskFullError
        If it cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ParameterError(
            f"a picture {path.name[:80]!r}",
            "a name that ends in " + ", ".join(FORMATS),
            "choose one of these formats",
        )
    names = tuple(channel.filter for channel in mapping.channels)
    if names != images.filters:
        raise ParameterError(
            f"settings for {', '.join(names)}",
            f"settings for {', '.join(images.filters)}",
            "begin with new settings",
        )
    if FORMATS[suffix] == "JPEG" and max(images.shape) > _MOST_JPEG:
        raise ParameterError(
            f"a picture of {max(images.shape)} pixels", f"{_MOST_JPEG} at most for JPEG", "take PNG or TIFF"
        )
    source = picture_source(images, mapping)
    packet, note = avm_packet(source, images.wcs, images.shape)
    picture = _full_picture(images, mapping)
    with os_errors_as_ours(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path) as temporary:
            if suffix == ".pdf":
                _write_pdf(temporary, picture, images, annotations, packet)
            else:
                drawn = blended(picture, images.wcs, images.scale, annotations)
                _WRITERS[FORMATS[suffix]](temporary, np.flipud(drawn), packet)
    notes = (*images.notes, *((note,) if note else ()))
    record = path.with_name(f"{path.name}.json")
    write_json(record, _record(images, mapping, path, annotations, notes))
    return SavedComposite(path, record, notes)


def picture_source(images: CompositeImages, mapping: CompositeMapping) -> PictureSource:
    """
    Return where a composite comes from: the filters that take part, with their hues.

    Parameters
    ----------
    images : CompositeImages
        The mosaics.
    mapping : CompositeMapping
        How they become colours.
    """
    filters = tuple((channel.filter, channel.hue) for channel in mapping.channels if channel.weight > 0)
    return PictureSource(filters, images.program, images.target, images.simulated)


def composite_code(
    mosaics: Sequence[Path],
    output: Path,
    mapping: CompositeMapping,
    annotations: PictureAnnotations,
    workspace: Path | None = None,
) -> str:
    """
    Return Python that writes the same picture.

    Parameters
    ----------
    mosaics : sequence of Path
        The mosaics.
    output : Path
        The picture.
    mapping : CompositeMapping
        How they become colours.
    annotations : PictureAnnotations
        What is written into the picture.
    workspace : Path, optional
        A folder that the code calls ``WORKSPACE``, for an exported script or notebook.
    """
    from pprint import pformat

    def named(path: Path) -> str:
        if workspace is not None and path.is_relative_to(workspace):
            return f"WORKSPACE / {str(path.relative_to(workspace))!r}"
        return repr(str(path))

    values = pformat(mapping.to_dict(), width=100, sort_dicts=False)
    files = "".join(f"    {named(path)},\n" for path in mosaics)
    return (
        "from miri_widgets.report.composite_files import save_composite\n\n"
        f"mosaics = [\n{files}]\nmapping = {values}\n"
        f"save_composite(\n    mosaics,\n    {named(output)},\n    mapping,\n    scale_bar={annotations.scale_bar},\n"
        f"    compass={annotations.compass},\n    attribution={bool(annotations.text)},\n)\n"
    )


def _full_picture(images: CompositeImages, mapping: CompositeMapping) -> NDArray[np.float32]:
    """Map some rows at a time: the mapping of a pixel knows no other pixel."""
    ny, nx = images.shape
    picture = np.empty((ny, nx, 3), np.float32)
    for row in range(0, ny, _ROWS):
        rows = slice(row, row + _ROWS)
        picture[rows] = composite_rgb([image[rows] for image in images.images], mapping)
    return picture


def _bytes_of(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def _write_png(path: Path, picture: NDArray[np.float32], packet: bytes) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode("utf-8"))
    Image.fromarray(_bytes_of(picture)).save(path, "PNG", pnginfo=info, dpi=(DPI, DPI))


def _write_jpeg(path: Path, picture: NDArray[np.float32], packet: bytes) -> None:
    from PIL import Image

    Image.fromarray(_bytes_of(picture)).save(
        path, "JPEG", quality=95, subsampling=0, dpi=(DPI, DPI), xmp=packet
    )


def _write_tiff(path: Path, picture: NDArray[np.float32], packet: bytes) -> None:
    import tifffile

    deep = (np.clip(picture, 0, 1) * 65535 + 0.5).astype(np.uint16)
    tifffile.imwrite(
        path, deep, photometric="rgb", resolution=(DPI, DPI), resolutionunit="INCH", software="miri_widgets",
        metadata=None, extratags=[(700, 1, len(packet), packet, True)],
    )  # fmt: skip


_WRITERS: dict[str, Callable[[Path, NDArray[np.float32], bytes], None]] = {
    "PNG": _write_png,
    "JPEG": _write_jpeg,
    "TIFF, 16 bit": _write_tiff,
}


def _write_pdf(
    path: Path,
    picture: NDArray[np.float32],
    images: CompositeImages,
    annotations: PictureAnnotations,
    packet: bytes,
) -> None:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.figure import Figure
    from pypdf import PdfReader, PdfWriter

    ny, nx = images.shape
    figure = Figure(figsize=(nx / DPI, ny / DPI), dpi=DPI)
    FigureCanvasPdf(figure)
    plot = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    plot.set_axis_off()
    # "none" keeps every pixel of the picture in the file
    plot.imshow(_bytes_of(picture), origin="lower", interpolation="none", aspect="auto")
    plot.set_xlim(-0.5, nx - 0.5)
    plot.set_ylim(-0.5, ny - 0.5)
    annotate(plot, images.shape, images.wcs, images.scale, annotations)
    stream = io.BytesIO()
    figure.savefig(stream, format="pdf", dpi=DPI)
    stream.seek(0)
    writer = PdfWriter(clone_from=PdfReader(stream))
    writer.xmp_metadata = packet
    with path.open("wb") as file:
        writer.write(file)


def _record(
    images: CompositeImages,
    mapping: CompositeMapping,
    path: Path,
    annotations: PictureAnnotations,
    notes: Sequence[str],
) -> dict[str, Any]:
    center: dict[str, float] = {}
    if images.wcs is not None:
        ra, dec = images.wcs.all_pix2world((images.shape[1] - 1) / 2, (images.shape[0] - 1) / 2, 0)
        center = {"ra_deg": float(ra), "dec_deg": float(dec)}
    stamps = file_stamps(images.paths)
    return {
        "picture": path.name,
        "miri_widgets": version("miri_widgets"),
        "mosaics": [
            {"file": str(file), "filter": name, "bytes": stamp[0], "written_ns": stamp[1]}
            for file, name, stamp in zip(images.paths, images.filters, stamps, strict=True)
        ],
        "program": images.program,
        "target": images.target,
        "shape": list(images.shape),
        "pixel_arcsec": images.scale if math.isfinite(images.scale) else None,
        "center": center,
        "mapping": mapping.to_dict(),
        "annotations": asdict(annotations),
        "notes": list(notes),
        "code": composite_code(images.paths, path, mapping, annotations),
    }


def mapping_of_record(path: Path) -> CompositeMapping:
    """
    Return the settings of a record.

    Parameters
    ----------
    path : Path
        The JSON file beside a picture.

    Raises
    ------
    InputError
        If it is no such record.
    """
    import json

    try:
        return CompositeMapping.from_dict(json.loads(Path(path).read_text(encoding="utf-8"))["mapping"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"no settings in {Path(path).name[:80]}",
            "the JSON file beside a saved composite",
            "name that file",
        ) from error
