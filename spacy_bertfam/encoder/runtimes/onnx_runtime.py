"""The network as an ONNX graph in onnxruntime, on the CPU: float32, or weights in 8 bits."""

import torch
from torch import Tensor

from ..pieces.chunking import Calls
from .engines import no_segments

# Measured (benchmarks/figures/runtimes.md): less than a call of torch, as the graph has fewer and larger steps
CALL_COST = 12
INPUTS = ("ids", "mask")


class OnnxRuntime:
    """A session of onnxruntime over a graph with the inputs ``ids`` and ``mask``.

    threads (int): with 1 everything runs in the calling thread.
    Raises what onnxruntime raises where it cannot run the graph.
    """

    def __init__(self, content: bytes, *, precision: str, threads: int) -> None:
        import onnxruntime

        self.calls = Calls.on_cpu(CALL_COST, threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what fails is raised; its warnings are about nodes that it fuses
        # Of each width a plan of its memory would be kept
        options.enable_mem_pattern = False
        # Threads would go on waiting in a loop while spaCy works
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def __call__(self, ids: Tensor, mask: Tensor, types: Tensor | None = None) -> Tensor:
        if types is not None:
            raise no_segments("onnxruntime")
        # onnxruntime reads the memory of both arrays as it is
        feed = dict(zip(INPUTS, (ids.cpu().numpy(), mask.cpu().numpy()), strict=True))
        return torch.from_numpy(self.session.run(None, feed)[0]).to(ids.device)
