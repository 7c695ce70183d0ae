"""The engines that may stand in for torch in prediction, by name; each is imported only where it is used."""

import importlib
from dataclasses import dataclass
from importlib import metadata, util
from typing import Any, Dict, Mapping, Tuple

TORCH = "torch"


@dataclass(frozen=True)
class Engine:
    """An engine beside torch."""

    name: str
    package: str  # what is imported, and installed
    extra: str  # of this project, which installs it
    module: str  # in this folder
    runtime: str  # class in it
    precisions: Tuple[str, ...]

    def is_installed(self) -> bool:
        """Whether its package is there; it is not imported."""
        return util.find_spec(self.package) is not None

    def version(self) -> str:
        """RETURNS (str): of the installed package."""
        try:
            return metadata.version(self.package)
        except metadata.PackageNotFoundError:  # its builds for other hardware have other names
            return "unknown"

    def open(self, content: bytes, *, precision: str, threads: int) -> Any:
        """RETURNS (Runtime): ready to run the graph; raises what the engine raises."""
        module = importlib.import_module(f"{__package__}.{self.module}")
        return getattr(module, self.runtime)(content, precision=precision, threads=threads)


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("onnxruntime", "onnxruntime", "onnx", "onnx_runtime", "OnnxRuntime", ("fp32", "int8")),
        Engine(
            "openvino",
            "openvino",
            "openvino",
            "openvino_runtime",
            "OpenVinoRuntime",
            ("fp32", "bf16", "int8"),
        ),
    )
}
TORCH_PRECISIONS = ("fp32", "bf16")
MAX_THREADS = 1024
PRECISIONS: Dict[str, Tuple[str, ...]] = {
    TORCH: TORCH_PRECISIONS,
    **{name: engine.precisions for name, engine in ENGINES.items()},
}
