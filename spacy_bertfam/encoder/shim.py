"""The encoder's network as Thinc sees it: predictions, gradients, updates, and bytes that are a Hugging Face folder."""

import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import srsly
import torch
from thinc.api import Optimizer, PyTorchShim
from thinc.shims import Shim
from thinc.types import Floats2d
from thinc.util import get_torch_default_device, torch2xp

from ..errors import Diverged, UserError, rate_of
from .checkpoint.checkpoint import Checkpoint, read_checkpoint, read_files, write_checkpoint, write_files
from .checkpoint.graph import Graph
from .gradients.embedding_gradient import sparse_embedding_gradient
from .gradients.freezing import freeze
from .gradients.loss_scale import LossScale
from .gradients.step import StepGradient
from .pieces.batch import PieceBatch, WindowSize
from .prediction import Prediction
from .room import IN_LOADING, IN_PREDICTION, IN_TRAINING, in_fitting_calls, within_memory
from .runtimes.forking import making
from .runtimes.pooling import POOLINGS
from .runtimes.runtime import Reading, Runtime, predict_tokens, train_tokens
from .runtimes.threads import asked_for
from .runtimes.torch_half import half_on
from .runtimes.torch_runtime import TorchRuntime
from .settings import FLASH, EncoderSettings, window_of
from .soundness import require_finite, require_numbers, require_vectors
from .weights import fingerprint_of


class EncoderShim(PyTorchShim):
    """Holds a ``Checkpoint`` once one is loaded; before that only the settings are known."""

    checkpoint: Checkpoint | None = None
    _prediction: Prediction  # comes with the checkpoint
    _training: TorchRuntime | None  # likewise; None without torch weights

    def __init__(self, settings: EncoderSettings) -> None:
        super().__init__(None)
        self.settings = settings
        self.loss_scale = LossScale(settings.mixed_precision == "fp16")  # of others the device decides
        self._gradient = StepGradient(self.loss_scale)
        self._process = os.getpid()
        self._is_worker = False  # one of several processes
        self._room = sys.maxsize  # cells of a call that a GPU was found to have room for

    @property
    def loaded(self) -> Checkpoint:
        """The checkpoint; its graph, if it has one, may be out of date, see ``leave_stale_graph``.

        RAISES (UserError): when there are no weights yet.
        """
        if self.checkpoint is None:
            raise UserError(
                "The encoder has no weights yet: call nlp.initialize() (or run spacy train) to load them "
                "from the checkpoint that the config names, or load a saved pipeline with spacy.load."
            )
        return self.checkpoint

    def load(self, folder: Path) -> None:
        """Take weights and tokenizer from a Hugging Face folder.

        RAISES (CheckpointError): when they do not work.
        """
        settings, is_flash = self.settings, self.settings.attention == FLASH
        if is_flash and self.device.type != "cuda":
            raise UserError(
                f"The encoder's attention is {FLASH!r}, which a GPU alone computes; expected one (--gpu-id 0, or "
                "spacy.require_gpu() before spacy.load), or attention = null."
            )
        checkpoint = read_checkpoint(folder, attention=settings.attention, n_layers=settings.n_layers)
        network: Any = checkpoint.weights
        if network is not None:
            freeze(network, settings.frozen_layers)
            if settings.gradient_checkpointing:
                # the reentrant kind loses the gradient where the embeddings are frozen
                network.gradient_checkpointing_enable({"use_reentrant": False})
            with within_memory(IN_LOADING):
                network.to(self.device)
            network.eval()
        require_numbers(checkpoint, folder)
        self.take(checkpoint)
        self._set_threads()
        with within_memory(IN_LOADING):
            # not the copy in half precision, which training does without
            runtime = self.runtime() if checkpoint.graph is not None or is_flash else TorchRuntime(network)
            require_vectors(checkpoint, runtime, folder)

    def take(self, checkpoint: Checkpoint) -> None:
        """Predict and train from here on with these weights, and predict with this graph."""
        self.checkpoint, self._model, self._room = checkpoint, checkpoint.weights, sys.maxsize
        self._prediction = Prediction(checkpoint, self.settings)
        network = checkpoint.weights
        precision = self.settings.mixed_precision
        self._training = TorchRuntime(network, precision) if network is not None else None

    def leave_stale_graph(self) -> None:
        """Predict in torch, with a warning, where the weights have changed since the graph was made of them."""
        if self.checkpoint is None or self.checkpoint.graph is None or not self._prediction.weights_changed():
            return
        with making():
            if self.checkpoint.graph is None:  # another thread was here
                return
            warnings.warn(
                f"The encoder was trained after it had been made for {self.checkpoint.graph.runtime}: from here "
                "on it predicts in torch. `bertfam optimize` on the saved pipeline makes it fast again.",
                stacklevel=3,
            )
            self.take(replace(self.checkpoint, graph=None))

    def use_graph(self, graph: Graph | None) -> None:
        """Predict with a graph of the current weights, or in torch where it is None."""
        self.take(replace(self.loaded, graph=graph))

    def change_settings(self, **settings: Any) -> None:
        """Change settings that take effect in prediction."""
        self.settings = replace(self.settings, **settings)
        self.leave_stale_graph()
        self.take(self.loaded)
        self._set_threads()

    def _set_threads(self) -> None:
        """Let torch compute on as many threads as the settings say."""
        threads = asked_for(self.settings.threads)
        if threads is not None:
            torch.set_num_threads(threads)

    def fingerprint(self) -> str | None:
        """RETURNS (str | None): tells these weights from all others; None without torch weights."""
        return fingerprint_of(self._model, self.settings.pooling) if self._model is not None else None

    def copy(self) -> "EncoderShim":
        """A network of its own, with an id of its own: optimizers keep their memory of it by id."""
        copied = deepcopy(self)
        with Shim.global_id_lock:
            Shim.global_id += 1
            copied.id = Shim.global_id
        return copied

    def save(self, folder: Path) -> None:
        """Write a Hugging Face folder."""
        self.leave_stale_graph()
        write_checkpoint(self.loaded, folder)

    @property
    def device(self) -> torch.device:
        """Where the weights are, or will be."""
        return get_torch_default_device() if self._model is None else next(self._model.parameters()).device

    def window_size(self) -> WindowSize:
        """The window of the settings, at most what the network takes."""
        checkpoint = self.loaded
        limit = checkpoint.max_pieces - checkpoint.tokenizer.n_special
        window = window_of(self.settings.window, limit)
        return WindowSize(window, min(self.settings.overlap, window // 2))

    def runtime(self) -> Runtime:
        """RETURNS (Runtime): what predicts now: the engine, torch in bfloat16, or the network itself."""
        self._use_one_thread_if_worker()
        self.leave_stale_graph()
        checkpoint = self.loaded
        if checkpoint.weights is not None and checkpoint.weights.training:
            for part in checkpoint.weights.children():  # the whole last: that is where other threads look
                part.eval()
            checkpoint.weights.eval()
        return self._prediction.runtime(checkpoint, self.device, is_worker=self._is_worker)

    def predict(self, batch: PieceBatch) -> Floats2d:  # type: ignore[override]
        """The rows of a batch, without a gradient.

        RETURNS (Floats2d): Shape: (n_rows, width).
        RAISES (UserError): when they are no finite numbers.
        """
        with within_memory(IN_LOADING):  # the copy in half precision
            runtime, reading = self.runtime(), self._reading()
        with within_memory(IN_PREDICTION):
            cells = min(reading.max_cells or runtime.calls.max_cells, self._room)
            rows, fitting = in_fitting_calls(
                lambda cells: predict_tokens(batch, runtime, reading._replace(max_cells=cells)),
                cells,
                batch.n_cells(reading.tokenizer.n_special),
            )
        if fitting < cells:
            self._room = min(self._room, fitting)  # of several threads
        require_finite(rows, self._gradient.rate, half_on(self.device, self.settings.precision))
        return rows

    def begin_update(  # type: ignore[override]
        self, batch: PieceBatch
    ) -> tuple[Floats2d, Callable[[torch.Tensor], None]]:
        """The rows of a batch, and the way back for their gradient, which is a sum over tokens: ``finish_update``
        makes a mean of it.

        RETURNS (tuple[Floats2d, Callable]): Shape: (n_rows, width) of the rows and of what the callback takes.
        """
        if not self._is_trained():
            return self.predict(batch), lambda d_vectors: None
        self._use_one_thread_if_worker()
        network = self.loaded.network.train()
        runtime = self._training or TorchRuntime(network, self.settings.mixed_precision)
        self.loss_scale.enabled = runtime.dtype == torch.float16
        with within_memory(IN_TRAINING), sparse_embedding_gradient(network), runtime.autocast():
            vectors = train_tokens(batch, runtime, self._reading())
        if vectors.device.type == "cpu" and not bool(torch.isfinite(vectors.detach()[:, 0]).all()):
            raise Diverged("a vector of the encoder", self._gradient.rate)

        def backprop(d_vectors: torch.Tensor) -> None:
            if vectors.requires_grad:  # a token of the batch has a piece
                if not network.training:  # it has predicted since; checkpointed layers are computed anew
                    network.train()
                with within_memory(IN_TRAINING):
                    self._gradient.send_back(network, vectors, d_vectors)

        return cast(Floats2d, torch2xp(vectors.detach())), backprop

    def finish_update(self, optimizer: Optimizer) -> None:
        """Update the weights, the whole network at once where the optimizer can."""
        network = self._model
        if network is None or not self._gradient.finish(network, rate_of(optimizer)):
            return
        if any(parameter.grad is not None for parameter in network.parameters()):
            self._prediction.expect_change()
        step_module = getattr(optimizer, "step_module", None)
        with within_memory(IN_TRAINING):  # the optimizer's memory of each weight is made in the first step
            if step_module is None:
                super().finish_update(optimizer)
            else:
                step_module(self.id, network)

    def to_bytes(self) -> bytes:
        """The files of the Hugging Face folder; nothing where there are no weights yet."""
        files = {}
        if self.checkpoint is not None:
            with tempfile.TemporaryDirectory() as temporary:
                self.save(Path(temporary))
                files = read_files(Path(temporary))
        return bytes(srsly.msgpack_dumps({"files": files}))

    def from_bytes(self, bytes_data: bytes) -> "EncoderShim":
        """Take weights and tokenizer from the files of a Hugging Face folder."""
        files = srsly.msgpack_loads(bytes_data)["files"]
        if files:
            with tempfile.TemporaryDirectory() as temporary:
                write_files(Path(temporary), files)
                self.load(Path(temporary))
        return self

    def _use_one_thread_if_worker(self) -> None:
        if self._process != os.getpid():
            self._process, self._is_worker = os.getpid(), True
            torch.set_num_threads(1)

    def _is_trained(self) -> bool:
        """Whether any weight is to learn. Of an encoder without torch weights that has to be ruled out."""
        if self.loaded.weights is None and self.settings.frozen_layers == -1:
            return False
        return any(parameter.requires_grad for parameter in self.loaded.network.parameters())

    def _reading(self) -> Reading:
        settings, loaded = self.settings, self.loaded
        return Reading(
            POOLINGS[settings.pooling], loaded.tokenizer, loaded.width, max_cells=settings.max_batch_pieces,
            padded=not loaded.reads_padding, device=self.device, reads_segments=loaded.n_segments > 1,
        )  # fmt: skip
