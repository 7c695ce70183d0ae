"""The same ONNX graph in OpenVINO, on the CPU: float32, bfloat16, or 8 bits with bfloat16 between them."""

import io
import threading

import torch
from torch import Tensor

from ..pieces.chunking import Calls
from .engines import no_segments

# It prepares its products for each number of cells that it has not yet seen, which takes as long as 140 cells and more
# (benchmarks/figures/runtimes.md), and keeps them: so the numbers of cells are multiples of 64 where there are many
CALL_COST, MULTIPLES = 16, {"n_windows": 8, "width": 8}
HINTS = {"fp32": "f32", "bf16": "bf16"}
CAPABILITIES = "OPTIMIZATION_CAPABILITIES"
# What it has prepared for a shape takes 2 to 4 MB (six layers of 384), and it keeps 5,000 parts of that where nothing
# is said: texts that came one by one, in 428 shapes, took 1.8 GB. So many parts are no slower.
# The setting is not in OpenVINO's documentation: a version that has it not is asked without it.
PREPARED = {"CPU_RUNTIME_CACHE_CAPACITY": 256}


class OpenVinoRuntime:
    """A compiled model of OpenVINO; the constructor compiles it, which takes seconds.

    precision (str): "fp32", "bf16" or "int8". The graph is the same for the first two; what one of 8 bits does not
        compute in them is computed in bfloat16 where the processor can.
    threads (int): of OpenVINO's own pool, which computes one call at a time: a call of another thread waits.
    Raises what OpenVINO raises where it cannot run the graph.
    """

    def __init__(self, content: bytes, *, precision: str, threads: int) -> None:
        import openvino

        self.calls = Calls.on_cpu(CALL_COST, threads, **MULTIPLES)
        core = openvino.Core()
        if precision == "int8":
            precision = "bf16" if "BF16" in core.get_property("CPU", CAPABILITIES) else "fp32"
        settings = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
        }
        model = core.read_model(io.BytesIO(content))
        try:
            compiled = core.compile_model(model, "CPU", {**settings, **PREPARED})
        except RuntimeError:
            compiled = core.compile_model(model, "CPU", settings)
        self.request = compiled.create_infer_request()
        self.lock = threading.Lock()

    def __call__(self, ids: Tensor, mask: Tensor, types: Tensor | None = None) -> Tensor:
        if types is not None:
            raise no_segments("OpenVINO")
        feed = {"ids": ids.cpu().numpy(), "mask": mask.cpu().numpy()}
        with self.lock:  # a request of its own for each thread would wait as well, for the one stream
            found = self.request.infer(feed, share_inputs=True, share_outputs=True)
            # The request writes its next output to the same memory
            return torch.from_numpy(found[0]).clone().to(ids.device)
