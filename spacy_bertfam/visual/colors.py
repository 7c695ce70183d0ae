"""Colors of entity labels: those that displaCy lacks of the common sets, a stable one for any other, and the shade of
each on which text can be read (contrast by WCAG 2)."""

import colorsys
import re
import zlib
from collections.abc import Iterable
from typing import NamedTuple

# displaCy colors OntoNotes itself. A synonym takes the color that displaCy gives to its OntoNotes name, and
# no name that displaCy knows is repeated: installing this package must not repaint the pages of other
# pipelines. displaCy compares labels in capitals, so that "Person" of WiNER finds PERSON.
LABEL_COLORS: dict[str, str] = {
    # CoNLL
    "PER": "#aa9cfc",  # as PERSON; LOC and ORG are displaCy's
    "MISC": "#ffd873",
    # WiNER and other corpora that write the names out; Person, Date, Event, Product are displaCy's
    "PERS": "#aa9cfc",
    "LOCATION": "#ff9561",
    "ORGANIZATION": "#7aecec",
    "ORGANISATION": "#7aecec",
    "HOUR": "#cfdf9a",
    # French press and administration; CARDINAL is displaCy's
    "PERSONNE": "#aa9cfc",
    "LIEU": "#ff9561",
    "ACT": "#ffb3d1",
    "FT": "#a9d1ff",
    "TITRE": "#f0d0ff",
    # biomedical
    "CHEMICAL": "#8fd3ff",
    "DRUG": "#8fd3ff",
    "DISEASE": "#ff9aa6",
    "GENE": "#b9e683",
    "PROTEIN": "#f2b8ff",
    "SPECIES": "#ffd08a",
    "CELL_LINE": "#9fe3c8",
    "CELL_TYPE": "#9fe3c8",
    "DNA": "#d3e27c",
    "RNA": "#e8d58c",
}


def hashed_color(label: str) -> str:
    """RETURNS (str): a pale "#rrggbb" that depends on the label alone: the same in every run."""
    # hash() of a str is salted anew in each process
    hue = zlib.crc32(label.upper().encode("utf8")) / 2**32
    return _format(colorsys.hls_to_rgb(hue, 0.8, 0.7))


READABLE = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA
HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
Rgb = tuple[float, float, float]


class Theme(NamedTuple):
    """Two hex colors of page.css, and the least share of the card in every shade, from 0 (none) to 1."""

    text: str
    card: str
    share: float


LIGHT = Theme(text="#1b1d22", card="#ffffff", share=0.0)
DARK = Theme(text="#f2f3f5", card="#1d2026", share=0.5)


def is_hex_color(color: str) -> bool:
    """RETURNS (bool): whether it is "#rgb" or "#rrggbb"; displaCy also takes gradients and CSS names."""
    return HEX.fullmatch(color) is not None


def contrast(first: str, second: str) -> float:
    """RETURNS (float): the contrast ratio of two hex colors, from 1 (equal) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(_parse(first)), _luminance(_parse(second))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_shade(color: str, theme: Theme) -> str:
    """RETURNS (str): the strongest mix of a hex color and the theme's card on which its text has a contrast of 4.5."""
    base, card = _parse(color), _parse(theme.card)
    for percent in range(round(theme.share * 100), 100, 5):
        shade = _format([b + (c - b) * percent / 100 for b, c in zip(base, card, strict=True)])
        if contrast(shade, theme.text) >= READABLE:
            return shade
    return theme.card


def _parse(color: str) -> Rgb:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    return int(digits[:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:], 16) / 255


def _format(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
