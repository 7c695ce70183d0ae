"""Pieces grouped by every strategy: golden cases, and the installed `transformers` on random ones."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aggregation_cases import IOB, OF_TRANSFORMERS, PLAIN, WITH_ENDS, ZANNOTTI, Case
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bertfam.hub.hf_output.aggregation import STRATEGIES, PiecePrediction, aggregate

GOLDEN = [
    pytest.param(case, strategy, id=f"{case.name} [{strategy}]")
    for case in (*OF_TRANSFORMERS, *WITH_ENDS)
    for strategy in case.expected
]
# transformers leaves labels out elsewhere than in the method that is called here
ALL_BUT_O = [case for case in OF_TRANSFORMERS if case.ignore == ("O",)]


def run(case: Case, strategy: str) -> list[dict[str, Any]]:
    return aggregate(
        case.predictions(), case.tags, strategy, join=case.join, scheme=case.scheme, ignore=case.ignore
    )


def transformers_groups(
    pieces: list[PiecePrediction], tags: tuple[str, ...], strategy: str
) -> list[dict[str, Any]]:
    """What the installed `TokenClassificationPipeline` makes of the same pieces, O left out."""
    from transformers.pipelines.token_classification import AggregationStrategy, TokenClassificationPipeline

    pipe = object.__new__(TokenClassificationPipeline)
    pipe.model = SimpleNamespace(config=SimpleNamespace(id2label=dict(enumerate(tags))))
    pipe.tokenizer = SimpleNamespace(convert_tokens_to_string=" ".join)
    given_pieces = [
        {
            "word": piece.word,
            "scores": piece.scores,
            "start": piece.start,
            "end": piece.end,
            "index": piece.index,
            "is_subword": piece.continues,
        }
        for piece in pieces
    ]
    found = pipe.aggregate(given_pieces, AggregationStrategy(strategy))
    return [group for group in found if group.get("entity_group", group.get("entity")) != "O"]


def same(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> bool:
    """Whether all is equal, scores but for rounding, keys in any order."""
    return len(ours) == len(theirs) and all(
        {**our, "score": 0} == {**their, "score": 0}
        and our["score"] == pytest.approx(their["score"], abs=1e-5)
        for our, their in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize("case, strategy", GOLDEN)
def test_groups_have_label_score_word_and_characters(case: Case, strategy: str) -> None:
    found = run(case, strategy)
    expected = case.expected[strategy]
    assert [(g["entity_group"], g["word"], g["start"], g["end"]) for g in found] == [
        (label, word, start, end) for label, _, word, start, end in expected
    ]
    assert [g["score"] for g in found] == pytest.approx([score for _, score, *_ in expected], abs=1e-3)


@pytest.mark.parametrize("case", ALL_BUT_O, ids=lambda case: case.name)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_golden_cases_are_what_transformers_does(case: Case, strategy: str) -> None:
    pieces = case.predictions()
    theirs = transformers_groups(pieces, tuple(case.tags), strategy)
    assert same(aggregate(pieces, case.tags, strategy, join=" ".join), theirs)


def test_none_keeps_each_piece_with_its_tag_and_index() -> None:
    found = run(Case("", (*ZANNOTTI, ("dort", 9, 13, False, {"O": 0.9})), {}), "none")
    assert [(p["word"], p["entity"], p["index"], p["start"], p["end"]) for p in found] == [
        ("Za", "B-MISC", 1, 0, 2),
        ("##nno", "B-LOC", 2, 2, 5),
        ("##tti", "I-ORG", 3, 5, 8),
    ]
    assert [p["score"] for p in found] == pytest.approx([0.55, 0.8, 0.6])


def test_ignored_names_are_tags_for_pieces_and_labels_for_groups() -> None:
    case = Case("", ZANNOTTI, {}, ignore=("B-LOC", "ORG"))
    assert [p["entity"] for p in run(case, "none")] == ["B-MISC", "I-ORG"]
    assert [g["entity_group"] for g in run(case, "simple")] == ["MISC", "LOC"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_values_are_plain_python(strategy: str) -> None:
    for found in run(Case("", ZANNOTTI, {}), strategy):
        assert {type(value) for value in found.values()} <= {str, float, int}


def test_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'last': expected one of none, simple, first, average, max"):
        run(Case("", ZANNOTTI, {}), "last")


@st.composite
def random_pieces(draw: st.DrawFn) -> tuple[tuple[str, ...], list[PiecePrediction]]:
    tags = draw(st.sampled_from([IOB, PLAIN, ("O", "I-PER", "I-LOC"), ("O", "B-A-B", "I-A-B")]))
    n_pieces = draw(st.integers(0, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    # few scores far above the rest, so that runs of one label are common
    scores = rng.dirichlet(np.full(len(tags), 0.1), size=n_pieces).astype(np.float32)
    continues = rng.random(n_pieces) < 0.4
    return tags, [
        PiecePrediction(f"p{i}", scores[i], 3 * i, 3 * i + 2, i + 1, bool(continues[i]))
        for i in range(n_pieces)
    ]


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(case=random_pieces())
@settings(max_examples=60, deadline=None)
def test_random_pieces_group_as_in_transformers(
    strategy: str, case: tuple[tuple[str, ...], list[PiecePrediction]]
) -> None:
    tags, pieces = case
    ours = aggregate(pieces, tags, strategy, join=" ".join)
    assert same(ours, transformers_groups(pieces, tags, strategy))
