"""How far a training is: all that spaCy's loop counts, so that another process can go on counting."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Progress:
    """The last step that was taken, and what led to it."""

    step: int = -1
    epoch: int = 0
    words: int = 0
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)  # since the last evaluation
    results: list[tuple[float, int]] = field(default_factory=list)  # score and step of each evaluation
    is_evaluated: bool = True  # is the evaluation that is due at this step done?

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Progress":
        """RETURNS (Progress): of the fields that were written. RAISES (TypeError): when they are others."""
        progress = cls(**fields)
        progress.results = [(score, step) for score, step in progress.results]
        return progress

    def is_over(self, *, patience: int, max_steps: int) -> bool:
        """Whether spaCy ends a training here: 0 for no bound. Of equal scores the earliest counts."""
        if self.step < 0 or not self.results:
            return False
        best_step = -max((score, -step) for score, step in self.results)[1]
        return bool(patience and self.step - best_step >= patience) or bool(
            max_steps and self.step >= max_steps
        )

    def info(self, score: float | None = None, scores: dict[str, Any] | None = None) -> dict[str, Any]:
        """RETURNS (dict[str, Any]): what spaCy's loggers are given."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "score": score,
            "other_scores": scores,
            "losses": self.losses,
            "checkpoints": self.results,
            "seconds": int(self.seconds),
            "words": self.words,
        }
