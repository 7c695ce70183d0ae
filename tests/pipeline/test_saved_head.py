"""What is wrong with a saved recognizer is said when it is loaded, not at its first text."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import srsly
from small_corpus import CNN, TEXTS, all_scores, encoder_config, head_config, make_examples, shared_pipeline
from spacy.language import Language

from spacy_bertfam.errors import UserError
from spacy_bertfam.heads.prediction_layer import prediction_layer
from spacy_bertfam.hub.import_hf import import_hf
from spacy_bertfam.pipeline.ner import BertfamNER

CRF = "spacy-bertfam.CRFTokenClassifier.v1"
CRF_MODEL = {**head_config({"@architectures": "spacy-bertfam.EncoderListener.v1"}), "@architectures": CRF}


@pytest.fixture
def saved(trained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained_folder, tmp_path / "pipeline")


def change_cfg(saved: Path, **settings: Any) -> None:
    path = saved / "ner" / "cfg"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf8")), **settings}), encoding="utf8")


def change_weights(saved: Path, change: Callable[[dict[str, Any]], None], layer: str = "linear") -> None:
    """Let `change` write to the parameters of a layer."""
    path = saved / "ner" / "model"
    content = srsly.msgpack_loads(path.read_bytes())
    [index] = [node["index"] for node in content["nodes"] if node["name"] == layer]
    parameters = {name: np.array(array) for name, array in content["params"][index].items()}
    change(parameters)
    content["params"][index] = parameters
    path.write_bytes(srsly.msgpack_dumps(content))


def spoil(name: str, value: float) -> Callable[[dict[str, Any]], None]:
    def change(parameters: dict[str, Any]) -> None:
        parameters[name].flat[3] = value

    return change


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -1e30])
@pytest.mark.parametrize("name", ["W", "b"])
def test_a_weight_that_is_no_finite_number(saved: Path, name: str, value: float) -> None:
    change_weights(saved, spoil(name, value))
    with pytest.raises(
        UserError, match=rf"'ner' in .*ner: It has numbers that.*'{name}' of the layer 'linear'.*`model`"
    ):
        spacy.load(saved)


def test_so_in_bytes(trained: Language) -> None:
    W = trained.get_pipe("ner").model.get_ref("output_layer").get_param("W")
    W[2, 5] = float("nan")
    content = trained.to_bytes()
    with pytest.raises(UserError, match=r"'ner' in its bytes: It has numbers.*the weight 'W'"):
        spacy.blank("fr").from_config(trained.config).from_bytes(content)


@pytest.mark.parametrize("name", ["between", "start", "end"])
def test_a_transition_that_is_no_finite_number(folder: Path, tmp_path: Path, name: str) -> None:
    nlp = shared_pipeline(folder, model=CRF_MODEL)
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path)
    change_weights(tmp_path, spoil(name, float("nan")), layer="transitions")
    with pytest.raises(UserError, match=rf"the weight '{name}' of the layer 'transitions'"):
        spacy.load(tmp_path)


def test_a_head_of_spacy_on_the_same_encoder(trained: Language, tmp_path: Path) -> None:
    tok2vec = {"@architectures": "spacy-bertfam.EncoderListener.v1"}
    trained.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}})
    examples = make_examples(trained)
    for eg in examples:
        for token in eg.reference:
            token.tag_ = "X" if token.is_title else "Y"
    trained.get_pipe("tagger").initialize(lambda: examples, nlp=trained)
    softmax = trained.get_pipe("tagger").model.get_ref("softmax")
    softmax.set_param("W", np.where(softmax.get_param("W") == 0, np.float32("nan"), 0))
    trained.to_disk(tmp_path)
    with pytest.raises(
        UserError, match=r"'tagger' has numbers that are not finite.* the weight 'W' of the layer 'softmax'"
    ):
        spacy.load(tmp_path)


def longer(parameters: dict[str, Any]) -> None:
    for name in ("W", "b"):
        parameters[name] = np.concatenate([parameters[name], parameters[name][:1]])


def narrower(parameters: dict[str, Any]) -> None:
    parameters["W"] = parameters["W"][:, :-1]


def one_bias_less(parameters: dict[str, Any]) -> None:
    parameters["b"] = parameters["b"][:-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            longer,
            r"its weights have 14 rows, and its labels \(LOC, ORG, PER\) in the scheme BIOES have 13 tags",
        ),
        (narrower, "no .*, the kind of head that the config asks for, can be made of it"),
        (one_bias_less, "no .*, the kind of head that the config asks for, can be made of it"),
    ],
)
def test_weights_of_another_size(saved: Path, change: Callable[[dict[str, Any]], None], message: str) -> None:
    change_weights(saved, change)
    with pytest.raises(UserError, match=message):
        spacy.load(saved)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels": ["PER"]}, r"its weights have 13 rows, and its labels \(PER\).* have 5 tags"),
        ({"labels": ["A", "B", "C", "D"]}, "have 17 tags"),
        ({"labels": "PER"}, r"labels is 'PER'; expected a list of names"),
        ({"labels": {"PER": 1}}, "labels is"),
        ({"labels": None}, "labels is None"),
        ({"labels": ["PER", 7]}, "labels is"),
        ({"labels": ["PER", ""]}, "labels is"),
        ({"labels": ["PER", "LOC", "PER"]}, "labels has PER more than once"),
        ({"scheme": "BIO"}, "Unknown tag scheme 'BIO'"),
        ({"scheme": ["BIOES"]}, "Unknown tag scheme"),
        ({"scheme": "IOB2"}, "have 7 tags"),
    ],
)
def test_settings_that_are_not_those_of_the_weights(
    saved: Path, settings: dict[str, Any], message: str
) -> None:
    change_cfg(saved, **settings)
    with pytest.raises(UserError, match=f"'ner' in .*{message}"):
        spacy.load(saved)


@pytest.mark.parametrize("content", ["[1]", "{", '"x"', "null"])
def test_settings_that_are_none(saved: Path, content: str) -> None:
    (saved / "ner" / "cfg").write_text(content, encoding="utf8")
    with pytest.raises(UserError, match=r"'ner' in |ner.cfg \(?(holds|is)"):
        spacy.load(saved)


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x81\xa5nodes\x90", b"\x93\x01\x02\x03"])
def test_weights_that_are_none(saved: Path, content: bytes) -> None:
    (saved / "ner" / "model").write_bytes(content)
    with pytest.raises(UserError, match=r"can be made of it|is no msgpack object|is cut off"):
        spacy.load(saved)


def test_another_scheme_at_load_is_refused(saved: Path) -> None:
    with pytest.raises(
        UserError, match=r"'ner' in .*scheme 'BIOES', and 'IOB2' is asked for.*leave `scheme` out"
    ):
        spacy.load(saved, config={"components": {"ner": {"scheme": "IOB2"}}})
    assert all_scores(spacy.load(saved, config={"components": {"ner": {"scheme": "BIOES"}}}))


def test_so_it_is_for_a_pipeline_of_an_earlier_version(saved: Path) -> None:
    path = saved / "ner" / "cfg"
    cfg = json.loads(path.read_text(encoding="utf8"))
    del cfg["scheme_setting"]
    path.write_text(json.dumps(cfg), encoding="utf8")
    expected = all_scores(spacy.load(saved))
    with pytest.raises(UserError, match="'IOB2' is asked for"):
        spacy.load(saved, config={"components": {"ner": {"scheme": "IOB2"}}})
    spacy.load(saved).to_disk(saved)
    assert all_scores(spacy.load(saved)) == expected


def test_a_head_that_was_taken_over_has_a_scheme_of_its_own(
    tiny_token_classifier: Callable[[str, list[str]], Path], tmp_path: Path
) -> None:
    labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    nlp = import_hf(tiny_token_classifier("bert", labels))
    assert nlp.get_pipe("ner").tag_set.scheme != "BIOES"
    nlp.config["components"]["ner"]["scheme"] = nlp.get_pipe("ner").cfg["scheme_setting"]
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert all_scores(again) == all_scores(nlp)
    with pytest.raises(UserError, match="'BILUO' is asked for"):
        spacy.load(tmp_path, config={"components": {"ner": {"scheme": "BILUO"}}})


def test_another_architecture_at_load_is_refused(saved: Path) -> None:
    with pytest.raises(UserError, match=r"can be made of it.*leave the architecture"):
        spacy.load(saved, config={"components.ner.model.@architectures": CRF})


def test_labels_that_are_one_word_in_the_config(folder: Path) -> None:
    nlp = shared_pipeline(folder)
    nlp.config["initialize"]["components"] = {"ner": {"labels": "PER"}}
    with pytest.raises(UserError, match=r"'ner': labels is 'PER'; expected a list of names"):
        nlp.initialize(lambda: make_examples(nlp))


def test_a_prediction_layer_with_a_setting_that_makes_nan(folder: Path, tmp_path: Path) -> None:
    model = {**head_config(CNN), "@architectures": "spacy-bertfam.PredictionClassifier.v1"}
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": model})
    nlp.initialize(lambda: make_examples(nlp))
    nlp.get_pipe("ner").model.get_ref("prediction_layer").attrs["eps"] = -1.0
    nlp.to_disk(tmp_path)
    with np.errstate(invalid="ignore"), pytest.raises(UserError, match="a setting that makes NaN"):
        spacy.load(tmp_path)


@pytest.mark.parametrize("eps", [-1.0, 0.0, float("nan")])
def test_such_a_setting_in_the_config(eps: float) -> None:
    with pytest.raises(UserError, match=r"eps is .*; expected a little more than 0"):
        prediction_layer(eps=eps)


# -- in memory


def test_scores_that_are_not_finite_are_said(trained: Language) -> None:
    W = trained.get_pipe("ner").model.get_ref("output_layer").get_param("W")
    W[4] = float("nan")
    for texts in (TEXTS[:1], TEXTS):
        with pytest.raises(UserError, match=r"'ner': the scores of the tags are not finite numbers"):
            list(trained.pipe(texts))


def test_transitions_that_are_not_finite_are_said(folder: Path) -> None:
    nlp = shared_pipeline(folder, model=CRF_MODEL)
    nlp.initialize(lambda: make_examples(nlp))
    nlp.get_pipe("ner").model.get_ref("transitions").get_param("between")[0, 1] = float("inf")
    with pytest.raises(UserError, match=r"'ner': the scores of the tags are not finite numbers"):
        nlp(TEXTS[0])


@pytest.mark.parametrize("temperature", [float("nan"), float("inf"), 0.0, -1.0])
def test_a_temperature_that_is_no_number(trained: Language, trained_folder: Path, temperature: float) -> None:
    trained.get_pipe("ner").temperature = temperature
    with pytest.raises(UserError, match=r"'ner': temperature is .*; expected a finite number above 0"):
        trained(TEXTS[0])
    with pytest.raises(UserError, match=r"'ner': temperature is"):
        BertfamNER(trained.vocab, trained.get_pipe("ner").model, temperature=temperature)


@pytest.mark.parametrize("min_score", [float("nan"), 1.5])
def test_a_least_score_that_is_none(trained: Language, min_score: float) -> None:
    trained.get_pipe("ner").min_score = min_score
    with pytest.raises(UserError, match=r"'ner': min_score is .*; expected 0 to 1"):
        trained(TEXTS[0])


@pytest.mark.parametrize("own", [True, False])
def test_categories_whose_scores_are_not_finite_are_said(folder: Path, tmp_path: Path, own: bool) -> None:
    listener = {"@architectures": "spacy-bertfam.EncoderListener.v1"}
    model = {
        "@architectures": "spacy-bertfam.TextCatClassifier.v1",
        "tok2vec": encoder_config(folder) if own else listener,
        "exclusive_classes": True,
    }
    nlp = spacy.blank("fr")
    if not own:
        nlp.add_pipe("bertfam_encoder", config={"model": encoder_config(folder)})
    nlp.add_pipe("textcat", config={"model": model})
    examples = make_examples(nlp)
    for eg in examples:
        eg.reference.cats = {"X": float(len(eg.reference.ents) > 1), "Y": float(len(eg.reference.ents) < 2)}
    nlp.initialize(lambda: examples)
    nlp.get_pipe("textcat").model.get_ref("output_layer").get_param("b")[0] = float("nan")
    with pytest.raises(UserError, match="scores of the labels are not finite"):
        nlp(TEXTS[0])
    nlp.to_disk(tmp_path)
    with pytest.raises(UserError, match=r"not finite"):
        spacy.load(tmp_path)(TEXTS[0])
