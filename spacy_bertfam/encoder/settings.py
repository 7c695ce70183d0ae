"""What a user may set of an encoder, checked where it is set."""

from dataclasses import dataclass

from ..errors import UserError
from .runtimes.engines import MAX_THREADS

POOLING_NAMES = ("first", "last", "mean", "max")
MIXED_PRECISIONS = ("none", "bf16", "fp16", "auto", "gpu")
PRECISIONS = ("fp32", "bf16", "fp16", "gpu")
HALF = ("bf16", "fp16", "gpu")
FLASH = "flash_attention_2"  # has no kernel for float32
CHOICES = {"pooling": POOLING_NAMES, "mixed_precision": MIXED_PRECISIONS, "precision": PRECISIONS}
# Of numbers that may be null: from where to where, and how that is said
BOUNDS = {
    "threads": (1, MAX_THREADS, f"1 to {MAX_THREADS:,}, or null"),
    "n_layers": (1, None, "1 or more, or null for all"),
    "window": (4, None, 'at least 4 pieces, "auto", or null for all that the network takes'),
    "max_batch_pieces": (1, None, "1 or more, or null"),
}
# The window of an encoder that reads 512 pieces, as most do: benchmarks/figures/windows.md has what others cost and
# bring. One that reads more (ModernBERT, Longformer, BigBird) was made for it; memory sets the end.
SHORT_REACH, SHORT_WINDOW, LONGEST_AUTO = 1024, 254, 4094
DEFAULT_OVERLAP = 32


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of an encoder; ``spacy-bertfam.Encoder.v1`` explains each one."""

    pooling: str = "first"
    window: int | str | None = "auto"
    overlap: int = DEFAULT_OVERLAP
    max_batch_pieces: int | None = None
    frozen_layers: int | tuple[str, ...] = 0
    gradient_checkpointing: bool = False
    mixed_precision: str = "none"
    attention: str | None = None
    precision: str = "fp32"
    threads: int | None = None
    n_layers: int | None = None

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            _require(name, value, value in choices, f"one of {', '.join(choices)}")
        for name, (low, high, expected) in BOUNDS.items():
            value = getattr(self, name)
            # spaCy takes a text that looks like a number for one
            is_number = isinstance(value, (int, float))
            fits = value is None or (is_number and value >= low and (high is None or value <= high))
            _require(name, value, fits or (name == "window" and value == "auto"), expected)
        for name in ("precision", "mixed_precision") if self.attention == FLASH else ():
            value = getattr(self, name)
            _require(name, value, value in HALF, f"one of {', '.join(HALF)} with the attention {FLASH}")
        most = self.window // 2 if isinstance(self.window, (int, float)) else self.overlap
        expected = f"0 to half the window ({self.window} pieces), or windows would hardly move forward"
        fits = isinstance(self.overlap, int) and 0 <= self.overlap <= most
        _require("overlap", self.overlap, fits, expected)


def _require(name: str, value: object, fits: bool, expected: str) -> None:
    if not fits:
        raise UserError(f"Encoder setting {name} is {value!r}: expected {expected}.")


def window_of(setting: int | str | None, reach: int) -> int:
    """RETURNS (int): the most pieces of a window.

    setting: a number, None for all that the network takes, or "auto": 254 where that is about 512, which is faster
        and scores no lower, and up to 4,094 where the network was made for long texts.
    reach (int): pieces that the network takes at once, special pieces not counted.
    """
    if setting == "auto":
        setting = SHORT_WINDOW if reach < SHORT_REACH else LONGEST_AUTO
    return min(int(setting or reach), reach)
