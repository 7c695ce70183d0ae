"""A token classifier of each architecture into spaCy, trained on there, and back."""

import json
import shutil

import numpy as np
import pytest
import spacy
import torch
from hf_predictions import hf_classes, hf_token_logits
from safetensors.torch import load_file, save_file
from small_corpus import encoder_config, head_config, make_examples, own_pipeline, shared_pipeline, train
from tiny.kinds import KINDS
from transformers import AutoModel, AutoModelForTokenClassification, AutoTokenizer, pipeline

from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError
from spacy_bertfam.hub.export_hf import export_hf
from spacy_bertfam.hub.import_hf import import_hf
from spacy_bertfam.training.adamw import build_adamw

NAN = float("nan")
TAGS = ["B-PER", "I-PER", "O", "B-LOC", "I-LOC"]
TEXT = "Marie Vasseur est allée à Saint-Étienne avec Zoé Dupont-Durand, hier."


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def classifier(tiny_token_classifier, tmp_path):
    """`classifier(kind, tags)` RETURNS (Path): a folder of this test's own."""

    def get(kind="bert", tags=TAGS):
        return shutil.copytree(tiny_token_classifier(kind, list(tags)), tmp_path / "original")

    return get


def our_logits(nlp, text=TEXT):
    """The scores of each token, in the order of our tags."""
    return nlp.get_pipe("ner").model.predict([nlp(text)])[0]


def logits_by_class(nlp, classes, text=TEXT):
    """The scores of each token, in the order of the checkpoint's classes, which bear the names of our tags."""
    tag_to_id = nlp.get_pipe("ner").tag_set.tag_to_id
    return our_logits(nlp, text)[:, [tag_to_id[name] for name in classes]]


def weights_of(folder):
    return load_file(folder / "model.safetensors")


def check_equal_weights(one, other):
    assert set(one) == set(other)
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_those_of_transformers(classifier, kind):
    folder = classifier(kind)
    nlp = import_hf(str(folder), lang="fr")
    expected = hf_token_logits(folder, nlp(TEXT))
    assert expected.std() > 0.1
    np.testing.assert_allclose(logits_by_class(nlp, TAGS), expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back_weights_are_equal_bit_for_bit(classifier, tmp_path, kind):
    folder = classifier(kind)
    assert export_hf(import_hf(str(folder), lang="fr"), tmp_path / "back") == []
    check_equal_weights(weights_of(folder), weights_of(tmp_path / "back"))
    assert hf_classes(tmp_path / "back") == TAGS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "original"]
    tokens = [AutoTokenizer.from_pretrained(path)(TEXT)["input_ids"] for path in (folder, tmp_path / "back")]
    assert tokens[0] == tokens[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_import_opens_with_the_original_gone(classifier, tmp_path, kind):
    folder = classifier(kind)
    nlp = import_hf(str(folder), lang="fr")
    expected = our_logits(nlp)
    nlp.to_disk(tmp_path / "pipeline")
    shutil.rmtree(folder)
    loaded = spacy.load(tmp_path / "pipeline")
    assert np.array_equal(our_logits(loaded), expected)
    assert loaded.get_pipe("ner").labels == ("PER", "LOC")


@pytest.mark.parametrize("kind", KINDS)
def test_trained_on_here_it_predicts_the_same_there(classifier, tmp_path, kind):
    folder = classifier(kind)
    nlp = import_hf(str(folder), lang="fr")
    examples = make_examples(nlp)
    nlp.resume_training(sgd=build_adamw(1e-3))
    train(nlp, examples, build_adamw(1e-3), n_steps=2)
    assert nlp.get_pipe("ner").labels == ("PER", "LOC", "ORG"), "a label of the data alone is added"
    export_hf(nlp, tmp_path / "back")
    before, after = weights_of(folder), weights_of(tmp_path / "back")
    assert set(before) == set(after)
    moved = [
        name
        for name in before
        if before[name].shape != after[name].shape or (before[name] != after[name]).any()
    ]
    assert "classifier.weight" in moved and any("layer" in name for name in moved)
    classes = hf_classes(tmp_path / "back")
    assert classes == [*TAGS, "B-ORG", "I-ORG"]
    np.testing.assert_allclose(
        logits_by_class(nlp, classes), hf_token_logits(tmp_path / "back", nlp(TEXT)), atol=1e-5
    )


def test_trained_by_spacy_train_it_predicts_the_same_there(classifier, tmp_path):
    from spacy.tokens import DocBin
    from spacy.training.initialize import init_nlp
    from spacy.training.loop import train as spacy_train

    imported = import_hf(str(classifier()), lang="fr")
    DocBin(docs=[eg.reference for eg in make_examples(imported)]).to_disk(tmp_path / "train.spacy")
    imported.to_disk(tmp_path / "imported")
    config = imported.config.copy()
    config["components"] = {name: {"source": str(tmp_path / "imported")} for name in imported.pipe_names}
    for part in ("train", "dev"):
        config["paths"][part] = str(tmp_path / "train.spacy")
    config["training"].update(
        max_steps=2, eval_frequency=2, optimizer={"@optimizers": "spacy-bertfam.AdamW.v1"}
    )
    (tmp_path / "trained").mkdir()
    spacy_train(init_nlp(config), tmp_path / "trained")
    nlp = spacy.load(tmp_path / "trained" / "model-last")
    export_hf(nlp, tmp_path / "back")
    classes = hf_classes(tmp_path / "back")
    assert not np.array_equal(our_logits(nlp), our_logits(imported))
    np.testing.assert_allclose(
        logits_by_class(nlp, classes), hf_token_logits(tmp_path / "back", nlp(TEXT)), atol=1e-5
    )


@pytest.mark.parametrize("scheme", ["BIOES", "BILUO", "IOB2", "IO"])
def test_a_pipeline_trained_here_opens_in_pipeline_ner(tiny_encoder, tmp_path, scheme):
    nlp = shared_pipeline(tiny_encoder("bert"), scheme=scheme)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    train(nlp, examples, n_steps=3)
    assert export_hf(nlp, tmp_path / "out") == []
    classes = nlp.get_pipe("ner").tag_set.tags
    assert hf_classes(tmp_path / "out") == classes
    np.testing.assert_allclose(our_logits(nlp), hf_token_logits(tmp_path / "out", nlp(TEXT)), atol=1e-5)
    ner = pipeline("ner", model=str(tmp_path / "out"), tokenizer=str(tmp_path / "out"), ignore_labels=[])
    assert {piece["entity"] for piece in ner(TEXT)} <= set(classes)
    again = import_hf(str(tmp_path / "out"), lang="fr")
    assert np.array_equal(our_logits(again), our_logits(nlp))


def test_a_head_with_an_encoder_of_its_own_is_exported(tiny_encoder, tmp_path):
    nlp = own_pipeline(encoder_config(tiny_encoder("bert")))
    nlp.initialize(lambda: make_examples(nlp))
    export_hf(nlp, tmp_path / "out")
    np.testing.assert_allclose(our_logits(nlp), hf_token_logits(tmp_path / "out", nlp(TEXT)), atol=1e-5)


def test_of_two_encoders_the_one_that_the_component_reads_is_exported(tiny_encoder, tmp_path):
    nlp = spacy.blank("fr")
    for name, kind in (("other", "roberta"), ("mine", "bert")):
        nlp.add_pipe("bertfam_encoder", name=name, config={"model": encoder_config(tiny_encoder(kind))})
    listener = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "mine"}
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head_config(listener)})
    nlp.initialize(lambda: make_examples(nlp))
    export_hf(nlp, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf8"))["model_type"] == "bert"


def test_modernbert_with_a_linear_head_is_not_given_a_made_up_layer(tiny_encoder, tmp_path):
    nlp = shared_pipeline(tiny_encoder("modernbert"))
    nlp.initialize(lambda: make_examples(nlp))
    with pytest.raises(
        CheckpointError, match=r"differ \(head.dense.weight, head.norm.weight\).*PredictionClassifier"
    ):
        export_hf(nlp, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_the_encoder_alone_opens_as_auto_model(classifier, tmp_path):
    folder = classifier()
    export_hf(import_hf(str(folder)), tmp_path / "encoder", encoder_only=True)
    network, found = AutoModel.from_pretrained(
        tmp_path / "encoder", output_loading_info=True, add_pooling_layer=False
    )
    assert not found["missing_keys"]
    before = AutoModel.from_pretrained(folder, add_pooling_layer=False).state_dict()
    check_equal_weights(before, network.state_dict())
    card = (tmp_path / "encoder" / "README.md").read_text(encoding="utf8")
    assert "pipeline_tag: feature-extraction" in card and "## Labels" not in card


def test_another_pooling_is_noted(tiny_encoder, tmp_path):
    nlp = own_pipeline(encoder_config(tiny_encoder("bert"), pooling="mean"))
    nlp.initialize(lambda: make_examples(nlp))
    (note,) = export_hf(nlp, tmp_path / "out")
    assert "pools by 'mean'" in note


def test_learned_transitions_are_noted(tiny_encoder, tmp_path):
    tok2vec = encoder_config(tiny_encoder("bert"))
    nlp = own_pipeline(tok2vec)
    model = {"@architectures": "spacy-bertfam.CRFTokenClassifier.v1", "tok2vec": tok2vec}
    nlp.replace_pipe("ner", "bertfam_ner", config={"model": model})
    nlp.initialize(lambda: make_examples(nlp))
    (note,) = export_hf(nlp, tmp_path / "out")
    assert "learned transitions between tags have no place" in note
    np.testing.assert_allclose(our_logits(nlp), hf_token_logits(tmp_path / "out", nlp(TEXT)), atol=1e-5)


def test_the_card_has_labels_and_scores(classifier, tmp_path):
    nlp = import_hf(str(classifier()), lang="fr")
    nlp.meta["performance"] = {
        "ents_p": 0.5, "ents_r": 0.25, "ents_f": 1 / 3, "ents_per_type": {"PER": {"p": 1.0, "r": 0.5, "f": 2 / 3}},
    }  # fmt: skip
    export_hf(nlp, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf8")
    assert card.startswith("---\nlanguage: fr\n") and "PER, LOC in the scheme IOB" in card
    assert "| all | 0.500 | 0.250 | 0.333 |\n| PER | 1.000 | 0.500 | 0.667 |" in card


def test_map_names_are_those_of_the_export(classifier, tmp_path):
    folder = classifier(tags=["LABEL_0", "LABEL_1", "LABEL_2"])
    with pytest.raises(CheckpointError, match="--map LABEL_0=O"):
        import_hf(str(folder))
    nlp = import_hf(str(folder), mapping={"LABEL_0": "O", "LABEL_1": "B-PER", "LABEL_2": "I-PER"})
    export_hf(nlp, tmp_path / "back")
    assert hf_classes(tmp_path / "back") == ["O", "B-PER", "I-PER"]
    check_equal_weights(weights_of(folder), weights_of(tmp_path / "back"))


def test_a_tag_that_the_checkpoint_lacks_is_never_predicted_nor_exported(classifier, tmp_path):
    tags = ["O", "B-PER", "I-PER", "E-PER", "S-PER", "B-MISC", "I-MISC", "E-MISC"]
    folder = classifier(tags=tags)
    nlp = import_hf(str(folder), lang="fr")
    row = nlp.get_pipe("ner").tag_set.tag_to_id["S-MISC"]
    assert (our_logits(nlp)[:, row] == -30.0).all()
    assert not [ent for ent in nlp(TEXT).ents if ent.label_ == "MISC" and len(ent) == 1]
    export_hf(nlp, tmp_path / "back")
    assert hf_classes(tmp_path / "back") == tags
    check_equal_weights(weights_of(folder), weights_of(tmp_path / "back"))


def test_classes_of_special_pieces_are_no_labels_and_the_rows_of_the_others_go_back(
    classifier, tmp_path, caplog
):
    folder = classifier(tags=["[PAD]", "B-PER", "X", "I-PER", "O", "[CLS]", "[SEP]"])
    nlp = import_hf(str(folder), lang="fr")
    assert "[PAD], X, [CLS], [SEP] are no labels" in caplog.text
    assert nlp.get_pipe("ner").labels == ("PER",)
    nlp.to_disk(tmp_path / "pipeline")
    export_hf(spacy.load(tmp_path / "pipeline"), tmp_path / "back")
    assert hf_classes(tmp_path / "back") == ["B-PER", "I-PER", "O"]
    before, after = weights_of(folder), weights_of(tmp_path / "back")
    for name in ("classifier.weight", "classifier.bias"):
        assert torch.equal(before.pop(name)[[1, 3, 4]], after.pop(name))
    check_equal_weights(before, after)


def test_a_scheme_without_any_ends_is_refused(classifier):
    with pytest.raises(CheckpointError, match="No class of the checkpoint begins with E- or S-"):
        import_hf(str(classifier()), scheme="BIOES")


def edit_config(folder, **values):
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf8"))
    config.update(values)
    path.write_text(json.dumps(config), encoding="utf8")


def edit_weights(folder, *, add=None, drop=()):
    state = {name: tensor for name, tensor in weights_of(folder).items() if name not in drop}
    save_file({**state, **(add or {})}, folder / "model.safetensors", metadata={"format": "pt"})


REFUSED = {
    "a layer of its own kind": (
        lambda folder: edit_weights(folder, add={"lstm.weight_ih": torch.zeros(2, 2)}),
        r"BertForTokenClassification .*has layers that are not known here \(lstm.weight_ih\).*not loaded in part",
    ),
    "a CRF": (
        lambda folder: edit_weights(folder, add={"crf.transitions": torch.zeros(5, 5)}),
        r"not known here \(crf.transitions\)",
    ),
    "no token classifier": (
        lambda folder: edit_config(folder, architectures=["BertForMaskedLM"]),
        r"is a BertForMaskedLM: it has no head that is known here.*configs/ner_shared.cfg",
    ),
    "another number of rows": (
        lambda folder: edit_config(folder, id2label={str(i): tag for i, tag in enumerate(TAGS[:3])}, label2id={}),
        r"names 3 classes, but the head has 5 rows",
    ),
    "no classifier": (
        lambda folder: edit_weights(folder, drop=["classifier.weight", "classifier.bias"]),
        r"BertForTokenClassification without classifier.bias, classifier.weight",
    ),
    "an encoder with a hole": (
        lambda folder: edit_weights(folder, drop=["bert.encoder.layer.1.output.dense.weight"]),
        r"1 weights of BertModel are missing \((bert.)?encoder.layer.1.output.dense.weight\)",
    ),
    "an architecture that is no name": (
        lambda folder: edit_config(folder, architectures=[3]),
        r"sets architectures to \[3\]; expected a list of strings",
    ),
    "a weight that is no number": (
        lambda folder: edit_weights(folder, add={"classifier.bias": torch.tensor([0, 0, NAN, 0, 0])}),
        r"the weight classifier.bias of the head has numbers that are not finite",
    ),
    "a head of another width": (
        lambda folder: edit_weights(folder, add={"classifier.weight": torch.zeros(5, 7)}),
        r"no BertForTokenClassification can be made of these weights.*\[5, 7\].*\[5, 32\]",
    ),
    "a bias of another shape": (
        lambda folder: edit_weights(folder, add={"classifier.bias": torch.zeros(5, 1)}),
        r"no BertForTokenClassification can be made of these weights.*\[5, 1\].*\[5\]",
    ),
    "many ids with a gap": (
        lambda folder: edit_config(folder, id2label={str(2 * i): f"B-{i}" for i in range(1000)}),
        r"^.{,400}have a gap: 1000 classes, but no id 1 among \[0, 2, .{,300}$",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_carried_over_whole_is_refused_by_name(classifier, change, sentence):
    folder = classifier()
    change(folder)
    with pytest.raises(CheckpointError, match=sentence):
        import_hf(str(folder))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: edit_weights(folder, add={"head.dense.weight": torch.zeros(32, 7)}), r"made of.*\[32, 7\]"),
        (lambda folder: edit_config(folder, norm_eps=0.0), r"eps is 0.0; expected a little more than 0"),
        (lambda folder: edit_config(folder, norm_eps=1e-60), r"eps is 1e-60; expected a little more than 0"),
        (lambda folder: edit_config(folder, norm_eps=1e300), r"1e\+300"),
    ],
)  # fmt: skip
def test_modernberts_head_that_would_fail_at_a_text_is_refused(classifier, change, sentence):
    folder = classifier("modernbert")
    change(folder)
    with pytest.raises(UserError, match=sentence):
        import_hf(str(folder))


def test_another_activation_in_modernberts_head_is_refused(classifier):
    folder = classifier("modernbert")
    edit_config(folder, classifier_activation="relu")
    with pytest.raises(CheckpointError, match="has the activation 'relu'; expected 'gelu'"):
        import_hf(str(folder))


def test_export_names_what_it_cannot_export(classifier, tmp_path):
    nlp = import_hf(str(classifier()))
    nlp.add_pipe("entity_ruler")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf8")
    blank = spacy.blank("fr")
    blank.add_pipe("sentencizer")
    for pipe, out, options, sentence in (
        (nlp, "out", {"component": "nar"}, "'nar' was asked for, the pipeline has ner"),
        (
            nlp,
            "out",
            {"component": "entity_ruler"},
            "bertfam_qa or textcat, 'entity_ruler' was asked for",
        ),
        (nlp, "full", {}, "full exists already; expected a new folder"),
        (blank, "out", {"encoder_only": True}, r"\(sentencizer\) has no encoder"),
    ):
        with pytest.raises(UserError, match=sentence):
            export_hf(pipe, tmp_path / out, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "original"]


def test_an_export_opens_for_who_has_only_transformers(classifier, tmp_path):
    export_hf(import_hf(str(classifier())), tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "README.md",
    } <= names
    assert not [name for name in names if name.endswith((".bin", ".pkl", ".py"))]
    _, found = AutoModelForTokenClassification.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not found["missing_keys"] and not found["unexpected_keys"]
