"""Colour contrast by WCAG 2: the ratio of two colours, and the shade of one on which text can be read."""

import re
from typing import NamedTuple

READABLE = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA

_Rgb = tuple[float, float, float]


class Theme(NamedTuple):
    """Two hex colours of page.css, and the least share of the card in every shade, from 0 (none) to 1."""

    text: str
    card: str
    share: float


LIGHT = Theme(text="#1b1d22", card="#ffffff", share=0.0)
DARK = Theme(text="#f2f3f5", card="#1d2026", share=0.5)


def is_hex_color(color: str) -> bool:
    """RETURNS (bool): whether it is "#rgb" or "#rrggbb"; displaCy also takes gradients and CSS names."""
    return re.fullmatch(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})", color) is not None


def contrast(first: str, second: str) -> float:
    """RETURNS (float): the contrast ratio of two hex colours, from 1 (equal) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(_parse(first)), _luminance(_parse(second))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_shade(color: str, theme: Theme) -> str:
    """Mix a hex colour into the card of a theme.

    RETURNS (str): The strongest shade on which the theme's text has a contrast of at least 4.5.
    """
    base, card = _parse(color), _parse(theme.card)
    for percent in range(round(theme.share * 100), 100, 5):
        shade = _mix(base, card, percent / 100)
        if contrast(shade, theme.text) >= READABLE:
            return shade
    return theme.card


def _parse(color: str) -> _Rgb:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    return int(digits[:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:], 16) / 255


def _mix(base: _Rgb, card: _Rgb, share: float) -> str:
    mixed = (b + (c - b) * share for b, c in zip(base, card, strict=True))
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in mixed)


def _luminance(rgb: _Rgb) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
