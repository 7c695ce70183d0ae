"""A network for answers of each kind of pair into `bertfam_qa`, and back."""

import numpy as np
import pytest
import spacy
import torch
from safetensors.torch import load_file
from small_corpus import encoder_config
from spacy.training import Example
from tiny.folder import make_tiny_answerer
from tiny.rebuilt import skip_where_rebuilt
from transformers import AutoModelForQuestionAnswering, AutoTokenizer
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.data.pairs import make_pair
from spacy_bertfam.errors import UserError
from spacy_bertfam.hub.export_hf import export_hf
from spacy_bertfam.hub.import_hf import import_hf

QUESTION, TEXT = "Qui est allée à Rouen ?", "Marie Vasseur est allée à Rouen avec Zoé, hier."


def our_scores(nlp):
    """Start and end for no answer, and for each token of the text."""
    pair = make_pair(nlp.make_doc(QUESTION), nlp.make_doc(TEXT), nlp.vocab)
    return nlp.get_pipe("qa").model.predict([pair])[0]


def hf_scores(folder, doc):
    """The same of transformers: a start at a token's first piece, an end at its last one."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(QUESTION, TEXT, return_tensors="pt", return_offsets_mapping=True)
    offsets, owners = inputs.pop("offset_mapping")[0].tolist(), inputs.sequence_ids(0)
    with torch.no_grad():
        output = AutoModelForQuestionAnswering.from_pretrained(folder).eval()(**inputs)
    starts, ends = output.start_logits[0].numpy(), output.end_logits[0].numpy()
    rows = [(starts[0], ends[0])]
    for token in doc:
        last = token.idx + len(token) - 1
        own = [
            i
            for i, (start, end) in enumerate(offsets)
            if owners[i] == 1 and start <= last and end > token.idx and TEXT[start:end].strip()
        ]
        rows.append((starts[own[0]], ends[own[-1]]))
    return np.array(rows)


@pytest.mark.parametrize("kind", ["bert", "camembert", "electra", "xlm-roberta"])
def test_scores_of_a_pair_are_those_of_transformers_and_the_way_back_is_equal(tmp_path, kind):
    skip_where_rebuilt(kind)
    folder = make_tiny_answerer(kind, tmp_path / "original")
    nlp = import_hf(str(folder), lang="fr")
    expected = hf_scores(folder, nlp.make_doc(TEXT))
    assert expected.std() > 0.1
    np.testing.assert_allclose(our_scores(nlp), expected, atol=1e-5)
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved")
    assert np.array_equal(our_scores(loaded), our_scores(nlp))
    assert loaded.get_pipe("qa").ask([(QUESTION, TEXT)])[0][0].score > 0
    assert export_hf(loaded, tmp_path / "back") == []
    before, after = (load_file(path / "model.safetensors") for path in (folder, tmp_path / "back"))
    assert set(before) == set(after) and all(torch.equal(before[name], after[name]) for name in before)
    assert "pipeline_tag: question-answering" in (tmp_path / "back" / "README.md").read_text(encoding="utf8")


def test_modernberts_head_has_a_layer_too_many(tmp_path):
    folder = make_tiny_answerer("modernbert", tmp_path / "original")
    with pytest.raises(UserError, match=r"layers before the output \(hidden.weight, norm.weight\)"):
        import_hf(str(folder))


def test_the_command_says_what_it_made(tmp_path, monkeypatch):
    make_tiny_answerer("bert", tmp_path / "original")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["import-hf", "original", "out", "--component", "answers"])
    assert (result.exit_code, result.stdout) == (0, "out: answers\n")
    refused = CliRunner().invoke(app, ["import-hf", "original", "other", "--map", "start=begin"])
    assert refused.exit_code == 1 and "it has no tags. Expected no --scheme, and no --map" in refused.stderr


def test_answers_read_from_a_shared_encoder_have_no_place_there(tiny_encoder, tmp_path):
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(tiny_encoder("bert"))})
    listener = {"@architectures": "spacy-bertfam.EncoderListener.v1"}
    model = {"@architectures": "spacy-bertfam.SpanAnswerer.v1", "tok2vec": listener}
    nlp.add_pipe("bertfam_qa", name="qa", config={"model": model})
    pair = make_pair(nlp.make_doc(QUESTION), nlp.make_doc(TEXT), nlp.vocab)
    pair.spans["answers"] = [pair[-3:-2]]
    nlp.initialize(lambda: [Example(pair.copy(), pair)])
    with pytest.raises(UserError, match="'qa' reads answers from tokens of a shared encoder"):
        export_hf(nlp, tmp_path / "out")
