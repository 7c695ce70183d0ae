"""What a user may set of an encoder, checked where it is set."""

from dataclasses import dataclass
from typing import Optional, Tuple, Union

from ..errors import UserError
from .runtimes.engines import MAX_THREADS, TORCH_PRECISIONS

POOLING_NAMES = ("first", "last", "mean", "max")
MIXED_PRECISIONS = ("none", "bf16", "fp16")
# Window in pieces: see benchmarks/figures/windows.md for what other sizes cost and bring.
DEFAULT_WINDOW = 254
DEFAULT_OVERLAP = 32


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of an encoder; ``spacy-bertfam.Encoder.v1`` explains each one."""

    pooling: str = "first"
    window: Optional[int] = DEFAULT_WINDOW
    overlap: int = DEFAULT_OVERLAP
    max_batch_pieces: Optional[int] = None
    frozen_layers: Union[int, Tuple[str, ...]] = 0
    gradient_checkpointing: bool = False
    mixed_precision: str = "none"
    attention: Optional[str] = None
    precision: str = "fp32"
    threads: Optional[int] = None
    n_layers: Optional[int] = None

    def __post_init__(self) -> None:
        _one_of("pooling", self.pooling, POOLING_NAMES)
        _one_of("mixed_precision", self.mixed_precision, MIXED_PRECISIONS)
        _one_of("precision", self.precision, TORCH_PRECISIONS)
        if self.threads is not None and not 1 <= self.threads <= MAX_THREADS:
            raise UserError(
                f"Encoder setting threads is {self.threads}: expected 1 to {MAX_THREADS:,}, or null."
            )
        if self.n_layers is not None and self.n_layers < 1:
            raise UserError(
                f"Encoder setting n_layers is {self.n_layers}: expected 1 or more, or null for all."
            )
        if self.window is not None and self.window < 4:
            raise UserError(f"Encoder setting window is {self.window}: expected at least 4 pieces.")
        if self.overlap < 0 or (self.window is not None and self.overlap > self.window // 2):
            raise UserError(
                f"Encoder setting overlap is {self.overlap}: expected 0 to half the window "
                f"({self.window} pieces), or windows would hardly move forward."
            )
        if self.max_batch_pieces is not None and self.max_batch_pieces < 1:
            raise UserError(
                f"Encoder setting max_batch_pieces is {self.max_batch_pieces}: expected 1 or more, or null."
            )


def _one_of(setting: str, value: str, choices: Tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(f"Encoder setting {setting} is {value!r}: expected one of {', '.join(choices)}.")
