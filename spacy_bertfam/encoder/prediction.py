"""Which runtime predicts: the engine that the pipeline was made for, torch in half precision, or the network itself."""

import os
import warnings
from collections.abc import Callable
from typing import Any, cast

import torch

from ..errors import UserError, in_one_line
from .checkpoint.checkpoint import Checkpoint
from .checkpoint.graph import Graph
from .runtimes.engines import ENGINES
from .runtimes.forking import making
from .runtimes.runtime import Runtime
from .runtimes.threads import n_threads
from .runtimes.torch_half import half_on, in_half
from .runtimes.torch_runtime import TorchRuntime
from .settings import EncoderSettings
from .weights import WeightsWatch


class Prediction:
    """Predicts from one checkpoint, in a runtime that is made when it is first needed, an engine again in each
    forked process. What was made of weights that have changed since is dropped.

    All threads of a process share it: the first one makes what is needed, the others wait for that.
    """

    def __init__(self, checkpoint: Checkpoint, settings: EncoderSettings) -> None:
        self.settings = settings
        network = checkpoint.weights
        self._watch = WeightsWatch(network) if network is not None else None
        self._torch = TorchRuntime(network) if network is not None else None
        self._has_engine = checkpoint.graph is not None and has_engine(checkpoint)
        self._engine: Runtime | None = None
        self._in_half: TorchRuntime | None = None
        self._process = os.getpid()
        self._of_parent: list[Runtime | None] = []

    def weights_changed(self) -> bool:
        """Whether they are no longer those that the checkpoint came with, or that were seen last."""
        return self._watch is not None and self._watch.changed()

    def expect_change(self) -> None:
        """The weights are about to be updated."""
        if self._watch is not None:
            self._watch.touch()

    def runtime(self, checkpoint: Checkpoint, device: torch.device, *, is_worker: bool) -> Runtime:
        """The runtime for a checkpoint whose graph, if it has one, belongs to its weights.

        device (torch.device): where the network is. On a GPU torch predicts.
        is_worker (bool): whether this is one of several processes.
        """
        graph = checkpoint.graph
        if graph is not None and self._has_engine and (self._torch is None or device.type == "cpu"):
            threads = n_threads(self.settings.threads, is_worker=is_worker)
            return self._engine_made_by(lambda: open_graph(graph, threads))
        if (dtype := half_on(device, self.settings.precision)) is not None:
            return self._copy_in_half(checkpoint.network, dtype)
        return self._torch or TorchRuntime(checkpoint.network)

    def _copy_in_half(self, network: torch.nn.Module, dtype: torch.dtype) -> TorchRuntime:
        """The copy of these very weights; processes that are forked later share it."""
        # In this order: a copy of other weights is gone before they count as unchanged
        changed, made = self.weights_changed(), self._in_half
        if made is not None and not changed:
            return made
        with making():
            if self._watch is not None and self.weights_changed():
                self._in_half = None
                self._watch.renew()
            made = self._in_half
            if made is None:
                made = self._in_half = TorchRuntime(in_half(network, dtype))
            return made

    def _engine_made_by(self, make: Callable[[], Runtime]) -> Runtime:
        # In this order: the parent's engine is gone before the process counts as its own
        if self._process == os.getpid() and (engine := self._engine) is not None:
            return engine
        with making():
            if self._process != os.getpid():
                # Its threads stayed in the parent process: letting go of it would wait for them.
                self._of_parent.append(self._engine)
                self._engine = None
                self._process = os.getpid()
            engine = self._engine
            if engine is None:
                engine = self._engine = make()
            return engine

    def __getstate__(self) -> dict[str, Any]:
        """An engine is neither copied nor sent to another process: each makes its own."""
        return {**self.__dict__, "_engine": None, "_in_half": None, "_of_parent": []}


def open_graph(graph: Graph, threads: int) -> Runtime:
    """Open the engine that a graph was made for. RAISES (UserError): when it cannot run the graph."""
    engine = ENGINES[graph.runtime]
    try:
        return cast(Runtime, engine.open(graph.content, precision=graph.precision, threads=threads))
    except Exception as error:  # each engine has exceptions of its own
        here, there = engine.version(), graph.versions.get(engine.name, "another version")
        do = "expected a version that can: upgrade it, or make the pipeline anew with `bertfam optimize`."
        if here == there:
            do = "expected another --runtime or --precision of `bertfam optimize`, or another version of it."
        raise UserError(
            f"{engine.name} {here} cannot run this encoder's graph, which was made with {there!s:.100} "
            f"({in_one_line(error)}); {do}"
        ) from error


def has_engine(checkpoint: Checkpoint) -> bool:
    """Whether the engine of the checkpoint's graph is installed; warns where it is not.

    RAISES (UserError): when there are no torch weights to fall back on.
    """
    assert checkpoint.graph is not None
    engine = ENGINES[checkpoint.graph.runtime]
    if engine.is_installed():
        return True
    what = f"This pipeline was made for {engine.name}, which is not installed"
    how = f'pip install "spacy-bertfam[{engine.extra}]"'
    if checkpoint.weights is None:
        raise UserError(
            f"{what}, and its torch weights were left out (--drop-torch); expected {engine.name}: {how}."
        )
    warnings.warn(f"{what}: it predicts in torch, more slowly. To have it faster: {how}.", stacklevel=2)
    return False
