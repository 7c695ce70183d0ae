"""Systems with environments of their own: what can be checked here, and they themselves where they are installed."""

import json
from pathlib import Path

import pytest
from spacy.tokens import DocBin, Span

TEXTS = ["Marie habite à Lyon .", "", "Il pleut sur Brest ."]


def settings(folder: Path) -> tuple[dict, dict]:
    return tuple(
        json.loads((folder / name).read_text(encoding="utf8")) for name in ("config.json", "tokenizer.json")
    )


@pytest.fixture
def work(tiny_token_classifier, gold_docs, tmp_path):
    """`work(kind)` RETURNS (Path): what a system is built from."""

    def make(kind: str) -> Path:
        (tmp_path / "classifier").symlink_to(tiny_token_classifier(kind, ["O", "B-PER", "I-PER"]))
        DocBin(docs=gold_docs * 4, attrs=["ENT_IOB", "ENT_TYPE"]).to_disk(tmp_path / "gold.spacy")
        return tmp_path

    return make


def test_every_environment_is_that_of_a_system():
    from benchmarks.apart import REQUIREMENTS, environment_of
    from benchmarks.foreign import SYSTEMS

    assert {environment_of(name) for name in SYSTEMS} == set(REQUIREMENTS)


@pytest.mark.parametrize(
    ("kind", "architecture", "pieces"),
    [("bert", "BertTransformer", "BertWordpiece"), ("xlm-roberta", "XlmrTransformer", "XlmrSentencepiece")],
)
def test_curated_transformers_get_the_sizes_of_the_encoder(kind, architecture, pieces, tiny_encoder):
    from benchmarks.curated import model_config

    config, tokenizer = settings(tiny_encoder(kind))
    found = model_config(config, tokenizer)
    assert found["hidden_width"] == config["hidden_size"]
    assert found["@architectures"] == f"spacy-curated-transformers.{architecture}.v1"
    assert found["piece_encoder"]["@architectures"] == f"spacy-curated-transformers.{pieces}Encoder.v1"


def test_an_encoder_that_curated_transformers_do_not_have_is_named(tiny_encoder):
    from benchmarks.curated import model_config

    with pytest.raises(ValueError, match="the encoder is distilbert"):
        model_config(*settings(tiny_encoder("distilbert")))


def test_unigram_pieces_become_a_sentencepiece_model(tiny_encoder):
    sentencepiece = pytest.importorskip("sentencepiece")
    from benchmarks.curated import N_SPECIAL, sentencepiece_model

    pieces = settings(tiny_encoder("xlm-roberta"))[1]
    processor = sentencepiece.SentencePieceProcessor(model_proto=sentencepiece_model(pieces))
    vocabulary = [text for text, _ in pieces["model"]["vocab"]]
    assert processor.id_to_piece(N_SPECIAL - 1) == vocabulary[N_SPECIAL]
    assert processor.get_piece_size() == len(vocabulary) - 2  # <pad> and <mask> are none of its pieces


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
def test_curated_transformers_read_texts(kind, work):
    pytest.importorskip("spacy_curated_transformers")
    if kind == "xlm-roberta":
        pytest.importorskip("sentencepiece")
    from benchmarks.curated import curated_system

    docs = curated_system(work(kind), "fr")(TEXTS)
    assert [doc.text for doc in docs] == TEXTS


def test_a_label_that_comes_late_is_learned_like_the_others(gold_docs, tmp_path):
    import spacy

    from benchmarks.system import teach_head

    rare = gold_docs[0].copy()
    rare.set_ents([Span(rare, 0, 1, label="RARE")], default="outside")
    DocBin(docs=[*gold_docs * 40, rare], attrs=["ENT_IOB", "ENT_TYPE"]).to_disk(tmp_path / "gold.spacy")
    nlp = spacy.blank("fr")
    tagger = nlp.add_pipe("tagger")
    teach_head(nlp, tmp_path / "gold.spacy", n_steps=1)
    assert "B-RARE" in tagger.labels


@pytest.mark.parametrize("bf16", [True, False])
def test_edsnlp_reads_texts(bf16, work):
    pytest.importorskip("edsnlp")
    from benchmarks.eds import edsnlp_system

    docs = edsnlp_system(work("bert"), "fr", bf16=bf16)(TEXTS)
    assert [doc.text for doc in docs] == TEXTS
