"""Weights in 8 bits: all but the parts that are to stay, a scale for each column."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import spacy

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.optimize import row_scales
from spacy_bertfam.optimize.quantize import outliers, part_costs

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


@pytest.mark.parametrize("level", [logging.NOTSET, logging.INFO, logging.CRITICAL])
def test_what_the_caller_has_disabled_in_logging_stays_so(graph, level):
    logging.disable(level)
    try:
        quantize(graph)
        assert logging.root.manager.disable == level
    finally:
        logging.disable(logging.NOTSET)


def test_each_column_has_a_scale(graph):
    model = onnx.load_model_from_string(quantize(graph).content)
    scales = [tensor for tensor in model.graph.initializer if tensor.name.endswith("/scale")]
    assert [tuple(tensor.dims) for tensor in scales].count((32,)) == 10
    assert [tuple(tensor.dims) for tensor in scales].count((64,)) == 2


def test_all_layers_have_8_bits_where_they_share_their_weights(tiny_encoder):
    shared = export_graph(read_checkpoint(tiny_encoder("albert")), runtime="onnxruntime")
    nodes = onnx.load_model_from_string(quantize(shared).content).graph.node
    assert [node.op_type for node in nodes].count("MatMulIntegerToFloat") == 13  # one before the two layers
    assert not float_matrices(quantize(shared))


def test_no_sum_of_two_products_passes_16_bits():
    """That of processors without VNNI does not grow beyond: it would be cut off, and on others it would not."""
    random = np.random.default_rng(0)
    weights = random.normal(size=(6, 5)).astype("float32")
    weights[:, 1] = 0.0
    columns = row_scales._round_columns("W", weights)
    assert np.abs(columns["W/rounded"]).max() == row_scales.WEIGHT
    assert not columns["W/rounded"][:, 1].any()
    np.testing.assert_allclose(columns["W/rounded"] * columns["W/scale"], weights, atol=0.02)
    assert 2 * (2 * row_scales.ACTIVATION) * row_scales.WEIGHT < 2**15


@pytest.mark.parametrize("kind", ["bert", "albert", "deberta-v3", "modernbert", "convbert"])
def test_a_text_has_the_same_vectors_alone_and_in_a_batch(tiny_encoder, kind):
    """Rounded by one scale for a whole call they were off by a hundredth of their length and more."""
    model = build_encoder(str(tiny_encoder(kind)))
    model.initialize()
    shim = encoder_shim(model)
    exact = export_graph(shim.loaded, runtime="onnxruntime")
    docs = [
        spacy.blank("fr")(text)
        for text in ("Zoé", "Il pleut .", "Anne vit à Rennes . " * 6, "", "Paul dort .")
    ]
    expected = np.concatenate(model.predict(docs))
    shim.use_graph(quantize(exact))
    together = np.concatenate(model.predict(docs))
    alone = np.concatenate([model.predict([doc])[0] for doc in docs])
    length = np.linalg.norm(expected, axis=1).mean()
    assert np.linalg.norm(alone - together, axis=1).max() < 1e-4 * length
    assert 0 < np.linalg.norm(together - expected, axis=1).mean() < 0.05 * length


def test_a_row_of_zeros_stays_one():
    onnxruntime = pytest.importorskip("onnxruntime")
    weights = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    made = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]> g (float[n, 4] x) => (float[n, 3] y) { y = MatMul(x, W) }'
    )
    made.graph.node[0].name = "product"
    made.graph.initializer.append(onnx.numpy_helper.from_array(weights, "W"))
    row_scales.use_row_scales(made, ["product"])
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    rows = np.array([[0, 0, 0, 0], [1e-3, 2e-3, -1e-3, 0], [100, -300, 200, 0]], dtype="float32")
    (found,) = session.run(None, {"x": rows})
    assert not found[0].any()
    np.testing.assert_allclose(found[1:], rows[1:] @ weights, rtol=0.03, atol=2e-5)


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
