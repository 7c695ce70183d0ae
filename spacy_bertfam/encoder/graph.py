"""`onnx/` in an encoder's folder: the network as a graph for another engine, and what was made of which weights."""

import hashlib
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

import srsly

from ..gate import CheckpointError
from ..gate.json_file import read_object
from .runtimes.engines import ENGINES

FOLDER = "onnx"
GRAPH = "model.onnx"
DESCRIPTION = "runtime.json"
FIELDS: Dict[str, Any] = {
    "runtime": str, "precision": str, "width": int, "max_pieces": int, "pad_id": int, "versions": dict,
    "reads_padding": bool, "torch_weights": (str, type(None)),
}  # fmt: skip
# A tensor whose numbers are in another file: a field of type "external_data" with a location
EXTERNAL = b"\n\x08location\x12"


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
        description["torch_weights"] = digest_of_weights(folder)
        (folder / FOLDER).mkdir(exist_ok=True)
        (folder / FOLDER / GRAPH).write_bytes(self.content)
        srsly.write_json(folder / FOLDER / DESCRIPTION, description)


def has_weights(folder: Path) -> bool:
    """Whether an encoder's folder has torch weights."""
    return any(folder.glob("*.safetensors"))


def digest_of_weights(folder: Path) -> Optional[str]:
    """RETURNS (Optional[str]): SHA-256 of the folder's torch weights; None where it has none."""
    files = sorted(folder.glob("*.safetensors"))
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest() if files else None


def read_graph(folder: Path) -> Optional[Graph]:
    """The graph of an encoder's folder, if it has one of ours that belongs to its torch weights.

    RETURNS (Optional[Graph]): None, with a warning, where the torch weights are others than it was made of.
    Raises a CheckpointError where the files are not what ``Graph.write`` leaves.
    """
    path = folder / FOLDER / DESCRIPTION
    if not path.is_file():  # the hub has many folders onnx/ of other origin
        return None
    fields = _read_description(path)
    made_of = fields.pop("torch_weights")
    if made_of != digest_of_weights(folder):
        warnings.warn(
            f"{folder / FOLDER} was made of other weights than {folder} has: prediction runs in torch. "
            "`bertfam optimize` makes it anew.",
            stacklevel=2,
        )
        return None
    content = (folder / FOLDER / GRAPH).read_bytes()
    if EXTERNAL in content:
        raise CheckpointError(
            f"{folder / FOLDER / GRAPH} keeps numbers in files beside it; expected a graph in one file: "
            "make it anew with `bertfam optimize`, or remove the folder."
        )
    return Graph(content, **fields)


def _read_description(path: Path) -> Dict[str, Any]:
    fields = {"reads_padding": False, **read_object(path)}
    wrong = [
        name for name, kind in FIELDS.items() if name not in fields or not isinstance(fields[name], kind)
    ]
    engine = ENGINES.get(str(fields.get("runtime")))
    if not wrong and (engine is None or fields["precision"] not in engine.precisions):
        wrong = ["runtime", "precision"]
    if wrong or not (path.parent / GRAPH).is_file():
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
