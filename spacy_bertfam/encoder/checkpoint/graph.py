"""`onnx/` in an encoder's folder: the network as a graph for another engine, and what was made of which weights."""

import hashlib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import srsly

from ...gate import CheckedFolder, CheckpointError
from ...gate.entries import list_entries, open_file, read_bytes
from ...gate.json_file import read_object
from ...gate.onnx_file import check_onnx
from ...gate.sizes import describe
from ..runtimes.engines import ENGINES

FOLDER = "onnx"
GRAPH = "model.onnx"
DESCRIPTION = "runtime.json"
FIELDS: dict[str, Any] = {
    "runtime": str, "precision": str, "width": int, "max_pieces": int, "pad_id": int, "versions": dict,
    "reads_padding": bool, "torch_weights": (str, type(None)),
}  # fmt: skip
# An ONNX file has at most 2 GB. One of float32 has the weights, and tables that torch computes; what settings describe
# is less than there is in some architectures
LARGEST = (1 << 31) - 1
LARGER, FREE = 4, 64_000_000


@dataclass(frozen=True)
class Graph:
    """The network for an engine other than torch. Inputs ``ids`` and ``mask``, output the last hidden state."""

    content: bytes = field(repr=False)  # of an ONNX file
    runtime: str  # name of the engine
    precision: str
    width: int  # of a piece's vector
    max_pieces: int  # that the network takes at once, special pieces counted
    pad_id: int
    versions: Mapping[str, str] = field(default_factory=dict)  # of the packages that made it
    reads_padding: bool = False  # whether vectors depend on the padding of their window

    def write(self, folder: Path) -> None:
        """Write ``onnx/`` into an encoder's folder, which has its torch weights already, or goes without."""
        description = {name: getattr(self, name) for name in FIELDS if name != "torch_weights"}
        description["torch_weights"] = digest_of_weights(folder.glob("*.safetensors"))
        (folder / FOLDER).mkdir(exist_ok=True)
        (folder / FOLDER / GRAPH).write_bytes(self.content)
        srsly.write_json(folder / FOLDER / DESCRIPTION, description)


def digest_of_weights(files: Iterable[Path]) -> str | None:
    """RETURNS (str | None): SHA-256 of torch weights, file by file; None where there are none."""
    digest = hashlib.sha256()
    paths = sorted(files)
    for path in paths:
        with open_file(path) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest() if paths else None


def read_graph(folder: CheckedFolder) -> Graph | None:
    """The graph of an encoder's folder, if it has one of ours that belongs to its torch weights.

    RETURNS (Graph | None): None, with a warning, where the torch weights are others than it was made of.
    RAISES (CheckpointError): when the files are not what ``Graph.write`` leaves.
    """
    place = folder.path / FOLDER
    names = list_entries(place, home=folder.path) if f"{FOLDER}/" in folder.names else ()
    if DESCRIPTION not in names:  # the hub has many folders onnx/ of other origin
        return None
    fields = _read_description(place, has_graph=GRAPH in names)
    made_of = fields.pop("torch_weights")
    if made_of != digest_of_weights(folder.weights):
        warnings.warn(
            f"{place} was made of other weights than {folder.path} has: prediction runs in torch. "
            "`bertfam optimize` makes it anew.",
            stacklevel=2,
        )
        return None
    # the largest that the weights can have become, or what the settings describe
    n_numbers = folder.n_numbers or describe(folder.config)
    largest = min(LARGER * 4 * n_numbers + FREE, LARGEST) if n_numbers else LARGEST
    content = read_bytes(place / GRAPH, largest, what="a graph of this encoder")
    check_onnx(content, place / GRAPH)
    return Graph(content, **fields)


def _read_description(place: Path, *, has_graph: bool) -> dict[str, Any]:
    path = place / DESCRIPTION
    fields = {"reads_padding": False, **read_object(path)}
    wrong = [name for name, kind in FIELDS.items() if not isinstance(fields.get(name, ...), kind)]
    engine = ENGINES.get(str(fields.get("runtime")))
    if not wrong and (engine is None or fields["precision"] not in engine.precisions):
        wrong = ["runtime", "precision"]
    if wrong or not has_graph:
        what = f"{', '.join(wrong)} are missing or unknown" if wrong else f"{GRAPH} is not beside it"
        raise CheckpointError(
            f"{path}: {what}; expected what `bertfam optimize` writes: make it anew, or remove the folder."
        )
    return {name: fields[name] for name in FIELDS}


def remove_leftovers(folder: Path, *, has_graph: bool, has_weights: bool) -> None:
    """Remove from a folder that was written over what the encoder no longer has."""
    if not has_graph and (folder / FOLDER / DESCRIPTION).is_file():
        for name in (DESCRIPTION, GRAPH):
            (folder / FOLDER / name).unlink(missing_ok=True)
        if not any((folder / FOLDER).iterdir()):
            (folder / FOLDER).rmdir()
    if not has_weights:
        for path in [*folder.glob("*.safetensors"), *folder.glob("*.safetensors.index.json")]:
            path.unlink()
