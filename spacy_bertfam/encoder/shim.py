"""The encoder's network as Thinc sees it: gradients, updates, and bytes that are a Hugging Face folder."""

import os
import tempfile
import warnings
from copy import deepcopy
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any, Callable, Optional, Tuple, cast

import srsly
import torch
from thinc.api import Optimizer, PyTorchShim
from thinc.shims import Shim
from thinc.types import Floats2d
from thinc.util import torch2xp

from ..errors import Diverged, UserError, rate_of
from .checkpoint.checkpoint import Checkpoint, read_checkpoint, read_files, write_checkpoint, write_files
from .checkpoint.graph import Graph
from .gradients.embedding_gradient import make_dense, sparse_embedding_gradient
from .gradients.freezing import freeze
from .gradients.loss_scale import LossScale
from .gradients.step_mean import StepMean
from .neutral import make_neutral
from .pieces.batch import PieceBatch, WindowSize
from .prediction import Prediction
from .runtimes.forking import making, use_one_thread_if_forked
from .runtimes.pooling import POOLINGS
from .runtimes.runtime import Runtime, predict_tokens, train_tokens
from .runtimes.threads import asked_for
from .runtimes.torch_runtime import TorchRuntime
from .settings import EncoderSettings
from .soundness import require_finite, require_numbers, require_vectors


class EncoderShim(PyTorchShim):
    """Holds a ``Checkpoint`` once one is loaded; before that only the settings are known."""

    def __init__(self, settings: EncoderSettings) -> None:
        super().__init__(None)
        self.settings = settings
        self.loss_scale = LossScale(settings.mixed_precision == "fp16")
        self._step_mean = StepMean()
        self._rate: Optional[float] = None  # of the last step
        self.checkpoint: Optional[Checkpoint] = None
        self._prediction: Optional[Prediction] = None
        self._process = os.getpid()
        self._is_worker = False  # one of several processes

    @property
    def loaded(self) -> Checkpoint:
        """The checkpoint, without a graph that was made of weights which have changed since.

        Raises a UserError where there are no weights yet.
        """
        if self.checkpoint is None:
            raise UserError(
                "The encoder has no weights yet: call nlp.initialize() (or run spacy train) to load them "
                "from the checkpoint that the config names, or load a saved pipeline with spacy.load."
            )
        if self.checkpoint.graph is not None and self._predictor.weights_changed():
            self._leave_graph()
        return self.checkpoint

    def load(self, folder: Path) -> None:
        """Take weights and tokenizer from a Hugging Face folder. Raises a CheckpointError where they do not work."""
        checkpoint = read_checkpoint(
            folder, attention=self.settings.attention, n_layers=self.settings.n_layers
        )
        network: Any = checkpoint.weights
        if network is not None:
            make_neutral(network)
            freeze(network, self.settings.frozen_layers)
            if self.settings.gradient_checkpointing:
                # the reentrant kind loses the gradient where the embeddings are frozen
                network.gradient_checkpointing_enable({"use_reentrant": False})
            network.to(self.device)
            network.eval()
        require_numbers(checkpoint, folder)
        self.take(checkpoint)
        threads = asked_for(self.settings.threads)
        if threads is not None:
            torch.set_num_threads(threads)
        # not the copy in bfloat16, which training does without
        runtime = self.runtime() if checkpoint.graph is not None else TorchRuntime(network)
        require_vectors(checkpoint, runtime, folder)

    def take(self, checkpoint: Checkpoint) -> None:
        """Predict and train from here on with these weights, and predict with this graph."""
        self.checkpoint, self._model = checkpoint, checkpoint.weights
        self._prediction = Prediction(checkpoint, self.settings)

    def _leave_graph(self) -> None:
        with making():
            if self.checkpoint is None or self.checkpoint.graph is None:  # another thread was here
                return
            warnings.warn(
                f"The encoder was trained after it had been made for {self.checkpoint.graph.runtime}: from here "
                "on it predicts in torch. `bertfam optimize` on the saved pipeline makes it fast again.",
                stacklevel=3,
            )
            self.take(replace(self.checkpoint, graph=None))

    def use_graph(self, graph: Optional[Graph]) -> None:
        """Predict with a graph of the current weights, or in torch where it is None."""
        self.take(replace(self.loaded, graph=graph))

    def change_settings(self, **settings: Any) -> None:
        """Change settings that take effect in prediction."""
        self.settings = replace(self.settings, **settings)
        self.take(self.loaded)

    def copy(self) -> "EncoderShim":
        """A network of its own, with an id of its own: optimisers keep their memory of it by id."""
        copied = deepcopy(self)
        with Shim.global_id_lock:
            Shim.global_id += 1
            copied.id = Shim.global_id
        return copied

    def save(self, folder: Path) -> None:
        """Write a Hugging Face folder."""
        write_checkpoint(self.loaded, folder)

    @property
    def device(self) -> torch.device:
        """Where the weights are, or will be."""
        if self._model is None:
            from thinc.util import get_torch_default_device

            return get_torch_default_device()
        return next(self._model.parameters()).device

    def window_size(self) -> WindowSize:
        """The window of the settings, at most what the network takes."""
        checkpoint = self.loaded
        limit = checkpoint.max_pieces - checkpoint.tokenizer.n_special
        window = min(self.settings.window or limit, limit)
        return WindowSize(window, min(self.settings.overlap, window // 2))

    def runtime(self) -> Runtime:
        """RETURNS (Runtime): what predicts now: the engine, torch in bfloat16, or the network itself."""
        self._use_one_thread_if_forked()
        checkpoint = self.loaded
        if checkpoint.weights is not None and checkpoint.weights.training:
            for part in checkpoint.weights.children():  # the whole last: that is where other threads look
                part.eval()
            checkpoint.weights.eval()
        return self._predictor.runtime(checkpoint, self.device, is_worker=self._is_worker)

    def predict(self, batch: PieceBatch) -> Floats2d:  # type: ignore[override]
        """RETURNS (Floats2d): Shape: (n_rows, width). Raises a UserError where they are no finite numbers."""
        rows = predict_tokens(batch, self.runtime(), **self._arguments())
        require_finite(rows, self._rate)
        return rows

    def begin_update(  # type: ignore[override]
        self, batch: PieceBatch
    ) -> Tuple[Floats2d, Callable[[torch.Tensor], None]]:
        """RETURNS (Tuple): vectors, Shape: (n_rows, width), and the callback that takes their gradient, which
        is a sum over tokens: ``finish_update`` makes a mean of it."""
        if not self._is_trained():
            return self.predict(batch), lambda d_vectors: None
        self._use_one_thread_if_forked()
        network = self.loaded.network.train()
        runtime = TorchRuntime(network, self.settings.mixed_precision)
        with sparse_embedding_gradient(network), runtime.autocast():
            vectors = train_tokens(batch, runtime, **self._arguments())
        if vectors.device.type == "cpu" and not bool(torch.isfinite(vectors.detach()[:, 0]).all()):
            raise Diverged("a vector of the encoder", self._rate)

        def backprop(d_vectors: torch.Tensor) -> None:
            if not vectors.requires_grad:  # no token of the batch has a piece
                return
            # read together: a GPU is waited for once
            counted = (d_vectors != 0).any(dim=1).sum(), d_vectors.square().sum()
            n_taught, size = torch.stack([number.double() for number in counted]).tolist()
            if not isfinite(size):
                raise Diverged("the gradient that the heads send to the encoder", self._rate)
            mean = d_vectors.to(vectors) * self._step_mean.add_part(int(n_taught))
            torch.autograd.backward(vectors, self.loss_scale.scaled(mean))
            make_dense(network)

        return cast(Floats2d, torch2xp(vectors.detach())), backprop

    def finish_update(self, optimizer: Optimizer) -> None:
        """Update the weights, the whole network at once where the optimiser can."""
        if self._model is None:
            return
        self._rate = rate_of(optimizer)
        scale_gradients(self._model, self._step_mean.finish())
        if not self.loss_scale.unscale(self._model.parameters()):
            if self.loss_scale.is_exhausted:
                raise Diverged("the gradient of the encoder, in fp16,", self._rate)
            return
        if any(parameter.grad is not None for parameter in self._model.parameters()):
            self._predictor.expect_change()
        step_module = getattr(optimizer, "step_module", None)
        if step_module is None:
            super().finish_update(optimizer)
        else:
            step_module(self.id, self._model)

    def to_bytes(self) -> bytes:
        """The files of the Hugging Face folder; nothing where there are no weights yet."""
        files = {}
        if self.checkpoint is not None:
            with tempfile.TemporaryDirectory() as temporary:
                self.save(Path(temporary))
                files = read_files(Path(temporary))
        return srsly.msgpack_dumps({"files": files})

    def from_bytes(self, bytes_data: bytes) -> "EncoderShim":
        """Take weights and tokenizer from the files of a Hugging Face folder."""
        files = srsly.msgpack_loads(bytes_data)["files"]
        if files:
            with tempfile.TemporaryDirectory() as temporary:
                write_files(Path(temporary), files)
                self.load(Path(temporary))
        return self

    @property
    def _predictor(self) -> Prediction:
        assert self._prediction is not None  # comes with the checkpoint
        return self._prediction

    def _use_one_thread_if_forked(self) -> None:
        if self._process != os.getpid():
            self._is_worker = True
        self._process = use_one_thread_if_forked(self._process)

    def _is_trained(self) -> bool:
        """Whether any weight is to learn. Of an encoder without torch weights that has to be ruled out."""
        if self.loaded.weights is None and self.settings.frozen_layers == -1:
            return False
        return any(parameter.requires_grad for parameter in self.loaded.network.parameters())

    def _arguments(self) -> dict[str, Any]:
        return {
            "pool": POOLINGS[self.settings.pooling],
            "tokenizer": self.loaded.tokenizer,
            "width": self.loaded.width,
            "max_cells": self.settings.max_batch_pieces,
            "padded": not self.loaded.reads_padding,
            "device": self.device,
        }


def scale_gradients(network: torch.nn.Module, factor: float) -> None:
    """Multiply the gradients that a network has collected."""
    if factor != 1.0:
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter.grad.mul_(factor)
