"""Graphs: those that the export writes pass, others that name files, code or huge sizes do not."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny.kinds import KINDS

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.gate import CheckpointError, onnx_file
from spacy_bertfam.gate.onnx_file import check_onnx
from spacy_bertfam.gate.protobuf import NoMessage, read_fields

onnx = pytest.importorskip("onnx")
PATH = Path("model.onnx")
INT64 = 7


@pytest.fixture(scope="session")
def graph_of(tiny_encoder: Callable[[str], Path]) -> Callable[[str], bytes]:
    """`graph_of(kind)` RETURNS (bytes): an ONNX file, as the export writes it."""
    pytest.importorskip("onnxruntime")
    from spacy_bertfam.optimize.export import export_graph

    made: dict[str, bytes] = {}

    def get(kind: str) -> bytes:
        if kind not in made:
            made[kind] = export_graph(read_checkpoint(tiny_encoder(kind)), runtime="onnxruntime").content
        return made[kind]

    return get


@pytest.mark.parametrize("kind", KINDS)
def test_graph_of_every_kind_passes(kind: str, graph_of: Callable[[str], bytes]):
    check_onnx(graph_of(kind), PATH)


def test_graph_in_8_bits_passes(graph_of: Callable[[str], bytes]):
    from spacy_bertfam.encoder.checkpoint.graph import Graph
    from spacy_bertfam.optimize.quantize import quantize

    check_onnx(quantize(Graph(graph_of("bert"), "onnxruntime", "fp32", 32, 64, 0)).content, PATH)


def keep_outside(model: Any) -> None:
    """Numbers of a tensor in another file."""
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def keep_constant_outside(model: Any) -> None:
    """The same in a constant within a branch."""
    constant = onnx.helper.make_tensor("a", INT64, [1], [1])
    constant.external_data.add(key="location", value="/dev/zero")
    node = onnx.helper.make_node("Constant", [], ["b"], value=constant)
    branch = onnx.helper.make_graph([node], "branch", [], [])
    model.graph.node.append(onnx.helper.make_node("If", ["c"], ["d"], then_branch=branch, else_branch=branch))


def constant(*values: int, raw: bool) -> Callable[[Any], None]:
    """A shape among the constants."""

    def add(model: Any) -> None:
        content: Any = b"".join(v.to_bytes(8, "little", signed=True) for v in values) if raw else list(values)
        tensor = onnx.helper.make_tensor("huge", INT64, [len(values)], content, raw=raw)
        model.graph.node.append(onnx.helper.make_node("Constant", [], ["huge"], value=tensor))

    return add


def add_node(*names: str, domain: str = "") -> Callable[[Any], None]:
    """An operation."""
    return lambda model: model.graph.node.append(onnx.helper.make_node(*names, ["ids"], ["x"], domain=domain))


def add_function(model: Any) -> None:
    """An operation that the file defines itself."""
    model.functions.append(onnx.helper.make_function("a", "Evil", ["x"], ["y"], [], []))


def add_sparse(model: Any) -> None:
    """A sparse tensor."""
    model.graph.sparse_initializer.add().dims.extend([1 << 40])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (keep_outside, "has numbers in files beside it"),
        (keep_constant_outside, "has numbers in files beside it"),
        (constant(1 << 40, raw=True), "has a shape of 1,099,511,627,776 numbers"),
        (constant(1 << 40, raw=False), "has a shape of 1,099,511,627,776 numbers"),
        (constant(70_000, 70_000, -1, raw=True), "has a shape of 4,900,000,000 numbers"),
        (constant(2**31 - 1, raw=False), "has a shape of 2,147,483,647 numbers"),
        (
            add_node("Evil", domain="evil.kernels"),
            "has an operation that is neither ONNX's own nor an engine's",
        ),
        (add_node("EPContext", domain="com.microsoft"), "has an operation that reads files or runs Python"),
        (add_function, "has functions of its own"),
        (add_sparse, "has sparse tensors"),
    ],
)
def test_graph_with_more_than_an_export_has_is_refused(
    spoil: Callable[[Any], None], reason: str, graph_of: Callable[[str], bytes]
):
    model = onnx.load_model_from_string(graph_of("bert"))
    spoil(model)
    with pytest.raises(CheckpointError, match=f"model.onnx {reason}.*`bertfam optimize`"):
        check_onnx(model.SerializeToString(), PATH)


def test_end_of_a_slice_is_no_shape(graph_of: Callable[[str], bytes]):
    model = onnx.load_model_from_string(graph_of("bert"))
    constant(2**63 - 1, -(2**63) + 1, -1, 0, raw=True)(model)
    check_onnx(model.SerializeToString(), PATH)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no ONNX file"),
        (b"\0" * 1000, "is no ONNX file"),
        (b"<?xml version='1.0'?><net name='a' version='11'></net>", "is no ONNX file"),
        (b"\x08\0\0\0ORTM" + b"\0" * 100, "is no ONNX file"),
        (b"\x08\x08" + b"\0" * 100, "is no whole ONNX file"),
        (b"\x08\x08\x3a\xff\xff\xff\x7f", "is no whole ONNX file"),
        (b"\x08" + b"\xff" * 20, "is no whole ONNX file"),
    ],
    ids=["empty", "zeros", "openvino", "ort", "zeros_after", "cut", "endless"],
)
def test_what_is_no_graph_is_refused(content: bytes, reason: str):
    with pytest.raises(CheckpointError, match=f"model.onnx {reason}"):
        check_onnx(content, PATH)


def test_graph_of_more_fields_than_any_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(onnx_file, "MAX_FIELDS", 3000)
    check_onnx(b"\x08\x08" * 2999, PATH)
    with pytest.raises(CheckpointError, match=r"model.onnx has 3,000 fields and more"):
        check_onnx(b"\x08\x08" * 3000, PATH)


@pytest.mark.parametrize("n_kept", [1, 10, 1000, 100_000])
def test_graph_that_is_cut_off_is_refused(n_kept: int, graph_of: Callable[[str], bytes]):
    with pytest.raises(CheckpointError, match="is no whole ONNX file"):
        check_onnx(graph_of("bert")[:n_kept], PATH)


def test_hidden_location_is_found_in_any_encoding(graph_of: Callable[[str], bytes]):
    """An encoder of protobuf may write fields in any order and lengths in more bytes than they need."""
    entry = b"\x12\x01a\x0a\x88\x00location"
    tensor = b"\x6a\x90\x00"[:1] + bytes([len(entry) | 0x80, 0]) + entry
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    with pytest.raises(CheckpointError, match="has numbers in files beside it"):
        check_onnx(graph_of("bert") + b"\x3a" + bytes([len(graph)]) + graph, PATH)


def test_fields_of_each_wire_type_are_read():
    content = b"\x08\x96\x01\x11" + b"\1" * 8 + b"\x1a\x02ab\x25" + b"\2" * 4
    found = [(n, v if isinstance(v, int) else bytes(v)) for n, v in read_fields(memoryview(content))]
    assert found == [(1, 150), (2, b"\1" * 8), (3, b"ab"), (4, b"\2" * 4)]


@pytest.mark.parametrize("content", [b"\x0b", b"\x0a\x05ab", b"\x08", b"\x02\x00", b"\x08" + b"\x80" * 12])
def test_what_is_no_message_is_said(content: bytes):
    with pytest.raises(NoMessage):
        list(read_fields(memoryview(content)))


def test_graph_that_is_much_larger_than_the_weights_is_not_read(
    tiny_encoder: Callable[[str], Path], graph_of: Callable[[str], bytes], tmp_path: Path
):
    from spacy_bertfam.encoder.checkpoint.graph import Graph

    folder = shutil.copytree(tiny_encoder("bert"), tmp_path / "model")
    Graph(graph_of("bert"), "onnxruntime", "fp32", 32, 64, 0).write(folder)
    assert read_checkpoint(folder).graph is not None
    with (folder / "onnx" / "model.onnx").open("ab") as file:
        file.truncate(1 << 30)
    with pytest.raises(CheckpointError, match=r"model\.onnx has 1,073,741,824 bytes; expected at most 64,5"):
        read_checkpoint(folder)
    (folder / "model.safetensors").unlink()
    Graph(graph_of("bert"), "onnxruntime", "fp32", 32, 64, 0).write(folder)
    assert read_checkpoint(folder).weights is None
    with (folder / "onnx" / "model.onnx").open("ab") as file:
        file.truncate(1 << 30)
    with pytest.raises(CheckpointError, match=r"expected at most 64,5"):
        read_checkpoint(folder)
