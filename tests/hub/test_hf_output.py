"""A Doc's pieces as `pipeline("ner")` gives them, against the installed `transformers`."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from packaging.version import Version
from small_corpus import CNN, encoder_config, head_config, own_pipeline, shared_pipeline
from spacy.language import Language
from spacy.tokens import Doc
from tiny.texts import ENGLISH, FRENCH

from spacy_bertfam.decoding.tags import TagSet
from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.encoder.pieces.alignment import align
from spacy_bertfam.hub import to_hf_output
from spacy_bertfam.hub.hf_output.aggregation import STRATEGIES, aggregate
from spacy_bertfam.hub.hf_output.component import make_bertfam_pieces  # noqa: F401 (registers the component)
from spacy_bertfam.hub.hf_output.output import piece_list, read_decoder
from spacy_bertfam.hub.hf_output.piece_scores import name_pieces, piece_predictions, piece_vectors

KINDS = ("bert", "roberta", "camembert", "xlm-roberta")
TAGS = TagSet("IOB2", ("PER", "LOC"))
# cut, so that transformers truncates none of them
TEXTS = [text[:60] for text in (*FRENCH[:9], *ENGLISH[:4])] + [
    "Zoé  Martin   habite\tà Rouen",
    "Élodie\nVasseur\u00a0: « Paris »\u202f!",
    "L’été à New York, qu'on l'aime…",
    "👩‍👩‍👧 Paul 🎉 et Zoe\u0301",
    " Brest ",
    "x",
    "日本 Rouen [UNK] ###",
]
LONG = " ".join(FRENCH[:6])


def give_head(nlp: Language, network: Any) -> None:
    """Copy the linear classifier of a network of transformers into the component `ner`."""
    ner = nlp.get_pipe("ner")
    for label in TAGS.labels:
        ner.add_label(label)
    ner._resize(ner._trained_tags())
    output = ner.model.get_ref("output_layer")
    output.set_dim("nI", network.classifier.in_features, force=True)
    output.set_param("W", network.classifier.weight.detach().numpy().copy())
    output.set_param("b", network.classifier.bias.detach().numpy().copy())


def load_pipeline(folder: Path, *, own: bool = False) -> Language:
    """RETURNS (Language): encoder and head of a tiny token classifier."""
    from transformers import AutoModelForTokenClassification

    network = AutoModelForTokenClassification.from_pretrained(folder)
    if own:
        nlp = own_pipeline(encoder_config(folder), scheme="IOB2")
        nlp.get_pipe("ner").model.get_ref("tok2vec").initialize()
    else:
        nlp = shared_pipeline(folder, scheme="IOB2")
        nlp.get_pipe("encoder").initialize(lambda: [])
    give_head(nlp, network)
    return nlp


@pytest.fixture(scope="module")
def load(tiny_token_classifier: Callable[[str, list[str]], Path]) -> Callable[[str], Language]:
    return cache(lambda kind: load_pipeline(tiny_token_classifier(kind, TAGS.tags)))


@pytest.fixture(scope="module")
def nlp(load: Callable[[str], Language]) -> Language:
    """Encoder and head over WordPiece pieces."""
    return load("bert")


@pytest.fixture(scope="module")
def transformers_output(tiny_token_classifier: Callable[[str, list[str]], Path]) -> Callable[..., Any]:
    """`transformers_output(kind, strategy)` RETURNS (list): for each of TEXTS."""
    from transformers import pipeline

    @cache
    def make(kind: str) -> Any:
        folder = tiny_token_classifier(kind, TAGS.tags)
        return pipeline("token-classification", str(folder), tokenizer=load_tokenizer(folder))

    return lambda kind, strategy: [make(kind)(text, aggregation_strategy=strategy) for text in TEXTS]


def load_tokenizer(folder: Path) -> Any:
    """RETURNS (PreTrainedTokenizerFast): with the pieces and offsets that `tokenizer.json` gives.

    transformers 5 builds the tokenizers of CamemBERT and XLM-R anew, with another treatment of spaces.
    """
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if Version(metadata.version("transformers")) < Version("5"):
        return AutoTokenizer.from_pretrained(folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf8"))
    return PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        unk_token=settings["unk_token"],
        model_max_length=settings["model_max_length"],
        model_input_names=["input_ids", "attention_mask"],
    )


def without(group: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in group.items() if key not in keys}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:Tokenizer does not support real words")
def test_equals_the_pipeline_of_transformers(
    kind: str, strategy: str, load: Callable, transformers_output: Callable
) -> None:
    nlp = load(kind)
    n_found = 0
    for text, theirs in zip(TEXTS, transformers_output(kind, strategy), strict=True):
        ours = to_hf_output(nlp.make_doc(text), strategy, nlp=nlp)
        assert [without(o, "score", "word") for o in ours] == [without(t, "score", "word") for t in theirs]
        assert [o["score"] for o in ours] == pytest.approx([t["score"] for t in theirs], abs=1e-5)
        if kind == "bert" or strategy in ("none", "simple"):
            assert [o["word"] for o in ours] == [t["word"] for t in theirs]
        n_found += len(ours)
    assert n_found > 5


@pytest.mark.parametrize("strategy", ["simple", "first", "average", "max"])
@pytest.mark.parametrize("kind", KINDS)
def test_text_of_a_group_keeps_spaces_and_accents(kind: str, strategy: str, load: Callable) -> None:
    """Where transformers decodes words twice, and gives "ÀNewYork" or replacement characters."""
    nlp = load(kind)
    (table,) = piece_predictions(nlp, [nlp.make_doc("À New York Zoé Lefèvre a été")])
    table["scores"][:] = [tag == "I-PER" for tag in table["tags"]]
    found = aggregate(piece_list(table), table["tags"], strategy, join=read_decoder(table["decoder"]))
    assert [group["word"].strip() for group in found] == ["À New York Zoé Lefèvre a été"]


def test_own_encoder_gives_the_same(tiny_token_classifier: Callable, nlp: Language) -> None:
    own = load_pipeline(tiny_token_classifier("bert", TAGS.tags), own=True)
    doc = nlp.make_doc(TEXTS[0])
    assert to_hf_output(doc, nlp=own) == to_hf_output(doc, nlp=nlp)


def test_tags_are_those_of_the_scheme(nlp: Language) -> None:
    found = to_hf_output(nlp.make_doc(LONG), nlp=nlp, ignore_labels=())
    assert {piece["entity"] for piece in found} <= set(TAGS.tags)
    json.dumps(found)


@pytest.mark.parametrize("text", [LONG, "x1" * 45, f"{LONG} {'x1' * 45} {LONG}"])
def test_long_texts_lose_no_piece(text: str, nlp: Language) -> None:
    backend = encoder_shim(nlp.get_pipe("encoder").model).loaded.tokenizer.backend
    named = name_pieces(backend, text)
    found = to_hf_output(nlp.make_doc(text), nlp=nlp, ignore_labels=())
    assert len(named.ids) > 64
    assert [(piece["start"], piece["end"]) for piece in found] == list(named.offsets)
    assert [piece["index"] for piece in found] == list(range(1, len(named.ids) + 1))


@pytest.mark.parametrize("text", ["", "   ", "\n"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_text_without_pieces_gives_nothing(text: str, strategy: str, nlp: Language) -> None:
    assert to_hf_output(nlp.make_doc(text), strategy, nlp=nlp) == []


@pytest.mark.parametrize("pooling", ["first", "last", "mean", "max"])
def test_piece_vectors_are_those_that_tokens_are_pooled_from(pooling: str, tiny_encoder: Callable) -> None:
    model = build_encoder(str(tiny_encoder("bert")), window=24, overlap=8, pooling=pooling)
    model.initialize()
    blank = spacy.blank("fr")
    docs = [blank.make_doc(text) for text in (TEXTS[0], "", LONG)]
    pool = {
        "first": lambda V: V[0],
        "last": lambda V: V[-1],
        "mean": lambda V: V.mean(0),
        "max": lambda V: V.max(0),
    }
    for doc, tokens, pieces in zip(docs, model.predict(docs), piece_vectors(model, docs), strict=True):
        segments = align(doc, encoder_shim(model).loaded.tokenizer([doc.text])[0])
        for vector, first, last in zip(tokens, *segments, strict=True):
            assert first < last
            np.testing.assert_allclose(vector, pool[pooling](pieces[first:last]), atol=1e-5)


@pytest.fixture(scope="module")
def with_pieces(tiny_token_classifier: Callable) -> Language:
    """A pipeline that leaves the pieces on the Docs."""
    nlp = load_pipeline(tiny_token_classifier("camembert", TAGS.tags))
    nlp.add_pipe("bertfam_pieces", name="pieces")
    return nlp


def test_component_leaves_the_pieces_on_the_doc(with_pieces: Language) -> None:
    for doc in with_pieces.pipe([*TEXTS[::3], LONG, ""], batch_size=3):
        for strategy in STRATEGIES:
            ours, asked = to_hf_output(doc, strategy), to_hf_output(doc, strategy, nlp=with_pieces)
            assert [without(o, "score") for o in ours] == [without(a, "score") for a in asked]
            assert [o["score"] for o in ours] == pytest.approx([a["score"] for a in asked], abs=1e-5)


def test_pieces_survive_bytes_and_disk(with_pieces: Language, tmp_path: Path) -> None:
    doc = with_pieces("Zoé Martin habite à Rouen")
    again = Doc(doc.vocab).from_bytes(doc.to_bytes())
    assert to_hf_output(again, "first") == to_hf_output(doc, "first")
    with_pieces.to_disk(tmp_path / "pipeline")
    reloaded = spacy.load(tmp_path / "pipeline")
    assert to_hf_output(reloaded(doc.text), "simple") == to_hf_output(doc, "simple")


def test_the_scheme_of_the_component_groups(with_pieces: Language) -> None:
    doc = with_pieces("Zoé à Rouen")
    tags = ["O", "B-PER", "I-PER", "E-PER", "S-PER"]
    scores = np.eye(len(tags), dtype=np.float32)[[4, 4, 1, 3]]
    doc._.bertfam_pieces = {
        **doc._.bertfam_pieces,
        **{
            name: doc._.bertfam_pieces[name][:4]
            for name in ("words", "starts", "ends", "indices", "continues")
        },
        **{"scores": scores, "tags": tags, "scheme": "BIOES"},
    }
    assert [group["entity_group"] for group in to_hf_output(doc, "simple")] == ["PER", "PER", "PER"]


def test_predicting_pieces_leaves_the_doc_as_it_is(nlp: Language) -> None:
    doc = nlp(TEXTS[0])
    before = doc.to_bytes()
    to_hf_output(doc, nlp=nlp)
    assert doc.to_bytes() == before


def test_doc_without_pieces_is_refused(nlp: Language) -> None:
    with pytest.raises(ValueError, match=r"no predictions for its word pieces.*nlp=nlp.*add_pipe"):
        to_hf_output(nlp.make_doc("Rouen"))


def test_unknown_strategy_is_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match="'middle': expected one of none, simple"):
        to_hf_output(spacy.blank("fr")("Rouen"), "middle")


@pytest.mark.parametrize(
    "component, message",
    [("tagger", "'tagger' was asked for, the pipeline has ner"), (None, "the pipeline has ner, second")],
)
def test_component_must_be_one(component: str | None, message: str, tiny_token_classifier: Callable) -> None:
    nlp = load_pipeline(tiny_token_classifier("bert", TAGS.tags))
    nlp.add_pipe("bertfam_ner", name="second")
    if component is None:
        assert to_hf_output(nlp.make_doc("Rouen"), nlp=nlp, component="ner", ignore_labels=())
    with pytest.raises(ValueError, match=message):
        to_hf_output(nlp.make_doc("Rouen"), nlp=nlp, component=component)


def test_disabled_encoder_is_refused(nlp: Language) -> None:
    with (
        nlp.select_pipes(disable=["encoder"]),
        pytest.raises(ValueError, match="no bertfam_encoder of the pipeline feeds it"),
    ):
        to_hf_output(nlp.make_doc("Rouen"), nlp=nlp)


def test_head_on_a_cnn_is_refused() -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head_config(CNN)})
    with pytest.raises(ValueError, match=r"Expected a spacy-bertfam\.Encoder\.v1"):
        to_hf_output(nlp.make_doc("Rouen"), nlp=nlp)


@pytest.mark.slow
def test_importing_the_hub_does_not_import_transformers() -> None:
    code = "import sys, spacy_bertfam.hub; print({'transformers', 'tokenizers'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
