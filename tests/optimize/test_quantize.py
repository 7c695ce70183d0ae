"""Weights in 8 bits: all but the parts that are to stay, a scale for each column."""

from dataclasses import replace

import numpy as np
import pytest

from spacy_bertfam.encoder.checkpoint import read_checkpoint
from spacy_bertfam.optimize.sensitivity import outliers, part_costs

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from spacy_bertfam.optimize.export import export_graph  # noqa: E402
from spacy_bertfam.optimize.quantize import part_of, parts_of, quantize  # noqa: E402


@pytest.fixture(scope="module")
def graph(tiny_encoder):
    return export_graph(read_checkpoint(tiny_encoder("bert")), runtime="onnxruntime")


def float_matrices(graph):
    model = onnx.load_model_from_string(graph.content)
    return {
        tensor.name
        for tensor in model.graph.initializer
        if len(tensor.dims) == 2 and tensor.data_type == onnx.TensorProto.FLOAT
    }


def test_no_matrix_of_the_layers_and_embeddings_stays_in_float32(graph):
    assert len(float_matrices(graph)) == 15
    assert not float_matrices(quantize(graph))
    assert quantize(graph).precision == "int8" and graph.precision == "fp32"


def test_each_column_has_a_scale(graph):
    model = onnx.load_model_from_string(quantize(graph).content)
    scales = [tensor for tensor in model.graph.initializer if tensor.name.endswith("_scale")]
    assert {tuple(tensor.dims) for tensor in scales if "MatMul" in tensor.name} <= {(32,), (64,)}


def test_parts_that_are_kept_stay_as_they_are(graph):
    kept = float_matrices(quantize(graph, keep=["layer 1"]))
    assert len(kept) == 6
    assert float_matrices(quantize(graph, keep=parts_of(graph))) == float_matrices(graph)


def test_the_parts_are_the_embeddings_and_the_layers(graph):
    assert parts_of(graph) == ["embeddings", "layer 0", "layer 1"]


@pytest.mark.parametrize(
    ("node", "part"),
    [
        ("/network/encoder/layer.11/attention/self/query/MatMul", "layer 11"),
        ("/network/transformer/layer.3/ffn/lin1/MatMul", "layer 3"),
        ("/network/layers.0/attn/Wqkv/MatMul", "layer 0"),
        ("/network/encoder/albert_layer_groups.0/albert_layers.0/ffn/MatMul_3", "layer 0"),
        ("/network/embeddings/word_embeddings/Gather", "embeddings"),
    ],
)
def test_a_node_belongs_to_the_layer_in_its_name(node, part):
    assert part_of(node) == part


def test_a_part_costs_something_and_nothing_changes_by_measuring(tiny_encoder, graph):
    import spacy

    from spacy_bertfam.encoder.model import build_encoder, encoder_shim

    model = build_encoder(str(tiny_encoder("bert")))
    model.initialize()
    docs = [spacy.blank("fr")("Anne vit à Rennes .")]
    costs = part_costs(model, graph, docs)
    assert sorted(costs) == parts_of(graph)
    assert all(0 < cost < 0.1 for cost in costs.values())
    assert list(costs.values()) == sorted(costs.values(), reverse=True)
    assert len(float_matrices(graph)) == 15
    encoder_shim(model).use_graph(replace(graph, precision="fp32"))
    assert np.isfinite(model.predict(docs)[0]).all()


def test_outliers_cost_twice_the_median_and_are_at_most_half():
    assert outliers({"a": 9.0, "b": 1.1, "c": 1.0, "d": 0.9}) == ["a"]
    assert outliers({"a": 1.2, "b": 1.1, "c": 1.0}) == []
