"""Make a colour composite without a browser."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from miri_widgets.cli import headless
from miri_widgets.core.composite import Channel, CompositeMapping, Curve, Method
from miri_widgets.errors import MissingFileError, ParameterError
from miri_widgets.option_numbers import real_number
from miri_widgets.products.names import suffix_of

__all__ = ["add_composite_arguments", "make_composite", "mapping_with"]

_CHANNEL = "FILTER:black=..,white=..,weight=..,hue=..,curve=.."


def add_composite_arguments(command: argparse.ArgumentParser) -> None:
    """
    Add the options of ``miri-widgets composite``.

    Parameters
    ----------
    command : ArgumentParser
        The command.
    """
    command.add_argument(
        "inputs", nargs="+", type=Path, metavar="PROGRAM.toml | MOSAIC.fits", help="a program's TOML file, or one mosaic (i2d) per filter"
    )  # fmt: skip
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the picture: .png, .jpg, .tif (16 bit) or .pdf (default: composites/ in the workspace, or composite.png)"
    )  # fmt: skip
    command.add_argument(
        "--record", type=Path, metavar="FILE.json", help="take the settings of a saved picture"
    )
    command.add_argument(
        "--method", choices=[method.value for method in Method], help="how brightness is made"
    )
    for name, least, usual in (("stretch", 1e-6, 0.02), ("softening", 1e-3, 8.0), ("saturation", 0.0, 1.0)):
        kind = real_number(f"a {name}", least, 1e6, usual)
        command.add_argument(f"--{name}", type=kind, metavar="NUMBER", help=f"{name} of the picture")
    command.add_argument(
        "--channel", action="append", default=[], metavar=_CHANNEL, help="how a filter enters the picture; may be given several times"
    )  # fmt: skip
    for name, what in (
        ("scale-bar", "a scale bar"),
        ("compass", "a compass"),
        ("attribution", "program and filters"),
    ):
        command.add_argument(f"--no-{name}", action="store_true", help=f"a picture without {what}")
    command.add_argument("--moc", action="store_true", help="also write the covered area as a MOC")
    command.add_argument("--hips", action="store_true", help="also write the picture as a HiPS")


def make_composite(options: argparse.Namespace) -> int:
    """
    Run the command ``miri-widgets composite``.

    Parameters
    ----------
    options : Namespace
        Parsed options of the command.

    Returns
    -------
    int
        0 when the picture is written.

    Raises
    ------
    MiriWidgetsError
        If a mosaic cannot be read, an option is not allowed, or a file cannot be written.
    """
    from miri_widgets.analysis.composite_images import read_composite
    from miri_widgets.report.annotations import PictureAnnotations
    from miri_widgets.report.composite_files import mapping_of_record, picture_source, write_composite
    from miri_widgets.report.sky_maps import write_hips, write_moc

    mosaics, output = _inputs(options)
    images = read_composite(mosaics)
    mapping = mapping_with(mapping_of_record(options.record) if options.record else images.start, options)
    text = "" if options.no_attribution else picture_source(images, mapping).attribution()
    annotations = PictureAnnotations(not options.no_scale_bar, not options.no_compass, text)
    saved = write_composite(images, mapping, output, annotations)
    print(f"written to {saved.picture}, with its settings in {saved.record.name}")
    for note in saved.notes:
        print(note)
    if options.moc:
        print(f"written to {write_moc(images, output.parent, output.stem)}")
    if options.hips:
        print(f"written to {write_hips(images, mapping, output.parent, output.stem)}")
    return 0


def mapping_with(mapping: CompositeMapping, options: argparse.Namespace) -> CompositeMapping:
    """
    Return settings with the options of the command line.

    Parameters
    ----------
    mapping : CompositeMapping
        The settings without them.
    options : Namespace
        ``method``, ``stretch``, ``softening``, ``saturation`` and ``channel``.

    Raises
    ------
    ParameterError
        If an option is not allowed.
    """
    names = ("stretch", "softening", "saturation")
    values = {name: value for name in names if (value := getattr(options, name)) is not None}
    if options.method:
        values["method"] = Method(options.method)
    channels = {channel.filter: channel for channel in mapping.channels}
    for text in options.channel:
        name, _, changes = text.partition(":")
        if name not in channels:
            raise ParameterError(
                f"--channel of {name[:40]!r}", "one of " + ", ".join(channels), f"write {_CHANNEL}"
            )
        channels[name] = _changed(channels[name], changes)
    return replace(mapping, channels=tuple(channels.values()), **values)


def _changed(channel: Channel, text: str) -> Channel:
    values: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            if name == "curve":
                values[name] = Curve(value)
            elif name in ("black", "white", "weight", "hue"):
                values[name] = float(value)
            else:
                raise ValueError(name)
        except ValueError as error:
            raise ParameterError(f"--channel with {part[:40]!r}", _CHANNEL, "correct it") from error
    return replace(channel, **values)


def _inputs(options: argparse.Namespace) -> tuple[list[Path], Path]:
    """Return the mosaics and the picture."""
    inputs: list[Path] = options.inputs
    if [path.suffix for path in inputs] != [".toml"]:
        return inputs, options.output or Path("composite.png")
    reduction = headless.reduction_of(
        argparse.Namespace(program=inputs[0], also="", set=[], exclude=[], session=True)
    )
    mosaics = [
        path
        for plan in reduction.planned.plans
        if plan.stage == "image3"
        for path in reduction.runs.products(plan)
        if suffix_of(path) == "i2d"
    ] or [mosaic.path for mosaic in reduction.scanned.mosaics]
    if not mosaics:
        raise MissingFileError(
            f"no mosaic of {reduction.program.name} with the settings of its page",
            "complete runs of Image 3",
            f"run miri-widgets run {inputs[0]}",
        )
    name = Path(reduction.program.name).name
    return mosaics, options.output or reduction.program.workspace / "composites" / f"{name}.png"
