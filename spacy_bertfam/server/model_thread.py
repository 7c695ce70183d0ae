"""A thread with one pipeline, which gathers the texts that wait for it into batches."""

import logging
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timezone
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from spacy.language import Language

from ..encoder.attention import NoAttention
from ..pipeline.qa import BertfamQA
from .jobs import Job, has_attention
from .limits import Limits
from .metrics import Metrics

logger = logging.getLogger(__name__)
TRIAL = "Claire vit à Paris."


class Full(Exception):
    """More texts wait than may."""


class Ended(Full):
    """The thread takes no text any more."""


class Failed(Exception):
    """A text that could not be worked on: the kind of the error alone, whose frames hold memory of its batch."""


class Unfit(Failed):
    """A text of which this cannot be had: the sentence that says why."""


class ModelThread:
    """Loads a pipeline in a thread, and works there until it is stopped; a pipeline has no other thread."""

    def __init__(self, name: str, load: Callable[[], Language], limits: Limits, metrics: Metrics) -> None:
        self.name, self.load, self.limits, self.metrics = name, load, limits, metrics
        self.about: dict[str, Any] = {}
        self._waiting: deque[Job] = deque()
        self._changed = Condition()
        self._is_open = False
        self._thread = Thread(target=self._run, name=f"model {name}", daemon=True)
        self._loaded: Future[None] = Future()

    @property
    def is_alive(self) -> bool:
        """Whether what is submitted is worked on."""
        return self._is_open and self._thread.is_alive()

    def start(self) -> "ModelThread":
        """Return when the pipeline is loaded and has read a text. RAISES (Exception): what loading it raises."""
        self._thread.start()
        self._loaded.result()
        return self

    def submit(self, jobs: Sequence[Job]) -> None:
        """Let all wait for their turn, or none. RAISES (Full): when there is no room for them."""
        with self._changed:
            if not self._is_open:
                raise Ended
            room = self.limits.queue - len(jobs)
            if len(self._waiting) > room:  # without those that nobody waits for any more
                self._waiting = deque(job for job in self._waiting if not job.future.cancelled())
            if len(self._waiting) > room:
                raise Full
            self._waiting.extend(jobs)
            self.metrics.waiting.labels(self.name).set(len(self._waiting))
            self._changed.notify()

    def stop(self) -> None:
        """Take nothing any more; what waits is worked on."""
        with self._changed:
            self._is_open = False
            self._changed.notify()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def _run(self) -> None:
        try:
            nlp = self._load()
        except BaseException as error:  # it is raised in ``start``
            self._loaded.set_exception(error)
            return
        self._is_open = True
        self._loaded.set_result(None)
        try:
            while batch := self._next_batch():
                with nlp.memory_zone():
                    self._work(nlp, batch)
                batch = []
        finally:  # where it ends by an error of ours, nobody waits for it in vain
            self.stop()
            for job in [*batch, *self._waiting]:
                if not job.future.cancel() and not job.future.done():
                    job.future.set_exception(Failed("the model has ended"))

    def _load(self) -> Language:
        nlp = self.load()
        with nlp.memory_zone():
            # what makes its parts at the first text has them, and a broken one is not served
            doc = nlp(TRIAL)
            self.about = {
                "name": self.name,
                "lang": nlp.lang,
                "version": str(nlp.meta.get("version", "")),
                "components": list(nlp.pipe_names),
                "categories": bool(doc.cats),
                "answers": any(isinstance(pipe, BertfamQA) for _, pipe in nlp.pipeline),
                "vectors": bool(doc.vector.size),
                "attention": has_attention(nlp),
                "loaded": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            }
        return nlp

    def _next_batch(self) -> list[Job]:
        """RETURNS (list[Job]): what waits, up to the size of a batch; empty when there will be nothing any more."""
        batch: list[Job] = []
        with self._changed:
            while not batch:
                self._changed.wait_for(lambda: self._waiting or not self._is_open)
                if not self._waiting:
                    break
                size = 0
                while self._waiting and len(batch) < self.limits.batch:
                    size += len(self._waiting[0].text) + len(self._waiting[0].question or "")
                    if batch and size > self.limits.together:
                        break
                    job = self._waiting.popleft()
                    if job.future.set_running_or_notify_cancel():  # else nobody waits for it any more
                        batch.append(job)
            self.metrics.waiting.labels(self.name).set(len(self._waiting))
        return batch

    def _work(self, nlp: Language, batch: list[Job]) -> None:
        self.metrics.batch.labels(self.name).observe(len(batch))
        for work in dict.fromkeys(job.work for job in batch):
            jobs = [job for job in batch if job.work is work]
            for job, result in zip(jobs, work(nlp, jobs), strict=True):
                self._answer(job, result)

    def _answer(self, job: Job, result: Any) -> None:
        texts = self.metrics.texts  # counted before anybody is told
        try:
            if isinstance(result, Exception):
                raise result
            answer = job.read(result)
        except Exception as error:  # that of this text, which is told to who sent it
            # not its message: that may hold the text, which is none of the log's business
            logger.warning("Model %s: a text failed: %s", self.name, place_of(error))
            texts.labels(self.name, "failed").inc()
            is_unfit = isinstance(error, NoAttention)
            job.future.set_exception(Unfit(str(error)) if is_unfit else Failed(type(error).__name__))
        else:
            texts.labels(self.name, "done").inc()
            job.future.set_result(answer)


def place_of(error: BaseException) -> str:
    """RETURNS (str): kind of an error, and the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place
