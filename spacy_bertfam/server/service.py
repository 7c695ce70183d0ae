"""The pipelines of a server by their names, each of which is replaced while it is used."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from spacy.language import Language

from ..errors import in_one_line
from .limits import Limits
from .metrics import Metrics
from .model_thread import ModelThread

logger = logging.getLogger(__name__)


class Reloading(Exception):
    """The pipelines are being loaded already."""


class Service:
    """Pipelines, and what is asked of them.

    loaders (Mapping[str, Callable]): by the name of a pipeline, what loads it.
    """

    def __init__(self, loaders: Mapping[str, Callable[[], Language]], limits: Limits) -> None:
        self.loaders, self.limits, self.metrics = loaders, limits, Metrics()
        self.models: dict[str, ModelThread] = {}
        self.is_stopping = False
        self._reloading = asyncio.Lock()

    def start(self) -> None:
        """Load the pipelines. RAISES (Exception): what loading one of them raises."""
        for name in self.loaders:
            self.models[name] = self._start(name)

    def stop(self) -> None:
        """Work on what waits, and end."""
        self.is_stopping = True
        for model in self.models.values():
            model.stop()
        for model in self.models.values():
            model.join()

    @property
    def is_sound(self) -> bool:
        """Whether every pipeline is there to be asked."""
        return not self.is_stopping and all(model.is_alive for model in self.models.values())

    async def reload(self, *, waits: bool = True) -> dict[str, str]:
        """Load the pipelines again, and put each in its place; until then, and where that fails, the earlier one
        answers. What it has taken it works on.

        waits (bool): for a reload that goes on.
        RETURNS (dict[str, str]): by name "reloaded", or the error.
        RAISES (Reloading): when another one goes on, and this does not wait.
        """
        if self._reloading.locked() and not waits:
            raise Reloading
        found = {}
        async with self._reloading:
            for name in self.loaders:
                try:
                    new = await asyncio.to_thread(self._start, name)
                except Exception as error:  # whatever loading raises: the earlier one stays
                    found[name], outcome = in_one_line(error), "failed"
                    logger.error("Model %s: not reloaded: %r", name, found[name])
                else:
                    self.models[name].stop()
                    self.models[name] = new
                    found[name] = outcome = "reloaded"
                self.metrics.reloads.labels(name, outcome).inc()
        return found

    def _start(self, name: str) -> ModelThread:
        return ModelThread(name, self.loaders[name], self.limits, self.metrics).start()
