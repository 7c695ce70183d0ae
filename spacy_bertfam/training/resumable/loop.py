"""spaCy's training loop, which ends between two steps and goes on where it stood.

What it does, and what it writes and prints, is what `spacy.training.loop.train` does; its parts are spaCy's.
"""

import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from math import isfinite
from pathlib import Path
from timeit import default_timer as timer
from typing import IO, Any

from safetensors import SafetensorError
from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training import Example
from spacy.training.loop import (
    DIR_MODEL_BEST,
    DIR_MODEL_LAST,
    clean_output_dir,
    create_before_to_disk_callback,
    create_evaluation_callback,
    create_train_batches,
    subdivide_batch,
    update_meta,
)
from spacy.util import registry, resolve_dot_names
from thinc.api import Optimizer, constant, fix_random_seed, set_gpu_allocator
from wasabi.printer import Printer

from ...errors import Diverged, WriteError, rate_of
from ...files.saving import remove_begun, replaced_whole
from ..stopping import Stop
from .optimizer_state import optimizer_arrays, restore_optimizer
from .randomness import generator_states, restore_generators
from .saved_state import Progress, SavedState, remove_state
from .stream import Fingerprint, Stream

# What loggers are given; whether it is the best evaluation so far, None without one
Step = tuple[dict[str, Any], bool | None]
# What stays when a training has come to its end: nothing, the state too; "never" is not even written
KEEP_UNFINISHED, KEEP_ALWAYS, KEEP_NEVER = "unfinished", "always", "never"
SILENT = Printer(no_print=True)  # returns what it would print


class Training:
    """A training of a pipeline that is initialized, or was trained before.

    nlp (Language): with the full config.
    output (Path | None): receives model-best, model-last and training-state.
    saved (SavedState | None): where it stood; ``nlp`` has the weights of that moment.
    stop (Stop | None): asked between two steps whether to end.
    keep (str): "unfinished", "always" or "never": when ``training-state`` is written, and stays.
    use_gpu (int): as in `spacy train`.
    RAISES (UserError): when corpus or optimizer are not those that ``saved`` comes from.
    """

    def __init__(
        self,
        nlp: Language,
        output: Path | None = None,
        *,
        saved: SavedState | None = None,
        stop: Stop | None = None,
        keep: str = KEEP_UNFINISHED,
        use_gpu: int = -1,
    ) -> None:
        config = nlp.config.interpolate()
        if config["training"]["seed"] is not None:
            fix_random_seed(config["training"]["seed"])
        if use_gpu >= 0 and config["training"]["gpu_allocator"]:
            set_gpu_allocator(config["training"]["gpu_allocator"])
        self.nlp, self.output, self.stop, self.keep = nlp, output, stop or Stop(), keep
        self.settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
        names = [self.settings["train_corpus"], self.settings["dev_corpus"]]
        train_corpus, dev_corpus = resolve_dot_names(config, names)
        self.optimizer: Optimizer = self.settings["optimizer"]
        self.corpus = Fingerprint(train_corpus, saved.corpus if saved else None)
        batches = create_train_batches(
            nlp, self.corpus, self.settings["batcher"], self.settings["max_epochs"]
        )
        self.stream = Stream(batches, saved.stream if saved else None)
        self._score = create_evaluation_callback(nlp, dev_corpus, self.settings["score_weights"])
        self._to_disk = create_before_to_disk_callback(self.settings["before_to_disk"])
        drop = self.settings["dropout"]
        self._dropouts: Iterator[float] = iter(constant(drop) if isinstance(drop, float) else drop)
        self.progress = Progress()
        self._state_at: tuple[int, bool] | None = None  # step and is_evaluated of the state that was written
        if saved is not None:
            self._go_to(saved)

    def run(self, *, stdout: IO[str] = sys.stdout, stderr: IO[str] = sys.stderr) -> bool:
        """Train to the end, or until a stop is asked for. RETURNS (bool): whether it has come to its end."""
        if self.output is not None:
            for name in (DIR_MODEL_BEST, DIR_MODEL_LAST):
                remove_begun(self.output / name)
        if self.progress.step < 0 and self.output is not None:
            clean_output_dir(self.output)
            remove_state(self.output)
        frozen = self.settings["frozen_components"]
        self._introduce(stdout, frozen)
        with self.nlp.select_pipes(disable=frozen):
            log_step, finalize_logger = self.settings["logger"](self.nlp, stdout, stderr)
        try:
            for info, is_best in self.steps():
                if is_best is not None:
                    with self.nlp.select_pipes(disable=frozen):
                        update_meta(self.settings, self.nlp, info)
                    self._save(is_best, info)
                log_step(info if is_best is not None else None)
                if is_best is not None:
                    self.progress.losses = {}
                    self._save_state()
        except (Diverged, WriteError):  # what was saved before is worth more; a full disk is still full
            raise
        except BaseException as error:
            self._rescue(error, stdout)
            raise
        finally:
            finalize_logger()
        self._save_last()
        is_over = not self.stop.is_asked_for or self._is_over()
        if not is_over or self.keep == KEEP_ALWAYS:
            self._save_state()
        elif self.output is not None:
            remove_state(self.output)
        if is_over and self.output is not None:
            place = self.output / DIR_MODEL_LAST
            stdout.write(SILENT.good("Saved pipeline to output directory", place) + "\n")
        return is_over

    def steps(self) -> Iterator[Step]:
        """Take step after step. YIELDS (Step): after each one; what was asked for by a stop is not begun."""
        progress = self.progress
        if not progress.is_evaluated and not self.stop.is_asked_for:
            yield from self._evaluated()
        while not self._is_over() and not self.stop.is_asked_for:
            epoch, batch = next(self.stream, (0, None))
            if batch is None:
                return
            began = timer()
            self._update(epoch, batch)
            progress.step += 1
            progress.epoch = epoch
            progress.words += sum(map(len, batch))
            progress.is_evaluated = bool(progress.step % self.settings["eval_frequency"])
            progress.seconds += timer() - began
            if progress.is_evaluated:
                yield progress.info(), None
            else:
                yield from self._evaluated()

    def _update(self, epoch: int, batch: list[Example]) -> None:
        before_update: Callable[..., Any] | None = self.settings["before_update"]
        frozen = self.settings["frozen_components"]
        if before_update:
            before_update(self.nlp, {"step": self.progress.step + 1, "epoch": epoch})
        drop = next(self._dropouts)
        for part in subdivide_batch(batch, self.settings["accumulate_gradient"]):
            self.nlp.update(
                part,
                drop=drop,
                losses=self.progress.losses,
                sgd=False,  # type: ignore[arg-type]
                exclude=frozen,
                annotates=self.settings["annotating_components"],
            )
        for name, loss in self.progress.losses.items():
            if not isfinite(loss):
                rate = rate_of(self.optimizer) if self.progress.step >= 0 else None
                raise Diverged(f"the loss of the component {name!r}", rate)
        for name, pipe in self.nlp.pipeline:
            has_model = getattr(pipe, "model", None) not in (True, False, None)
            if name not in frozen and getattr(pipe, "is_trainable", False) and has_model:
                pipe.finish_update(self.optimizer)  # type: ignore[attr-defined]  # spaCy has components as functions
        self.optimizer.step_schedules()

    def _evaluated(self) -> Iterator[Step]:
        """YIELDS (Step): the evaluation of the last step; nothing where it was stopped."""
        began, averages = timer(), self.optimizer.averages
        try:
            # weights that are exchanged for their averages are not to be left so
            with nullcontext() if averages else self.stop.at_once(), self.nlp.use_params(averages):
                score, scores = self._score()
        except KeyboardInterrupt:
            if not self.stop.is_asked_for:
                raise
            return
        progress = self.progress
        progress.results.append((float(score), progress.step))
        progress.is_evaluated = True
        progress.seconds += timer() - began
        yield progress.info(score, scores), score == max(progress.results)[0]

    def _is_over(self) -> bool:
        bounds = {name: self.settings[name] for name in ("patience", "max_steps")}
        return self.progress.is_evaluated and self.progress.is_over(**bounds)

    def _save(self, is_best: bool, info: dict[str, Any]) -> None:
        if self.output is None:
            return
        self._save_last()
        info["output_path"] = str(self.output / DIR_MODEL_LAST)
        if is_best:
            with replaced_whole(self.output / DIR_MODEL_BEST) as folder:
                shutil.copytree(self.output / DIR_MODEL_LAST, folder, dirs_exist_ok=True)

    def _save_last(self) -> None:
        if self.output is None:
            return
        place = self.output / DIR_MODEL_LAST
        with self.nlp.use_params(self.optimizer.averages), replaced_whole(place) as folder:
            self._to_disk(self.nlp).to_disk(folder)

    def _rescue(self, error: BaseException, stdout: IO[str]) -> None:
        """Save model-last after an error; weights in the midst of a step are no place to go on from, and the last state
        stays. Without an evaluation nothing was learned that is worth a pipeline."""
        if self.progress.results:
            with suppress(WriteError):
                self._save_last()
        if self.output is not None and isinstance(error, Exception):
            what = f"Aborting and saving the final best model. Encountered exception: {error!r}"
            stdout.write(SILENT.warn(what) + "\n")

    def _save_state(self) -> None:
        """Write what the training needs to go on; where that fails, it goes on now and says so."""
        here = (self.progress.step, self.progress.is_evaluated)
        if self.output is None or self.keep == KEEP_NEVER or self._state_at == here:
            return
        arrays = optimizer_arrays(self.optimizer, self.nlp)
        random, stream = generator_states(), self.stream.start
        state = SavedState(self.progress, self.stream.n_read, self.corpus.found, arrays, random, stream)
        try:
            state.write(self.output, self.nlp)
            self._state_at = here
        except (OSError, SafetensorError) as error:  # the second one too where a disk is full
            warnings.warn(
                f"The state of the training after step {self.progress.step} cannot be saved ({error}). Training goes "
                "on; stopped now, it could go on only from an earlier step, if there is one.",
                stacklevel=2,
            )

    def _go_to(self, saved: SavedState) -> None:
        """Take up a training where it stood: batches are drawn again, the generators come last."""
        self.progress = saved.progress
        self.stream.skip(saved.n_read)
        for _ in range(saved.progress.step + 1):
            next(self._dropouts)
        restore_optimizer(self.optimizer, self.nlp, saved.optimizer, n_steps=saved.progress.step + 1)
        restore_generators(saved.random)

    def _introduce(self, stdout: IO[str], frozen: list[str]) -> None:
        """What spaCy prints before the first step."""
        annotating, step = self.settings["annotating_components"], self.progress.step
        begins = "Initial" if step < 0 else f"Going on after step {step},"
        lines = [f"Pipeline: {self.nlp.pipe_names}"]
        lines += [f"Frozen components: {frozen}"] if frozen else []
        lines += [f"Set annotations on update for: {annotating}"] if annotating else []
        lines += [f"{begins} learn rate: {self.optimizer.learn_rate}"]
        stdout.writelines(SILENT.info(line) + "\n" for line in lines)
