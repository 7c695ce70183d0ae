"""A Doc to what `transformers`' ``pipeline("ner")`` returns for its text."""

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from spacy.language import Language
from spacy.tokens import Doc

from ...errors import UserError
from .aggregation import Join, PiecePrediction, aggregate, require_strategy
from .component import EXTENSION

if TYPE_CHECKING:
    from .piece_scores import PieceTable


def to_hf_output(
    doc: Doc,
    aggregation: str = "none",
    *,
    nlp: Language | None = None,
    component: str | None = None,
    ignore_labels: Collection[str] = ("O",),
) -> list[dict[str, Any]]:
    """The predictions for the text of a Doc, piece by piece or grouped, as ``pipeline("ner")`` gives them.

    These are the head's own predictions for each word piece. They do not depend on ``doc.ents``, which are
    read off whole tokens, constrained by the tag scheme and calibrated.

    doc (Doc): with ``doc._.bertfam_pieces``, which the component ``bertfam_pieces`` sets; or any Doc, with ``nlp``.
    aggregation (str): "none", "simple", "first", "average" or "max", as ``aggregation_strategy`` there.
    nlp (Language | None): the pipeline that predicts; the encoder runs for it.
    component (str | None): with ``nlp``, the name of its ``bertfam_ner``; None is the only one.
    ignore_labels (Collection[str]): tags ("none") or labels (the others) to leave out.
    RETURNS (list[dict[str, Any]]): with the keys word, score, entity, index, start, end; where they are
        grouped word, score, entity_group, start, end. All plain Python values. Unlike there, a text is
        never truncated, tags with an end (E-, S-, L-, U-) group as they mean, and the ``word`` of a group
        keeps its spaces and accents with every tokenizer.
    RAISES (UserError): when there are no predictions to read.
    """
    require_strategy(aggregation)
    table = _find_table(doc, nlp, component)
    return aggregate(
        piece_list(table),
        table["tags"],
        aggregation,
        join=read_decoder(table["decoder"]),
        scheme=table["scheme"],
        ignore=ignore_labels,
    )


def piece_list(table: "PieceTable") -> list[PiecePrediction]:
    """RETURNS (list[PiecePrediction]): the rows of a ``PieceTable``."""
    places = zip(table["starts"], table["ends"], table["indices"], strict=True)
    rows = zip(table["words"], table["scores"], places, table["continues"], strict=True)
    return [PiecePrediction(word, scores, *place, continues) for word, scores, place, continues in rows]


def read_decoder(state: str) -> Join:
    """RETURNS (Callable[[list[str]], str]): pieces to text, by a tokenizer's decoder; without one, with spaces.

    state (str): the decoder as it stands in a ``tokenizer.json``, or nothing.
    """
    if not state:
        return " ".join
    from tokenizers import Tokenizer

    # `tokenizers` reads a decoder only as part of a whole tokenizer: the least that there is
    model = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
    whole = {"version": "1.0", "added_tokens": [], "decoder": json.loads(state), "model": model}
    return cast(Join, Tokenizer.from_str(json.dumps(whole)).decoder.decode)


def _find_table(doc: Doc, nlp: Language | None, component: str | None) -> "PieceTable":
    if nlp is not None:
        from .piece_scores import piece_predictions

        return piece_predictions(nlp, [doc], component=component)[0]
    table: PieceTable | None = doc._.get(EXTENSION) if doc.has_extension(EXTENSION) else None
    if table is None:
        raise UserError(
            "This Doc has no predictions for its word pieces (doc._.bertfam_pieces): call "
            'to_hf_output(doc, nlp=nlp), or nlp.add_pipe("bertfam_pieces") and run the text again.'
        )
    return table
