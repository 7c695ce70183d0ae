"""Every architecture comes out of the export with torch's vectors, or is refused by name."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny.kinds import KINDS

from spacy_bertfam.encoder.checkpoint.checkpoint import without_weights
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.errors import UserError
from spacy_bertfam.optimize import export
from spacy_bertfam.optimize.export import export_graph

pytest.importorskip("onnx")
TEXTS = ["Zoé", "Anne-Marie vit à Rennes , près de la gare . " * 9, "", "Le maire de Saintes a signé ."]


def build(folder):
    from spacy_bertfam.encoder.model import build_encoder

    model = build_encoder(str(folder))
    model.initialize()
    return model


def compare(model, graph, docs):
    """The texts are of several lengths, so that windows are padded."""
    expected = np.concatenate(model.predict(docs))
    encoder_shim(model).use_graph(graph)
    np.testing.assert_allclose(np.concatenate(model.predict(docs)), expected, atol=1e-4)


@pytest.fixture
def docs():
    import spacy

    nlp = spacy.blank("fr")
    return [nlp(text) for text in TEXTS]


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_in_onnxruntime_are_those_of_torch(tiny_encoder, docs, kind):
    pytest.importorskip("onnxruntime")
    model = build(tiny_encoder(kind))
    compare(model, export_graph(encoder_shim(model).loaded, runtime="onnxruntime"), docs)


@pytest.mark.parametrize("kind", ["bert", "convbert"])
def test_a_graph_knows_without_weights_whether_windows_may_be_padded(tiny_encoder, tmp_path, docs, kind):
    pytest.importorskip("onnxruntime")
    model = build(tiny_encoder(kind))
    shim = encoder_shim(model)
    shim.use_graph(export_graph(shim.loaded, runtime="onnxruntime"))
    shim.take(without_weights(shim.loaded))
    shim.save(tmp_path)
    shim.load(tmp_path)
    assert shim.loaded.weights is None
    assert shim.loaded.reads_padding == (kind == "convbert")
    for doc, together in zip(docs, model.predict(docs), strict=True):
        np.testing.assert_allclose(model.predict([doc])[0], together, atol=1e-5)


@pytest.mark.parametrize("kind", ["bert", "camembert", "albert", "modernbert"])
def test_vectors_in_openvino_are_those_of_torch(tiny_encoder, docs, kind):
    pytest.importorskip("openvino")
    model = build(tiny_encoder(kind))
    compare(model, export_graph(encoder_shim(model).loaded, runtime="openvino"), docs)


def test_what_an_engine_cannot_run_is_refused_by_name(tiny_encoder, docs):
    """OpenVINO 2026.4 has no condition whose branches differ in rank; a later one may."""
    pytest.importorskip("openvino")
    model = build(tiny_encoder("deberta-v2"))
    try:
        graph = export_graph(encoder_shim(model).loaded, runtime="openvino")
    except UserError as error:
        assert "DebertaV2Model cannot run in openvino" in str(error) and "another --runtime" in str(error)
    else:
        compare(model, graph, docs)


def test_openvino_in_bf16_is_near_torch(tiny_encoder, docs):
    pytest.importorskip("openvino")
    model = build(tiny_encoder("bert"))
    expected = np.concatenate(model.predict(docs))
    graph = export_graph(encoder_shim(model).loaded, runtime="openvino")
    encoder_shim(model).use_graph(replace(graph, precision="bf16"))
    found = np.concatenate(model.predict(docs))
    assert np.linalg.norm(found - expected, axis=1).mean() < 0.03 * np.linalg.norm(expected, axis=1).mean()


def test_what_cannot_be_exported_is_refused_by_name(tiny_encoder, monkeypatch):
    pytest.importorskip("onnxruntime")

    def fail(*_, **__):
        raise RuntimeError("no symbol for aten::odd")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(UserError, match=r"BertModel cannot be exported .*no symbol for aten::odd"):
        export_graph(encoder_shim(build(tiny_encoder("bert"))).loaded, runtime="onnxruntime")


def test_a_graph_with_other_vectors_is_refused(tiny_encoder, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    from tiny.folder import make_tiny_encoder

    other = encoder_shim(build(make_tiny_encoder("bert", tmp_path / "other", seed=1))).loaded
    to_onnx = export._to_onnx
    monkeypatch.setattr(export, "_to_onnx", lambda checkpoint: to_onnx(other))
    with pytest.raises(UserError, match="BertModel comes out of the export different"):
        export_graph(encoder_shim(build(tiny_encoder("bert"))).loaded, runtime="onnxruntime")


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match=r'onnxruntime is not installed.*"spacy-bertfam\[onnx\]"'):
        export.require_engine("onnxruntime")


def test_the_graph_says_nothing_of_the_machine(tiny_encoder):
    pytest.importorskip("onnxruntime")
    content = export_graph(encoder_shim(build(tiny_encoder("bert"))).loaded, runtime="onnxruntime").content
    assert b"site-packages" not in content and str(tiny_encoder("bert")).encode() not in content


def test_a_network_with_dropout_predicts_as_before_behind_the_export(tiny_encoder, docs):
    pytest.importorskip("onnxruntime")
    model = build(tiny_encoder("bert"))
    network = encoder_shim(model).loaded.network
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.5
    before = np.concatenate(model.predict(docs))
    export_graph(encoder_shim(model).loaded, runtime="onnxruntime")
    assert not network.training
    np.testing.assert_array_equal(np.concatenate(model.predict(docs)), before)


class Strange(Exception):
    """As engines have them, of no kind that anyone knows."""


@pytest.mark.parametrize(
    "place", ["spacy_bertfam.optimize.optimize.quantize", "spacy_bertfam.optimize.optimize.run"]
)
def test_an_engines_own_error_is_a_sentence(plain, monkeypatch, place):
    """Whether a graph is made or run: of the two runs the second one is the engine's."""
    pytest.importorskip("onnxruntime")
    import spacy_bertfam.optimize.optimize as module

    name, calls = place.rpartition(".")[2], []
    works = getattr(module, name)

    def fail(*arguments, **options):
        calls.append(name)
        if name == "run" and len(calls) == 1:
            return works(*arguments, **options)
        raise Strange("[INVALID_ARGUMENT] : 2\n\nUnexpected input data type")

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(
        UserError,
        match=r"BertModel cannot run in onnxruntime int8 \(Strange: Unexpected input data type\); expected an",
    ):
        module.optimize(plain, module.Plan(precision="int8"))


def test_an_engine_that_fails_on_the_first_windows_is_named(tiny_encoder, monkeypatch):
    pytest.importorskip("onnxruntime")
    from spacy_bertfam.encoder.runtimes.onnx_runtime import OnnxRuntime

    def fail(*_, **__):
        raise Strange("no such shape")

    monkeypatch.setattr(OnnxRuntime, "__call__", fail)
    with pytest.raises(UserError, match=r"BertModel cannot run in onnxruntime \(Strange: no such shape\)"):
        export_graph(encoder_shim(build(tiny_encoder("bert"))).loaded, runtime="onnxruntime")


def test_a_longformer_is_refused_by_name_or_right(tiny_encoder, tmp_path, docs):
    """Its export holds the length of the text that it was traced with: onnxruntime fails on shorter ones."""
    pytest.importorskip("onnxruntime")
    from shutil import copytree, ignore_patterns

    from transformers import LongformerConfig, LongformerModel

    folder = tmp_path / "longformer"
    copytree(tiny_encoder("bert"), folder, ignore=ignore_patterns("config.json", "*.safetensors"))
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config = LongformerConfig(
        **size, vocab_size=3000, pad_token_id=0, max_position_embeddings=300, attention_window=[8]
    )
    LongformerModel(config).save_pretrained(folder)
    model = build(folder)
    try:
        graph = export_graph(encoder_shim(model).loaded, runtime="onnxruntime")
    except UserError as error:
        assert "LongformerModel c" in str(error) and "expected" in str(error)
    else:
        compare(model, graph, docs)
