"""
The grammar of DS9 region files: from text to shapes with their frames.

References
----------
SAOImage DS9 reference manual, "Regions". Angles count from the first axis of the frame that a file names, as DS9
draws it (on the sky: west), towards the second (north).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from miri_widgets.products.ds9_values import angle_of, point_of, shortened, size_of, values_of

__all__ = ["FRAMES", "ParsedShape", "parse_ds9"]

FRAMES = {
    "image": "image",
    "physical": "image",  # JWST products have no LTV keywords
    "icrs": "icrs",
    "wcs": "icrs",  # the frame of the image: JWST products are ICRS
    "fk5": "fk5",
    "j2000": "fk5",
    "fk4": "fk4",
    "b1950": "fk4",
    "galactic": "galactic",
    "ecliptic": "ecliptic",
}
"""What files call the frames, and ours."""

_OTHER_FRAMES = re.compile(r"(?i)^(amplifier|detector|linear|wcs[a-z])$")
_SHAPES = {
    "circle": "circle",
    "ellipse": "ellipse",
    "box": "rectangle",
    "rotbox": "rectangle",
    "polygon": "polygon",
    "point": "point",
}
_OTHER_SHAPES = frozenset(
    [
        "annulus",
        "panda",
        "epanda",
        "bpanda",
        "line",
        "vector",
        "ruler",
        "compass",
        "projection",
        "segment",
        "composite",
        "rectangle",
        "rotrectangle",
        "pie",
        "sector",
        "field",
        "curve",
        "symbol",
    ]
)
_COUNTS = {"circle": (3,), "ellipse": (4, 5), "rectangle": (4, 5), "point": (2,)}
_COMMAND = re.compile(r"([-+!]?)\s*([a-z_]\w*)\s*(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"(\w+)\s*=\s*(?:\{([^}]*)\}|\"([^\"]*)\"|'([^']*)'|(\S+))")
_HIDDEN = re.compile(r"(?i)^(vector|ruler|compass|projection|segment|composite)\s*\(")


@dataclass(frozen=True)
class ParsedShape:
    """
    One shape as a file has it.

    Attributes
    ----------
    line : int
        Its line, from 1.
    frame : str
        A value of `FRAMES`.
    shape : str
        "circle", "ellipse", "rectangle", "polygon" or "point".
    points : tuple of pairs of float
        Degrees in the frame, or pixels counted from 1.
    sizes : tuple of float
        Arcsec, or pixels.
    angle : float
        Degrees, from the first axis of the frame (west on the sky) to the second.
    include : bool
        False with a minus sign.
    text : str
        The property of that name.
    """

    line: int
    frame: str
    shape: str
    points: tuple[tuple[float, float], ...]
    sizes: tuple[float, ...]
    angle: float
    include: bool
    text: str


def parse_ds9(text: str) -> list[ParsedShape]:
    """
    Return the shapes of a DS9 region file in its order.

    Parameters
    ----------
    text : str
        The file, lines ended by a line feed.

    Raises
    ------
    ValueError
        If a command is not understood, names another shape or frame, or has impossible numbers; the message begins
        with the line.
    """
    shapes: list[ParsedShape] = []
    state = _State()
    for line, command, comment in _commands(text):
        try:
            shapes += state.read(line, command, comment)
        except ValueError as error:
            raise ValueError(f"line {line}: {error}") from None
    return shapes


class _State:
    """What earlier commands of a file have set."""

    def __init__(self) -> None:
        self.frame, self.include, self.tile = "image", True, ""

    def read(self, line: int, command: str, comment: str) -> list[ParsedShape]:
        if not command:
            self._read_comment(comment)
            return []
        if command.rstrip().endswith("||"):
            raise ValueError("a member of a composite; dissolve the composite in DS9")
        match = _COMMAND.fullmatch(command)
        if match is None:
            raise ValueError(f"{shortened(command)} is no command of a region file")
        sign, name, rest = match[1], match[2].lower(), match[3].strip()
        if name == "global":
            self.include = _properties(rest).get("include", "1") != "0"
            return []
        if name == "tile" and not sign:
            self._take_tile(rest)
            return []
        if not sign and (name in FRAMES or _OTHER_FRAMES.match(name)):
            if name not in FRAMES:
                raise ValueError(f"the frame {name!r}, which no JWST product has")
            self.frame = FRAMES[name]
            return self.read(line, rest, comment) if rest else []
        marker = re.match(r"(?i)point\b\s*(.*)", rest)
        if marker and name in ("circle", "box", "diamond", "cross", "x", "arrow", "boxcircle"):
            name, rest = "point", marker[1]
        if name == "text":
            return []
        properties = _properties(comment)
        include = sign not in ("-", "!") and (
            self.include if "include" not in properties else properties["include"] != "0"
        )
        shape, points, sizes, angle = _shape(name, rest, self.frame)
        return [
            ParsedShape(
                line, self.frame, shape, points, sizes, angle, include, properties.get("text", "").strip()
            )
        ]

    def _read_comment(self, comment: str) -> None:
        hidden = _HIDDEN.match(comment)
        if hidden:
            raise ValueError(f"a {hidden[1].lower()}")
        tile = re.match(r"(?i)tile\s+(\d+)\s*$", comment)
        if tile:
            self._take_tile(tile[1])

    def _take_tile(self, number: str) -> None:
        if self.tile and number.strip() != self.tile:
            raise ValueError("regions of a second tile; save the regions of one image")
        self.tile = number.strip()


def _commands(text: str) -> Iterator[tuple[int, str, str]]:
    """Commands with their line and what follows their hash; a semicolon ends a command, not within a text."""
    for line, whole in enumerate(text.split("\n"), 1):
        for piece in _pieces(whole):
            command, hashed, comment = piece.partition("#")
            command, comment = command.strip(), comment.strip()
            if command or hashed:
                yield line, command, comment


def _pieces(line: str) -> list[str]:
    pieces, start, hashed, closing = [], 0, False, ""
    for index, letter in enumerate(line):
        if closing:
            closing = "" if letter == closing else closing
        elif letter == "#":
            hashed = True
        elif hashed and letter in "{\"'":
            closing = {"{": "}"}.get(letter, letter)
        elif letter == ";" and (not hashed or _is_command(line[index + 1 :])):
            pieces.append(line[start:index])
            start, hashed = index + 1, False
    return [*pieces, line[start:]]


def _is_command(text: str) -> bool:
    match = _COMMAND.match(text.strip())
    name = match[2].lower() if match else ""
    return name in FRAMES or name in _SHAPES or name in _OTHER_SHAPES or name == "global"


def _properties(text: str) -> dict[str, str]:
    properties = {}
    for match in _PROPERTY.finditer(text):
        properties[match[1].lower()] = next(part for part in match.groups()[1:] if part is not None)
    return properties


def _shape(
    name: str, rest: str, frame: str
) -> tuple[str, tuple[tuple[float, float], ...], tuple[float, ...], float]:
    """Read what follows the name of a shape: points, sizes and angle."""
    if name in _OTHER_SHAPES:
        raise ValueError(f"{'an' if name[0] in 'aeiou' else 'a'} {name}")
    if name not in _SHAPES:
        raise ValueError(f"{shortened(f'{name} {rest}'.strip())} is no command of a region file")
    shape, values = _SHAPES[name], values_of(rest)
    if shape == "polygon":
        if len(values) < 6 or len(values) % 2:
            raise ValueError(f"a polygon with {len(values)} numbers; it needs pairs, three at least")
    elif len(values) not in _COUNTS[shape]:
        ring = shape in ("ellipse", "rectangle") and len(values) > 5
        what = f"a ring of {name} shape" if ring else f"a {name} with {len(values)} numbers"
        raise ValueError(f"{what}; it needs {' or '.join(map(str, _COUNTS[shape]))}")
    ends = len(values) if shape == "polygon" else 2
    pairs = zip(values[:ends:2], values[1:ends:2], strict=True)
    points = tuple(point_of(first, second, frame) for first, second in pairs)
    count = {"circle": 1, "ellipse": 2, "rectangle": 2}.get(shape, 0)
    sizes = tuple(size_of(value, frame) for value in values[ends : ends + count])
    angle = angle_of(values[4]) if shape in ("ellipse", "rectangle") and len(values) == 5 else 0.0
    return shape, points, sizes, angle
