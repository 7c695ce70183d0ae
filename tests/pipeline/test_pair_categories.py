"""A text categorizer of spaCy's on pairs of texts: what it reads, that it learns what only both together tell."""

from pathlib import Path

import pytest
import spacy
import torch
from small_corpus import TEXTS, encoder_config, train
from spacy.language import Language
from spacy.training import Example
from test_textcat import LISTENER, model_config
from transformers import AutoModel, AutoTokenizer

from spacy_bertfam.training.adamw import build_adamw

TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "spacy-bertfam.PairTokenizer.v1"}}}
WORDS = ["Rennes", "Rouen", "Brest"]
PAIRS = [(f"{first} .", f"{second} .") for first in WORDS for second in WORDS]


def pipeline(folder: Path, *, shared: bool = True) -> Language:
    nlp = spacy.blank("fr", config=TOKENIZER)
    if shared:
        nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    tok2vec = LISTENER if shared else encoder_config(folder)
    nlp.add_pipe("textcat", name="cats", config={"model": model_config(tok2vec, "cls", exclusive=True)})
    return nlp


def examples_of(nlp: Language) -> list[Example]:
    """Are both texts the same?"""
    found = []
    for first, second in PAIRS:
        reference = nlp.make_doc(f"{first}\t{second}")
        reference.cats = {"SAME": float(first == second), "OTHER": float(first != second)}
        found.append(Example(nlp.make_doc(reference.text), reference))
    return found


@pytest.mark.parametrize("kind", ["bert", "camembert"])
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
def test_its_vector_is_that_of_transformers_for_two_texts(tiny_encoder, kind: str, shared: bool) -> None:
    nlp = pipeline(tiny_encoder(kind), shared=shared)
    examples = examples_of(nlp)
    nlp.initialize(lambda: examples)
    docs = [nlp.make_doc(f"{TEXTS[0]}\t{TEXTS[1]}"), nlp.make_doc(f"{TEXTS[2]} {TEXTS[3]}")]
    if shared:
        docs = list(nlp.get_pipe("encoder").pipe(docs))
    found = nlp.get_pipe("cats").model.get_ref("pooled").predict(docs)
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder(kind))
    network = AutoModel.from_pretrained(tiny_encoder(kind)).eval()
    for row, texts in zip(found, [(TEXTS[0], TEXTS[1]), (f"{TEXTS[2]} {TEXTS[3]}",)], strict=True):
        with torch.inference_mode():
            expected = network(**tokenizer(*texts, return_tensors="pt")).last_hidden_state[0, 0]
        torch.testing.assert_close(torch.from_numpy(row), expected, atol=1e-5, rtol=1e-5)


def test_it_learns_what_only_both_texts_tell_and_round_trips(tiny_encoder, tmp_path: Path) -> None:
    nlp = pipeline(tiny_encoder("bert"))
    examples = examples_of(nlp)
    nlp.initialize(lambda: examples)
    train(nlp, examples, build_adamw(3e-3), n_steps=60)
    texts = [eg.text for eg in examples]
    found = [doc.cats["SAME"] for doc in nlp.pipe(texts)]
    assert [score > 0.5 for score in found] == [first == second for first, second in PAIRS]
    nlp.to_disk(tmp_path / "nlp")
    assert [doc.cats["SAME"] for doc in spacy.load(tmp_path / "nlp").pipe(texts)] == pytest.approx(
        found, abs=1e-5
    )
    assert nlp.evaluate(examples)["cats_score"] == 1.0
