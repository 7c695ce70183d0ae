"""`bertfam_ner`: labels, scores, entities that are there before, and what it says when it cannot work."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import spacy
from small_corpus import (
    CNN,
    SENTENCES,
    TEXTS,
    all_scores,
    annotated,
    encoder_config,
    head_config,
    make_examples,
    own_pipeline,
    shared_pipeline,
    train,
)
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Adam, Optimizer

from spacy_bertfam.pipeline import gold
from spacy_bertfam.training.adamw import build_adamw

GOLD = [(entity, label) for _, entities in SENTENCES for entity, label in entities]


def tag_scores(nlp: Language, texts: list[str]) -> list[np.ndarray]:
    """The scores before decoding, of each text."""
    docs = [nlp.make_doc(text) for text in texts]
    for _, pipe in nlp.pipeline[:-1]:
        docs = list(pipe.pipe(docs))
    return nlp.get_pipe("ner").model.predict(docs)


# -- labels


def test_labels_are_those_of_the_data_and_label_data_gives_them_back(folder: Path) -> None:
    nlp = shared_pipeline(folder)
    nlp.initialize(lambda: make_examples(nlp))
    ner = nlp.get_pipe("ner")
    assert ner.labels == ("LOC", "ORG", "PER")
    assert ner.label_data == ["LOC", "ORG", "PER"]
    assert nlp.pipe_labels["ner"] == ["LOC", "ORG", "PER"]
    again = shared_pipeline(folder)
    again.config["initialize"]["components"] = {"ner": {"labels": ner.label_data}}
    again.initialize(lambda: make_examples(again))
    assert again.get_pipe("ner").labels == ner.labels


def test_given_labels_come_first(folder: Path) -> None:
    nlp = own_pipeline(CNN)
    nlp.get_pipe("ner").initialize(lambda: make_examples(nlp), nlp=nlp, labels=["PER", "LOC", "ORG", "EVENT"])
    assert nlp.get_pipe("ner").labels == ("PER", "LOC", "ORG", "EVENT")


def test_add_label_before_training_is_known_after_it() -> None:
    nlp = own_pipeline(CNN)
    assert nlp.get_pipe("ner").add_label("EVENT") == 1
    assert nlp.get_pipe("ner").add_label("EVENT") == 0
    nlp.initialize(lambda: make_examples(nlp))
    assert set(nlp.get_pipe("ner").labels) == {"EVENT", "LOC", "ORG", "PER"}
    train(nlp, make_examples(nlp), n_steps=1)


@pytest.mark.parametrize("label", ["", 3, None])
def test_a_label_that_is_no_name_is_refused(label: object) -> None:
    with pytest.raises(ValueError, match="expected a name"):
        own_pipeline(CNN).get_pipe("ner").add_label(label)


def test_a_new_label_on_a_trained_pipeline_keeps_the_weights_of_the_others(trained: Language) -> None:
    before, weights = tag_scores(trained, TEXTS), output_weights(trained)
    n_before = len(trained.get_pipe("ner").tag_set)
    trained.get_pipe("ner").add_label("EVENT")
    after = tag_scores(trained, TEXTS)
    assert after[0].shape[1] == n_before + 4
    np.testing.assert_array_equal(output_weights(trained)[:n_before], weights)
    for old, new in zip(before, after, strict=True):  # a wider product may be summed in another order
        np.testing.assert_allclose(new[:, :n_before], old, atol=1e-6)


def test_new_labels_in_the_data_are_added_all_at_once(trained: Language) -> None:
    ner, resized = trained.get_pipe("ner"), []
    resize = ner.model.attrs["resize_output"]
    ner.model.attrs["resize_output"] = lambda model, rows: resized.append(len(rows)) or resize(model, rows)
    weights, n_before = output_weights(trained), len(ner.tag_set)
    new = [(f"Le Mot{i} commence .", ((f"Mot{i}", f"NEW{i}"),)) for i in range(20)]
    trained.update(make_examples(trained, (*SENTENCES, *new)), sgd=False)
    assert resized == [n_before + 4 * 20] == [len(ner.tag_set)]
    assert ner.labels[-20:] == tuple(sorted(f"NEW{i}" for i in range(20)))
    np.testing.assert_array_equal(output_weights(trained)[:n_before], weights)


def output_weights(nlp: Language) -> np.ndarray:
    return nlp.get_pipe("ner").model.get_ref("output_layer").get_param("W").copy()


@pytest.mark.parametrize("make_optimizer", [lambda: Adam(0.005), lambda: build_adamw(0.005)])
def test_training_goes_on_with_new_labels_in_the_data(
    trained: Language, make_optimizer: Callable[[], Optimizer], caplog: pytest.LogCaptureFixture
) -> None:
    optimizer = make_optimizer()
    train(trained, make_examples(trained), optimizer, n_steps=2)
    new = ("Le Mondial commence demain .", (("Mondial", "EVENT"),))
    examples = make_examples(trained, (*SENTENCES, new))
    losses = train(trained, examples, optimizer, n_steps=40)
    assert [r.message for r in caplog.records if "New label" in r.message] == [
        "[ner] New label 'EVENT' in the data: added."
    ]
    assert losses[-1] < losses[0]
    found = {(text, label) for text, label, _ in all_scores(trained, [*TEXTS, new[0]])}
    assert {("Mondial", "EVENT"), *GOLD} <= found


def test_sourced_from_a_trained_pipeline_it_finds_the_same(trained: Language) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("encoder", source=trained)
    nlp.add_pipe("ner", source=trained)
    assert all_scores(nlp) == all_scores(trained)
    train(nlp, make_examples(nlp), nlp.resume_training(), n_steps=1)


@pytest.mark.parametrize("typed", ["PERS", "per", "Pers"])
def test_a_label_with_a_typing_error_is_refused(typed: str) -> None:
    nlp = own_pipeline(CNN)
    message = rf"'ner'.* lists '{typed}', of which .* no entity, and lacks 'PER', of which they have 3"
    with pytest.raises(ValueError, match=message):
        nlp.get_pipe("ner").initialize(lambda: make_examples(nlp), nlp=nlp, labels=["LOC", "ORG", typed])


def test_many_labels_are_not_compared_pair_by_pair_for_typing_errors(monkeypatch) -> None:
    monkeypatch.setattr(gold, "MAX_COMPARED", 2)  # PERS beside the 2 labels that only the data have: LOC, PER
    nlp = own_pipeline(CNN)
    with pytest.raises(ValueError, match="lists 'PERS'"):
        nlp.get_pipe("ner").initialize(lambda: make_examples(nlp), nlp=nlp, labels=["ORG", "PERS"])
    monkeypatch.setattr(gold, "MAX_COMPARED", 1)
    nlp = own_pipeline(CNN)
    nlp.get_pipe("ner").initialize(lambda: make_examples(nlp), nlp=nlp, labels=["ORG", "PERS"])
    assert nlp.get_pipe("ner").labels == ("ORG", "PERS", "LOC", "PER")


# -- scores


def test_every_entity_has_a_probability(reader: Language) -> None:
    found = all_scores(reader)
    assert [(text, label) for text, label, _ in found] == GOLD
    assert all(0.0 < score <= 1.0 for _, _, score in found)
    assert reader.make_doc("Paul dort")[:1]._.score is None


def test_min_score_leaves_out_what_is_below(trained: Language) -> None:
    found = all_scores(trained)
    bound = sorted(score for _, _, score in found)[len(found) // 2]
    trained.get_pipe("ner").min_score = bound
    assert all_scores(trained) == [row for row in found if row[2] >= bound]
    assert 0 < len(all_scores(trained)) < len(found)


@pytest.mark.parametrize(("temperature", "is_lower"), [(3.0, True), (0.5, False)])
def test_temperature_changes_scores_and_no_entity(
    trained: Language, temperature: float, is_lower: bool
) -> None:
    found = all_scores(trained)
    trained.get_pipe("ner").temperature = temperature
    other = all_scores(trained)
    assert [row[:2] for row in other] == [row[:2] for row in found]
    assert all((new[2] < old[2]) == is_lower for new, old in zip(other, found, strict=True))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0.0}, r"'ner': temperature is 0\.0; expected a finite number above 0"),
        ({"min_score": 1.5}, r"'ner': min_score is 1\.5; expected 0 to 1"),
        ({"scheme": "IOB9"}, r"scheme 'IOB9': expected one of IO, .*BIOES"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        own_pipeline(CNN, **settings)


@pytest.mark.parametrize("scheme", ["IO", "IOB2", "BIOES", "BILUO"])
def test_every_scheme_learns_the_sentences(folder: Path, scheme: str) -> None:
    nlp = shared_pipeline(folder, scheme=scheme)
    nlp.initialize(lambda: make_examples(nlp))
    train(nlp, make_examples(nlp), n_steps=30)
    assert [(text, label) for text, label, _ in all_scores(nlp)] == GOLD


def test_evaluate_gives_the_scores_of_spacy(reader: Language) -> None:
    scores = reader.evaluate(make_examples(reader))
    assert scores["ents_f"] == 1.0
    assert set(scores["ents_per_type"]) == {"LOC", "ORG", "PER"}


# -- entities that are there before


def with_ruler(nlp: Language, pattern: str, label: str) -> Language:
    ruler = nlp.add_pipe("entity_ruler", before="ner")
    ruler.add_patterns([{"label": label, "pattern": pattern}])
    return nlp


def test_entities_of_a_ruler_before_it_are_kept(trained: Language) -> None:
    doc = with_ruler(trained, "Hier", "DATE")(TEXTS[1])
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("Hier", "DATE"),
        ("Paul", "PER"),
        ("Brest", "LOC"),
    ]
    assert doc.ents[0]._.score is None
    assert doc.ents[1]._.score > 0


def test_entities_of_a_ruler_win_where_they_overlap(trained: Language) -> None:
    doc = with_ruler(trained, "Marie", "PRENOM")(TEXTS[0])
    found = [(ent.text, ent.label_) for ent in doc.ents]
    assert ("Marie", "PRENOM") in found
    assert ("Marie Vasseur", "PER") not in found
    assert ("Rouen", "LOC") in found


def test_overwrite_ents_forgets_what_was_there(trained: Language) -> None:
    trained.get_pipe("ner").overwrite_ents = True
    doc = with_ruler(trained, "Marie", "PRENOM")(TEXTS[0])
    assert [(ent.text, ent.label_) for ent in doc.ents] == list(SENTENCES[0][1])


def test_blocked_tokens_stay_without_entity(reader: Language) -> None:
    doc = reader.make_doc(TEXTS[1])
    doc.set_ents([], blocked=[doc[2:3]], default="missing")
    doc = reader(doc)
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Brest", "LOC")]
    assert (doc[2].ent_iob_, doc[2].ent_type_) == ("B", "")


def test_a_doc_marked_as_all_outside_is_still_read(reader: Language) -> None:
    doc = reader.make_doc(TEXTS[0])
    doc.set_ents([], default="outside")
    assert [(ent.text, ent.label_) for ent in reader(doc).ents] == list(SENTENCES[0][1])


def test_every_token_is_annotated_afterwards(reader: Language) -> None:
    for doc in reader.pipe(TEXTS):
        assert {token.ent_iob for token in doc} <= {1, 2, 3}


# -- texts without anything to read


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t \u00a0", "\u200b"])
def test_texts_without_words_give_no_entity_and_no_error(reader: Language, text: str) -> None:
    docs = list(reader.pipe([text, TEXTS[0], text]))
    assert [doc.text for doc in docs] == [text, TEXTS[0], text]
    assert [(ent.text, ent.label_) for ent in docs[1].ents] == list(SENTENCES[0][1])
    assert reader(text).text == text


def test_update_with_empty_docs_in_the_batch_learns_from_the_others(folder: Path) -> None:
    nlp = shared_pipeline(folder)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    blanks = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in ("", " ")]
    losses = train(nlp, [blanks[0], *examples, blanks[1]], n_steps=10)
    assert losses[-1] < losses[0]


def test_update_with_an_empty_list_does_nothing(trained: Language) -> None:
    assert trained.get_pipe("ner").update([], losses={}) == {"ner": 0.0}


# -- what it says when it cannot work


def test_a_corpus_without_entities_is_refused_in_one_sentence(folder: Path) -> None:
    nlp = shared_pipeline(folder)
    bare = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in TEXTS]
    with pytest.raises(ValueError, match=r"'ner': none of the 6 training examples has an entity \(6 have no"):
        nlp.initialize(lambda: bare)


def test_without_labels_it_says_how_to_get_them(folder: Path) -> None:
    nlp = shared_pipeline(folder)
    nlp.get_pipe("encoder").initialize(lambda: [])
    with pytest.raises(ValueError, match=r"'ner' has no labels: call nlp\.initialize"):
        nlp(TEXTS[0])


SPACY_LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "encoder"}
OUR_LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "encoder"}
LISTENERS = pytest.mark.parametrize("listener", [SPACY_LISTENER, OUR_LISTENER], ids=["spacy", "ours"])


def listening(folder: Path, listener: dict) -> Language:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head_config(listener)})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    return nlp


@LISTENERS
def test_a_disabled_encoder_is_an_error_and_no_garbage(folder: Path, listener: dict) -> None:
    nlp = listening(folder, listener)
    with nlp.select_pipes(disable=["encoder"]), pytest.raises(ValueError, match=r"encoder.*disable"):
        nlp(TEXTS[0])
    assert nlp(TEXTS[0]).tensor.size


@LISTENERS
def test_an_excluded_encoder_is_an_error_and_no_garbage(folder: Path, listener: dict, tmp_path: Path) -> None:
    listening(folder, listener).to_disk(tmp_path)
    nlp = spacy.load(tmp_path, exclude=["encoder"])
    with pytest.raises(ValueError, match=r"encoder.*nlp\.pipe_names"):
        nlp(TEXTS[0])


@LISTENERS
def test_an_encoder_behind_the_head_is_an_error_at_initialize(folder: Path, listener: dict) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head_config(listener)})
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    with pytest.raises(ValueError, match=r"(?s)'ner' listens to the encoder 'encoder'.*before it"):
        nlp.initialize(lambda: make_examples(nlp))


@LISTENERS
def test_no_encoder_at_all_is_an_error_at_initialize(listener: dict) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head_config(listener)})
    with pytest.raises(ValueError, match=r"(?s)'ner' listens to the encoder 'encoder'.*before it"):
        nlp.initialize(lambda: make_examples(nlp))


def test_set_annotations_leaves_the_score_of_other_spans_alone(reader: Language) -> None:
    doc = reader(TEXTS[0])
    assert isinstance(doc, Doc)
    assert Span(doc, 2, 3, label="X")._.score is None
    assert annotated(reader, SENTENCES[0]).ents[0]._.score is None
