"""`spacy-bertfam.distil.v1`: a recognizer learns from a larger one beside its annotation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from thinc.types import Floats2d

from ...errors import UserError
from ...heads.loss import soft_cross_entropy
from ...pipeline.ner import BertfamNER
from .teacher import Teachers, require_pipeline, require_single_tokens


@dataclass(frozen=True)
class Distillation:
    """Kept as ``BertfamNER.teaching`` while the component trains; nothing of it is saved."""

    teachers: Teachers
    weight: float  # of the teachers, above 0 to 1; the annotation has the rest
    temperature: float  # above 1 also teaches how the unlikely tags compare

    def __call__(
        self,
        ner: BertfamNER,
        docs: Sequence[Doc],
        scores: Sequence[Floats2d],
        annotated: tuple[float, list[Floats2d]],
    ) -> tuple[float, list[Floats2d]]:
        """Loss and gradient of the annotation with those of the teachers. Where annotation is missing, the
        teachers alone teach."""
        beliefs: Any = self.teachers.beliefs(docs, ner.tag_set, temperature=self.temperature)
        taught, d_taught = soft_cross_entropy(ner.model, scores, beliefs, temperature=self.temperature)
        loss, d_scores = annotated
        rest = 1 - self.weight
        gradient = [rest * d + self.weight * d_t for d, d_t in zip(d_scores, d_taught, strict=True)]
        return rest * loss + self.weight * taught, gradient


def build_distil(
    teacher: str | list[str], component: str = "ner", weight: float = 0.7, temperature: float = 1.0
) -> Callable[[Language, dict[str, Any]], None]:
    """For ``[training.before_update]``: before the first step the component gets its teachers.

    teacher (str | list[str]): trained pipelines with a ``bertfam_ner`` of the same labels; the probabilities
        of several are averaged. They may be faster ones, as `bertfam optimize` makes them.
    component (str): the ``bertfam_ner`` that learns.
    weight (float): of the teachers beside the annotation, above 0 to 1.
    temperature (float): scores of both are divided by it.
    RAISES (UserError): when there is no such pipeline, or a number makes no sense.
    """
    paths = [teacher] if isinstance(teacher, str) else list(teacher)
    wrong = None
    if not paths:
        wrong = "teacher is empty; expected at least one trained pipeline"
    elif not 0 < weight <= 1:
        wrong = f"weight is {weight}; expected a number above 0, at most 1"
    elif temperature <= 0:
        wrong = f"temperature is {temperature}; expected a number above 0"
    if wrong:
        raise UserError(f"spacy-bertfam.distil.v1: {wrong}.")
    for path in paths:
        require_pipeline(path)

    def before_update(nlp: Language, info: dict[str, Any]) -> None:
        ner = find_student(nlp, component)
        if ner.teaching is None:
            ner.teaching = Distillation(Teachers(paths), weight, temperature)

    return before_update


def find_student(nlp: Language, component: str) -> BertfamNER:
    """RETURNS (BertfamNER): the component of that name. RAISES (UserError): when it is none that can be taught."""
    ner = nlp.get_pipe(component) if component in nlp.pipe_names else None
    if not isinstance(ner, BertfamNER):
        raise UserError(
            f"spacy-bertfam.distil.v1 teaches the component {component!r}, which is "
            f"{'not in the pipeline' if ner is None else f'a {type(ner).__name__}'} ({', '.join(nlp.pipe_names)}); "
            "expected a bertfam_ner: set `component` to its name."
        )
    require_single_tokens(ner, f"Component {component!r}")
    return ner
