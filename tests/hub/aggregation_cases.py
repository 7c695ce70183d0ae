"""Aggregation cases after those in `transformers`' own tests, told anew: pieces with scores, and what comes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import decoders

from spacy_bertfam.hub.hf_output.aggregation import PiecePrediction

Piece = tuple[str, int, int, bool, Mapping[str, float]]  # word, start, end, continues, tag -> score
Group = tuple[str, float, str, int, int]  # entity_group, score, word, start, end

IOB = ("O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
PLAIN = ("O", "MISC", "PER", "ORG", "LOC")
BIOES = ("O", *(f"{prefix}-{label}" for label in ("PER", "LOC") for prefix in "BIES"))
BILUO = ("O", *(f"{prefix}-{label}" for label in ("PER", "LOC") for prefix in "BILU"))
WORDPIECE = decoders.WordPiece().decode
METASPACE = decoders.Metaspace().decode


@dataclass(frozen=True)
class Case:
    name: str
    pieces: Sequence[Piece]
    expected: Mapping[str, Sequence[Group]]  # strategy -> groups; a strategy that is missing is not looked at
    tags: Sequence[str] = IOB
    scheme: str = "IOB2"
    join: Callable[[list[str]], str] = WORDPIECE
    ignore: Sequence[str] = ("O",)

    def predictions(self) -> list[PiecePrediction]:
        found = []
        for i, (word, start, end, continues, by_tag) in enumerate(self.pieces):
            scores = np.array([by_tag.get(tag, 0.0) for tag in self.tags], dtype=np.float32)
            found.append(PiecePrediction(word, scores, start, end, i + 1, continues))
        return found


def sure(tag: str, score: float = 0.99) -> Mapping[str, float]:
    return {tag: score}


LUKA = (("PER", 0.996, "Luka", 0, 4), ("ORG", 0.999, "ONU", 11, 14))
LUKA_OF_FIRST_OR_SUREST = (("PER", 0.997, "Luka", 0, 4), ("ORG", 0.999, "ONU", 11, 14))
ZANNOTTI = (
    ("Za", 0, 2, False, {"B-MISC": 0.55, "B-PER": 0.45}),
    ("##nno", 2, 5, True, {"B-PER": 0.2, "B-LOC": 0.8}),
    ("##tti", 5, 8, True, {"B-PER": 0.4, "I-ORG": 0.6}),
)
MARCELLE = (
    ("Mar", 0, 3, False, sure("B-PER", 0.999)),
    ("##celle", 3, 8, True, {"B-PER": 0.803, "I-PER": 0.19}),
    ("Vas", 9, 12, False, sure("I-PER", 0.999)),
    ("##seur", 12, 16, True, sure("I-PER", 0.998)),
    ("dirige", 17, 23, False, sure("O")),
    ("Al", 24, 26, False, {"B-ORG": 0.999}),
    ("##pina", 26, 30, True, {"B-ORG": 0.085, "O": 0.9}),
)
ALPINA = ("ORG", 0.999, "Alpina", 24, 30)
GROUPING = ("simple", "first", "average", "max")

OF_TRANSFORMERS = (
    Case(
        "test_aggregation_strategy: a word in two pieces",
        (
            ("Lu", 0, 2, False, sure("I-PER", 0.9968)),
            ("##ka", 2, 4, True, sure("I-PER", 0.9958)),
            ("ONU", 11, 14, False, sure("B-ORG", 0.9986)),
        ),
        {
            "simple": LUKA,
            "average": LUKA,
            "first": LUKA_OF_FIRST_OR_SUREST,
            "max": LUKA_OF_FIRST_OR_SUREST,
        },
    ),
    Case(
        "test_aggregation_strategy_no_b_i_prefix: labels as tags",
        (
            ("Lu", 0, 2, False, sure("LOC", 0.9968)),
            ("##ka", 2, 4, True, sure("LOC", 0.9958)),
            ("ONU", 11, 14, False, sure("ORG", 0.9986)),
        ),
        {"simple": (("LOC", 0.996, "Luka", 0, 4), ("ORG", 0.999, "ONU", 11, 14))},
        tags=PLAIN,
    ),
    Case(
        "test_aggregation_strategy_example2: three pieces, three opinions, and a fourth on average",
        ZANNOTTI,
        {
            "simple": (
                ("MISC", 0.55, "Za", 0, 2),
                ("LOC", 0.8, "##nno", 2, 5),
                ("ORG", 0.6, "##tti", 5, 8),
            ),
            "first": (("MISC", 0.55, "Zannotti", 0, 8),),
            "max": (("LOC", 0.8, "Zannotti", 0, 8),),
            "average": (("PER", 0.35, "Zannotti", 0, 8),),
        },
    ),
    Case(
        "test_spanish_bert: a B- within a word parts it, unless words are kept whole",
        MARCELLE,
        {
            "simple": (
                ("PER", 0.999, "Mar", 0, 3),
                ("PER", 0.9333, "##celle Vasseur", 3, 16),
                ("ORG", 0.999, "Al", 24, 26),
            ),
            "first": (("PER", 0.999, "Marcelle Vasseur", 0, 16), ALPINA),
            "max": (("PER", 0.999, "Marcelle Vasseur", 0, 16), ALPINA),
            "average": (("PER", 0.9498, "Marcelle Vasseur", 0, 16), ("ORG", 0.542, "Alpina", 24, 30)),
        },
    ),
    Case(
        "test_dbmdz_english: tags that are all I-, with words outside between them",
        (
            ("Zo", 0, 2, False, sure("I-PER", 0.997)),
            ("##é", 2, 3, True, sure("I-PER", 0.995)),
            ("entre", 4, 9, False, sure("O")),
            ("à", 10, 11, False, sure("O")),
            ("l", 12, 13, False, sure("O")),
            ("ONU", 14, 17, False, sure("I-ORG", 0.999)),
        ),
        {
            "simple": (("PER", 0.996, "Zoé", 0, 3), ("ORG", 0.999, "ONU", 14, 17)),
            "average": (("PER", 0.996, "Zoé", 0, 3), ("ORG", 0.999, "ONU", 14, 17)),
            "first": (("PER", 0.997, "Zoé", 0, 3), ("ORG", 0.999, "ONU", 14, 17)),
            "max": (("PER", 0.997, "Zoé", 0, 3), ("ORG", 0.999, "ONU", 14, 17)),
        },
    ),
    Case(
        "test_aggregation_strategy_byte_level_tokenizer: punctuation sticks to the word before it",
        (
            ("▁Nord", 0, 4, False, sure("B-ORG", 0.99)),
            ("gate", 4, 8, True, sure("I-ORG", 0.994)),
            ("▁parle", 9, 14, False, sure("O")),
            ("▁d", 15, 16, False, sure("O")),
            ("’", 16, 17, True, sure("O")),
            ("▁Oslo", 18, 22, False, sure("B-LOC", 1.0)),
            (".", 22, 23, True, sure("O", 0.9)),
        ),
        {
            "max": (("ORG", 0.994, "Nordgate", 0, 8), ("LOC", 1.0, "Oslo.", 18, 23)),
            "first": (("ORG", 0.99, "Nordgate", 0, 8), ("LOC", 1.0, "Oslo.", 18, 23)),
            "simple": (("ORG", 0.992, "Nordgate", 0, 8), ("LOC", 1.0, "Oslo", 18, 22)),
        },
        join=METASPACE,
    ),
    Case(
        "test_aggregation_strategy_offsets_with_leading_space: the space belongs to the piece; O is asked for",
        (
            ("▁Parti", 0, 5, False, sure("O", 1.0)),
            ("▁de", 5, 8, False, sure("O", 1.0)),
            ("▁Le", 8, 11, False, sure("B-LOC", 1.0)),
            ("▁Ma", 11, 14, False, sure("I-LOC", 1.0)),
            ("ns", 14, 16, True, sure("I-LOC", 1.0)),
        ),
        dict.fromkeys(GROUPING, (("O", 1.0, "Parti de", 0, 8), ("LOC", 1.0, "Le Mans", 8, 16))),
        join=METASPACE,
        ignore=(),
    ),
    Case(
        "test_simple: a name of several words, the same name again, a place",
        (
            ("Bonjour", 0, 7, False, sure("O")),
            ("Inès", 8, 12, False, sure("B-PER", 0.998)),
            ("Caradec", 13, 20, False, sure("I-PER", 0.996)),
            ("Haddad", 21, 27, False, sure("I-PER", 0.994)),
            ("que", 28, 31, False, sure("O")),
            ("Inès", 32, 36, False, sure("B-PER", 0.977)),
            ("loge", 37, 41, False, sure("O")),
            ("au", 42, 44, False, sure("O")),
            ("Cap", 45, 48, False, sure("B-LOC", 0.999)),
            ("Vert", 49, 53, False, sure("I-LOC", 0.999)),
        ),
        dict.fromkeys(
            GROUPING,
            (
                ("PER", 0.996, "Inès Caradec Haddad", 8, 27),
                ("PER", 0.977, "Inès", 32, 36),
                ("LOC", 0.999, "Cap Vert", 45, 53),
            ),
        ),
    ),
    Case(
        "test_small_model_pt: every label ignored",
        (("ce", 0, 2, False, sure("I-MISC", 0.115)), ("test", 3, 7, False, sure("O", 0.2))),
        dict.fromkeys(GROUPING, ()),
        ignore=("O", "MISC"),
    ),
    Case("no piece at all", (), dict.fromkeys(GROUPING, ())),
)

ADJACENT = (
    ("Jean", 0, 4, False, "B-PER"),
    ("Roussel", 5, 12, False, "E-PER"),
    ("Zoé", 13, 16, False, "S-PER"),
    ("Paul", 17, 21, False, "S-PER"),
    ("Le", 22, 24, False, "B-LOC"),
    ("Cap", 25, 28, False, "I-LOC"),
    ("Vert", 29, 33, False, "E-LOC"),
    ("Oslo", 34, 38, False, "S-LOC"),
)
BROKEN = (
    ("Jean", 0, 4, False, "I-PER"),
    ("Roussel", 5, 12, False, "E-PER"),
    ("Paul", 13, 17, False, "I-PER"),
    ("Oslo", 18, 22, False, "E-LOC"),
    ("Le", 23, 25, False, "S-LOC"),
    ("Mans", 26, 30, False, "E-LOC"),
    ("Inès", 31, 35, False, "B-PER"),
    ("Zoé", 36, 39, False, "S-PER"),
)
IN_BILUO = {"E": "L", "S": "U"}


def tagged(pieces: Sequence[tuple[str, int, int, bool, str]], *, biluo: bool = False) -> list[Piece]:
    """RETURNS (list): pieces with the score 0.9 for their tag, under the names of BILUO if asked."""
    return [
        (
            word,
            start,
            end,
            continues,
            sure((IN_BILUO.get(tag[0], tag[0]) if biluo else tag[0]) + tag[1:], 0.9),
        )
        for word, start, end, continues, tag in pieces
    ]


NEIGHBOURS = (
    ("PER", 0.9, "Jean Roussel", 0, 12),
    ("PER", 0.9, "Zoé", 13, 16),
    ("PER", 0.9, "Paul", 17, 21),
    ("LOC", 0.9, "Le Cap Vert", 22, 33),
    ("LOC", 0.9, "Oslo", 34, 38),
)
AFTER_AN_END = (
    ("PER", 0.9, "Jean Roussel", 0, 12),
    ("PER", 0.9, "Paul", 13, 17),
    ("LOC", 0.9, "Oslo", 18, 22),
    ("LOC", 0.9, "Le", 23, 25),
    ("LOC", 0.9, "Mans", 26, 30),
    ("PER", 0.9, "Inès", 31, 35),
    ("PER", 0.9, "Zoé", 36, 39),
)
WITH_ENDS = (
    Case(
        "BIOES: neighbors of one label stay apart",
        tagged(ADJACENT),
        dict.fromkeys(GROUPING, NEIGHBOURS),
        BIOES,
        "BIOES",
    ),
    Case(
        "BILUO: neighbors of one label stay apart",
        tagged(ADJACENT, biluo=True),
        dict.fromkeys(GROUPING, NEIGHBOURS),
        BILUO,
        "BILUO",
    ),
    Case(
        "BIOES: an illegal sequence begins anew after an end, and at a single",
        tagged(BROKEN),
        dict.fromkeys(GROUPING, AFTER_AN_END),
        BIOES,
        "BIOES",
    ),
    Case(
        "BIOES: the pieces of a word agree by its first one",
        (
            ("Ro", 0, 2, False, sure("B-PER", 0.8)),
            ("##ger", 2, 5, True, sure("S-LOC", 0.9)),
            ("Yvon", 6, 10, False, sure("E-PER", 0.6)),
        ),
        {"first": (("PER", 0.7, "Roger Yvon", 0, 10),)},
        BIOES,
        "BIOES",
    ),
)
