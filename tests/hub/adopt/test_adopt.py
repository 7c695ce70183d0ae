"""`bertfam adopt` on stand-ins of both generations: same vectors, same annotations, nothing old left."""

import json
import subprocess
import sys

import numpy
import pytest
import spacy
from small_corpus import make_examples
from spacy.util import load_config
from standins.generations import BOTH
from thinc.api import Adam
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.pieces.piece_scheme import SCHEME_FILE
from spacy_bertfam.hub.adopt.adopt import adopt
from spacy_bertfam.hub.adopt.compare import sample_texts
from spacy_bertfam.hub.adopt.listeners import listener_nodes

both = pytest.mark.parametrize("generation", BOTH)
ODD = {
    "fr": (
        "« Il pleut », dit-il, sur l'île d'Avignon (deux villes) — à 10 000 €…",
        "Saint-Étienne-du-Rouvray, Dupont-Durand et l’Œuvre : aujourd'hui?!",
        "  Deux  espaces,\nun saut de ligne ",
        "Rouen",
        "",
    ),
    "en": (
        "He said: \"It's the U.S.A.'s $5-a-day cafe (naïve, isn't it?)\" — don't.",
        "Mary Vance's offices... in St. Paul/London; e-mail a@b.com :-)",
        "  Two  spaces,\na line break",
        "Paris",
        "",
    ),
}
ANNOTATIONS = {"fr": {"POS", "MORPH", "DEP", "LEMMA"}, "en": {"TAG", "POS", "DEP", "LEMMA", "ENT_IOB"}}
# No module of the two packages, none of their entry points
READ_WITHOUT = """
import json, sys
from importlib import metadata
import catalogue
for name in ("spacy_transformers", "spacy_curated_transformers", "curated_transformers", "curated_tokenizers"):
    sys.modules[name] = None
class Points(list):
    def select(self, *, group):
        return [point for point in self if point.group == group]
catalogue.AVAILABLE_ENTRY_POINTS = Points(metadata.distribution("spacy-bertfam").entry_points)
import spacy
nlp = spacy.load(sys.argv[1])
print(json.dumps([[token.pos_, token.lemma_, token.head.i] for token in nlp(sys.argv[2])]))
"""


@pytest.mark.slow
@both
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_vectors_stay_and_so_does_every_annotation(lang, generation, standin):
    texts = [*sample_texts(lang), *ODD[lang][:2], *ODD[lang][3:]]
    nlp, difference = adopt(spacy.load(standin(lang, generation)), texts)
    assert (difference.n_texts, difference.n_longer) == (len(texts), 0)
    assert 0 < difference.in_window < 1e-4
    assert set(difference.equal) == ANNOTATIONS[lang]
    assert all(n_equal == n > 0 for n_equal, n in difference.equal.values())
    assert nlp.get_pipe_meta("transformer").factory == "bertfam_encoder"
    assert len({token.pos for text in texts for token in nlp(text)}) > 2, "the stand-in finds one thing only"


@both
def test_white_space_costs_the_other_tokens_nothing(generation, standin):
    text = ODD["fr"][2]
    nlp = spacy.load(standin("fr", generation))
    (before,) = nlp.get_pipe("transformer").pipe([nlp.make_doc(text)])
    old = listener_nodes(nlp.get_pipe("parser").model)[0].predict([before])[0]
    new = adopt(nlp, [text], tolerance=9).nlp(text).tensor
    words = [token.i for token in before if not token.is_space]
    assert numpy.abs(old - new)[words].max() < 1e-4


@both
def test_longer_texts_are_counted_apart(generation, standin):
    nlp = spacy.load(standin("fr", generation))
    _, difference = adopt(nlp, ["Il pleut sur les grandes villes.", "Il pleut à Rouen. " * 40])
    assert difference.n_longer == 1
    assert difference.in_window < 1e-4 < difference.in_longer


@pytest.mark.slow
@both
def test_the_command_writes_a_pipeline_that_needs_neither_package(generation, standin, tmp_path):
    old, out, text = standin("fr", generation), tmp_path / "new", "Il pleut sur les grandes villes de Brest."
    expected = [[token.pos_, token.lemma_, token.head.i] for token in spacy.load(old)(text)]
    (tmp_path / f"{out.name}.part").mkdir()
    (tmp_path / f"{out.name}.part" / "mine.txt").write_text("mine", encoding="utf8")
    result = CliRunner().invoke(app, ["adopt", str(old), str(out)])
    assert (tmp_path / f"{out.name}.part" / "mine.txt").is_file()
    assert result.exit_code == 0, result.output
    assert "texts of one window  largest difference" in result.output
    assert "lemmas                                 100.00% equal" in result.output
    assert {path.name for path in tmp_path.iterdir()} == {"new", "new.part"}
    command = [sys.executable, "-c", READ_WITHOUT, str(out), text]
    done = subprocess.run(command, capture_output=True, encoding="utf8", check=True, timeout=1200)
    assert json.loads(done.stdout.splitlines()[-1]) == expected


@both
def test_nothing_of_the_old_package_is_left_in_the_files(generation, standin, tmp_path):
    nlp = spacy.load(standin("fr", generation))
    nlp.config["initialize"]["components"]["transformer"] = {
        "encoder_loader": {"@model_loaders": "spacy-curated-transformers.HFTransformerEncoderLoader.v1"}
    }
    adopt(nlp, ["Il pleut."]).nlp.to_disk(tmp_path / "new")
    for name in ("config.cfg", "meta.json"):
        text = (tmp_path / "new" / name).read_text(encoding="utf8")
        assert "spacy-transformers" not in text and "curated" not in text, name
    components = load_config(tmp_path / "new" / "config.cfg")["components"]
    assert components["transformer"]["model"]["pooling"] == "mean"
    folder = tmp_path / "new" / "transformer"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in folder.iterdir()}


@both
def test_all_heads_train_on_with_the_encoder(generation, standin):
    nlp = adopt(spacy.load(standin("fr", generation)), ["Il pleut."]).nlp
    nlp.add_pipe("bertfam_ner", name="ner")
    examples = make_examples(nlp)
    with nlp.select_pipes(enable=["ner"]):
        nlp.initialize(lambda: examples)
    nlp._link_components()
    network = encoder_shim(nlp.get_pipe("transformer").model).loaded.network
    before = network.get_input_embeddings().weight.detach().clone()
    nlp.update(examples, sgd=False)
    for _, pipe in nlp.pipeline:
        if hasattr(pipe, "finish_update"):
            pipe.finish_update(Adam(0.01))
    assert not numpy.allclose(before, network.get_input_embeddings().weight.detach())


@pytest.mark.trf
@pytest.mark.parametrize("lang, has_file", [("fr", True), ("en", False)])
def test_a_space_in_the_offsets_is_remembered_where_there_is_one(lang, has_file, standin, tmp_path):
    adopt(spacy.load(standin(lang, "transformer")), ["Paris."]).nlp.to_disk(tmp_path / "new")
    assert (tmp_path / "new" / "transformer" / SCHEME_FILE).is_file() == has_file


@pytest.mark.curated
def test_a_recognizer_of_ours_is_rewired_too(standin):
    nlp = spacy.load(standin("fr", "curated_transformer"))
    nlp.add_pipe("bertfam_ner", name="ner")
    examples = make_examples(nlp)
    with nlp.select_pipes(enable=["ner"]):
        nlp.initialize(lambda: examples)
    text = "Marie Vasseur travaille à Rouen."
    before = [(ent.start, ent.end, ent.label_, ent._.score) for ent in nlp(text).ents]
    doc = adopt(nlp, [text]).nlp(text)
    assert [(ent.start, ent.end, ent.label_) for ent in doc.ents] == [ent[:3] for ent in before]
    assert [ent._.score for ent in doc.ents] == pytest.approx([ent[3] for ent in before], abs=1e-4)


def test_an_existing_folder_is_left_alone(tmp_path):
    result = CliRunner().invoke(app, ["adopt", "whatever", str(tmp_path)])
    assert result.exit_code == 1
    assert "exists already" in result.output


def test_a_pipeline_without_such_an_encoder_is_refused_by_its_components():
    nlp = spacy.blank("fr")
    nlp.add_pipe("sentencizer")
    with pytest.raises(ValueError, match=r"no encoders .* sentencizer \(sentencizer\); expected one"):
        adopt(nlp, ["Il pleut."])


@both
def test_vectors_that_differ_are_refused(generation, standin):
    with pytest.raises(ValueError, match=r"differ from those of the old one .* --tolerance"):
        adopt(spacy.load(standin("fr", generation)), ["Il pleut."], tolerance=0.0)
