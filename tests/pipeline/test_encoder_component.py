"""`bertfam_encoder`: what it leaves on the Doc, in its folder, and in its listeners."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from small_corpus import CNN, TEXTS, encoder_config, make_examples, shared_pipeline
from spacy.language import Language
from spacy.training import Example
from tiny.folder import make_tiny_encoder


@pytest.fixture
def encoder_only(folder: Path) -> Language:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    nlp.initialize()
    return nlp


def test_tensor_has_one_row_for_each_token(encoder_only: Language) -> None:
    docs = list(encoder_only.pipe([*TEXTS, "", " \n "]))
    assert [doc.tensor.shape for doc in docs] == [(len(doc), 32) for doc in docs]
    assert all(np.abs(row).max() > 0 for doc in docs[:-2] for row in doc.tensor)


def test_doc_vector_is_the_mean_of_the_tensor(encoder_only: Language) -> None:
    doc = encoder_only(TEXTS[0])
    assert doc.has_vector
    np.testing.assert_allclose(doc.vector, doc.tensor.mean(axis=0), rtol=1e-5)
    assert doc.similarity(encoder_only(TEXTS[0])) == pytest.approx(1.0, abs=1e-6)


def test_doc_cleaner_behind_the_last_head_drops_the_tensor(trained: Language) -> None:
    trained.add_pipe("doc_cleaner")
    doc = trained(TEXTS[0])
    assert doc.tensor is None
    assert doc.ents


def test_a_kept_doc_does_not_keep_the_vectors_of_its_batch(encoder_only: Language) -> None:
    docs = list(encoder_only.pipe(TEXTS))
    assert all(doc.tensor.base is None or doc.tensor.base.size == doc.tensor.size for doc in docs)


def test_tensor_of_a_doc_does_not_depend_on_its_batch(encoder_only: Language) -> None:
    together = {doc.text: doc.tensor for doc in encoder_only.pipe([*TEXTS, "", "mot " * 300])}
    for text in TEXTS:
        np.testing.assert_allclose(together[text], encoder_only(text).tensor, atol=1e-5)


@pytest.mark.parametrize("texts", [[""], ["", ""], [" "], ["\n\n\t", ""], ["", "Paris ."]])
def test_update_takes_batches_without_tokens(folder: Path, texts: list[str]) -> None:
    nlp = shared_pipeline(folder)
    nlp.initialize(lambda: make_examples(nlp))
    examples = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in texts]
    losses = nlp.update(examples, sgd=nlp.resume_training())
    assert losses == {"encoder": 0.0, "ner": 0.0}
    assert [doc.ents for doc in nlp.pipe(["", " ", "\n"])] == [(), (), ()]


def test_initialize_leaves_the_checkpoint_as_it_is(encoder_only: Language, folder: Path) -> None:
    from transformers import AutoModel

    network = AutoModel.from_pretrained(folder)
    ours = encoder_only.get_pipe("encoder").model.shims[0]._model
    expected = dict(network.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter, expected[name], rtol=0, atol=0)


def test_prediction_before_initialize_says_what_to_call(folder: Path) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", config={"model": encoder_config(folder)})
    with pytest.raises(ValueError, match=r"no weights yet.*nlp\.initialize"):
        nlp("Paris .")


def test_another_architecture_is_refused_with_the_one_to_use() -> None:
    nlp = spacy.blank("fr")
    with pytest.raises(ValueError, match=r"'encoder' \(bertfam_encoder\).*spacy-bertfam\.Encoder\.v1"):
        nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": CNN})


def test_listener_takes_its_width_from_the_encoder(tmp_path: Path) -> None:
    nlp = shared_pipeline(make_tiny_encoder("bert", tmp_path / "wide", hidden_size=48))
    nlp.initialize(lambda: make_examples(nlp))
    ner = nlp.get_pipe("ner").model
    assert ner.get_ref("tok2vec").get_dim("nO") == 48
    assert ner.get_ref("output_layer").get_dim("nI") == 48


def test_folder_opens_in_transformers_and_gives_the_same_network(trained: Language, tmp_path: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    trained.to_disk(tmp_path)
    network = AutoModel.from_pretrained(tmp_path / "encoder").eval()
    pieces = AutoTokenizer.from_pretrained(tmp_path / "encoder")("Brest", return_tensors="pt")
    with torch.inference_mode():
        expected = network(pieces["input_ids"]).last_hidden_state[0, 1].numpy()
    np.testing.assert_allclose(trained("Brest")[:1].doc.tensor[0], expected, atol=1e-5)


def test_folder_does_not_tell_where_the_weights_came_from(folder: Path, tmp_path: Path) -> None:
    nlp = shared_pipeline(folder)
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path / "saved")
    files = [path for path in (tmp_path / "saved" / "encoder").rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert str(folder).encode() not in content, path.name
        assert str(tmp_path).encode() not in content, path.name


def test_saved_pipeline_loads_when_the_checkpoint_is_gone(tmp_path: Path) -> None:
    source = make_tiny_encoder("bert", tmp_path / "source")
    nlp = shared_pipeline(source)
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path / "saved")
    shutil.rmtree(source)
    reloaded = spacy.load(tmp_path / "saved")
    np.testing.assert_array_equal(reloaded(TEXTS[0]).tensor, nlp(TEXTS[0]).tensor)


def test_saving_again_replaces_every_file_and_leaves_nothing_beside(
    trained: Language, tmp_path: Path
) -> None:
    trained.to_disk(tmp_path)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    parameter = next(trained.get_pipe("encoder").model.shims[0]._model.parameters())
    with torch.no_grad():
        parameter.add_(0.5)
    trained.to_disk(tmp_path)
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    np.testing.assert_array_equal(spacy.load(tmp_path)(TEXTS[0]).tensor, trained(TEXTS[0]).tensor)


def test_a_save_that_fails_leaves_the_older_weights_whole(
    trained: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained.to_disk(tmp_path)
    before = (tmp_path / "encoder" / "model.safetensors").read_bytes()
    encoder = trained.get_pipe("encoder")

    def fail_halfway(path: Path, *args: object, **options: object) -> None:
        Path(path, "model.safetensors").write_bytes(before[: len(before) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(encoder.model.shims[0]._model, "save_pretrained", fail_halfway)
    with pytest.raises(KeyboardInterrupt):
        trained.to_disk(tmp_path)
    assert (tmp_path / "encoder" / "model.safetensors").read_bytes() == before
    assert json.loads((tmp_path / "encoder" / "config.json").read_text(encoding="utf8"))
    assert spacy.load(tmp_path)(TEXTS[0]).ents
