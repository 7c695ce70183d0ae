"""The engines that may stand in for torch in prediction, by name; each is imported only where it is used."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, metadata, util
from typing import Any

from ...errors import UserError

TORCH = "torch"
TORCH_PRECISIONS = ("fp32", "bf16")
MAX_THREADS = 1024
# From 1.3x on onnxruntime reports to its makers as soon as it is imported, off Windows too, unless this is set before;
# who wants that sets it to 0
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


@dataclass(frozen=True)
class Engine:
    """An engine beside torch."""

    name: str  # of its package too
    extra: str  # of this project, which installs it
    runtime: tuple[str, str]  # module in this folder, class in it
    precisions: tuple[str, ...]

    def is_installed(self) -> bool:
        """Whether its package is there; it is not imported."""
        return util.find_spec(self.name) is not None

    def version(self) -> str:
        """RETURNS (str): of the installed package."""
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:  # its builds for other hardware have other names
            return "unknown"

    def open(self, content: bytes, *, precision: str, threads: int) -> Any:
        """RETURNS (Runtime): ready to run the graph; raises what the engine raises."""
        module, name = self.runtime
        runtime = getattr(import_module(f"{__package__}.{module}"), name)
        return runtime(content, precision=precision, threads=threads)


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("onnxruntime", "onnx", ("onnx_runtime", "OnnxRuntime"), ("fp32", "int8")),
        Engine("openvino", "openvino", ("openvino_runtime", "OpenVinoRuntime"), ("fp32", "bf16", "int8")),
    )
}
PRECISIONS = {TORCH: TORCH_PRECISIONS, **{name: engine.precisions for name, engine in ENGINES.items()}}


def no_segments(engine: str) -> UserError:
    """RETURNS (UserError): a graph has two inputs, pieces and mask, and takes all of them for one text."""
    return UserError(
        f"This encoder tells the two texts of a pair apart by segments (token_type_ids), which its graph for {engine} "
        "does not take; expected torch to read pairs: load the pipeline that it was made from, or make one with "
        "`bertfam optimize --runtime torch --precision bf16`."
    )
