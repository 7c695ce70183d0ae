"""The factory `bertfam_ner`: its settings, and what they are without a config."""

from collections.abc import Callable
from typing import Any

from spacy.language import Language

from ..listeners.upstream import check_foreign, connect_listeners
from ..types import TaggerModel
from .min_score import MinScore
from .ner import BertfamNER

DEFAULT_CONFIG = {
    "scheme": "BIOES",
    "min_score": 0.0,
    "min_candidate_score": None,
    "temperature": 1.0,
    "overwrite_ents": False,
    "scorer": {"@scorers": "spacy.ner_scorer.v1"},
    "model": {
        "@architectures": "spacy-bertfam.TokenClassifier.v1",
        "dropout": None,
        "tok2vec": {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "*"},
    },
}


@Language.factory(
    "bertfam_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "span._.score"],
    default_config=DEFAULT_CONFIG,
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make_bertfam_ner(
    nlp: Language,
    name: str,
    model: TaggerModel,
    scheme: str,
    min_score: MinScore,
    min_candidate_score: MinScore | None,
    temperature: float,
    overwrite_ents: bool,
    scorer: Callable[..., Any] | None,
) -> BertfamNER:
    """Make the entity recognizer.

    model (Model[list[Doc], list[Floats2d]]): a head, as ``spacy-bertfam.TokenClassifier.v1``.
    scheme (str): the tags that are learned: "IO", "IOB2", "BIOES" or "BILUO".
    min_score (float | dict[str, float]): entities with a lower score are left out; 0 keeps all, 1 hardly any. A table
        by label keeps all entities of the labels that it does not have. `bertfam calibrate --precision` finds it.
    min_candidate_score (float | dict[str, float] | None): all other spans that are as likely are left in
        ``doc.spans["candidates"]``, with a table those of its labels alone; None looks for none.
    temperature (float): scores are calibrated by it; above 1 they become lower. `bertfam calibrate` finds it.
    overwrite_ents (bool): forget the entities that stand on the Doc already; false keeps them.
    scorer (Callable | None): the evaluation method.
    """
    connect_listeners(model, nlp)
    check_foreign(model, nlp, name, nlp.component_names)
    return BertfamNER(
        nlp.vocab, model, name, scheme=scheme, min_score=min_score, min_candidate_score=min_candidate_score,
        temperature=temperature, overwrite_ents=overwrite_ents, scorer=scorer,
    )  # fmt: skip
