"""`spacy-bertfam.distil.v1`: a recognizer learns from a larger one beside its annotation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import is_package
from thinc.types import Floats2d

from ...data.bare import bare_copy
from ...decoding.tags import TagSet
from ...errors import UserError
from ...heads.loss import soft_cross_entropy
from ...heads.score_vectors import in_main_memory, softmax
from ...pipeline.find import find_ner
from ...pipeline.ner import BertfamNER

# Probabilities that are kept, in the order in which they come: 200 MB
MAX_KEPT = 100_000_000


class Teacher:
    """The recognizer of one pipeline, with what stands before it.

    path (str): the pipeline: a folder, or the name of an installed package. Its recognizer is its only
        ``bertfam_ner``, in torch or in another runtime.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.nlp: Language = spacy.load(path)
        self.ner: BertfamNER = find_ner(self.nlp)
        require_single_tokens(self.ner, f"The teacher {path}")
        names = self.nlp.pipe_names
        for name in names[names.index(self.ner.name) :]:
            self.nlp.remove_pipe(name)

    def beliefs(
        self, docs: Sequence[Doc], tag_set: TagSet, *, temperature: float
    ) -> list[NDArray[np.float32]]:
        """What it thinks of Docs, whatever vocabulary they are of.

        tag_set (TagSet): the tags of the columns.
        temperature (float): scores are divided by it, and by the component's own.
        RETURNS (list[NDArray[float32]]): for each Doc, Shape: (n_tokens, n_tags), probabilities.
        RAISES (UserError): when it knows other tags.
        """
        known = self.ner.tag_set
        if set(known.tags) != set(tag_set.tags):
            raise UserError(
                f"The teacher {self.path} knows {', '.join(sorted(known.labels)) or 'no labels'} in {known.scheme}, "
                f"the component that it is to teach {', '.join(sorted(tag_set.labels)) or 'none'} in "
                f"{tag_set.scheme}; expected the same labels and the same scheme: train both on the same corpus."
            )
        columns = [known.tag_to_id[tag] for tag in tag_set.tags]
        bare = (bare_copy(doc, self.nlp.vocab) for doc in docs)
        read = list(self.nlp.pipe(bare, batch_size=max(len(docs), 1)))
        scores = in_main_memory(self.ner.model.ops, self.ner.model.predict(read))
        return [softmax(text[:, columns] / (temperature * self.ner.temperature)) for text in scores]


class Teachers:
    """Several of them, whose probabilities are averaged. What they think of a text is remembered from one round
    through the corpus to the next.

    paths (Sequence[str]): of the pipelines, at least one.
    """

    def __init__(self, paths: Sequence[str], *, max_kept: int = MAX_KEPT) -> None:
        self.teachers = [Teacher(path) for path in paths]
        self.max_kept = max_kept
        self._kept: dict[bytes, NDArray[np.float16]] = {}
        self._n_kept = 0

    def beliefs(
        self, docs: Sequence[Doc], tag_set: TagSet, *, temperature: float
    ) -> list[NDArray[np.float32]]:
        """Arguments and shapes as in ``Teacher.beliefs``."""
        question = repr((tag_set.tags, temperature)).encode("utf8")
        tokens = [doc.to_array(["ORTH", "SPACY"]).tobytes() for doc in docs]
        keys = [blake2b(of_doc + question, digest_size=16).digest() for of_doc in tokens]
        new = {key: doc for key, doc in zip(keys, docs, strict=True) if key not in self._kept}
        each = [
            teacher.beliefs(list(new.values()), tag_set, temperature=temperature)
            for teacher in (self.teachers if new else ())
        ]
        found = {key: np.mean(texts, axis=0) for key, texts in zip(new, zip(*each, strict=True), strict=True)}
        result = [found[key] if key in found else self._kept[key].astype(np.float32) for key in keys]
        for key, text in found.items():
            if self._n_kept + text.size <= self.max_kept:
                self._kept[key] = text.astype(np.float16)
                self._n_kept += text.size
        return result


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
    for is_sound, found in (
        (bool(paths), "teacher is empty; expected at least one trained pipeline"),
        (0 < weight <= 1, f"weight is {weight}; expected a number above 0, at most 1"),
        (temperature > 0, f"temperature is {temperature}; expected a number above 0"),
    ):
        if not is_sound:
            raise UserError(f"spacy-bertfam.distil.v1: {found}.")
    for path in paths:
        if not (Path(path) / "config.cfg").is_file() and not is_package(path):
            raise UserError(
                f"The teacher {path} is neither a pipeline's folder nor an installed package; expected a trained "
                "pipeline, such as training/ner/model-best: train that first."
            )

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


def require_single_tokens(ner: BertfamNER, who: str) -> None:
    """RAISES (UserError): when a recognizer does not score each token alone."""
    if ner.model.attrs["head_transitions"](ner.model) is not None:
        raise UserError(
            f"{who} has the head {ner.model.name!r} with transitions between tags; expected one that scores each "
            "token alone, as spacy-bertfam.TokenClassifier.v1 does: the probabilities of single tokens are what is "
            "taught."
        )
