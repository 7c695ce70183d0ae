"""Hostile and broken checkpoints, one a row: what is done to a sound folder, and words of the reason it gets."""

import os

from hostile_links import LINKS
from hostile_row import Hostile
from hostile_settings import CODE, SETTINGS, TOKENIZERS
from hostile_weights import WEIGHTS

# Windows has no pipes in folders, and links only for administrators
HOSTILE: tuple[Hostile, ...] = (
    *CODE,
    *SETTINGS,
    *WEIGHTS,
    *TOKENIZERS,
    *(LINKS if os.name == "posix" else ()),
)
