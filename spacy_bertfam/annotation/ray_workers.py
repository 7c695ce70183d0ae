"""Texts through the workers of a Ray cluster: parts of `annotate`, or a Dataset of one's own."""

import logging
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError, in_one_line
from .parts import Done, Part
from .worker import Worker

if TYPE_CHECKING:
    from ray.data import Dataset

# Ray starts a worker again that dies, and sends it what it had, so many times
RESTARTS = {"max_restarts": -1, "max_task_retries": 10}
N_ROWS = 2048  # of a table that a worker reads


def run_on_ray(
    worker: Worker,
    parts: Iterator[Part],
    tokens: bool,
    done: Done,
    *,
    address: str,
    n_workers: int | None = None,
    num_gpus: float = 0,
) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the lines of each part, in the order in which workers have them; nothing is reported to anybody.

    A worker gets a part when its pipeline is loaded, so that none waits for a machine that is not there yet.

    address (str): "local" for the cores of this machine, "auto", or that of a cluster.
    n_workers (int | None): of one core each; None is one for each core, or share of a GPU, that is free.
    num_gpus (float): of each worker.
    RAISES (UserError): when there is no cluster, a part ends its worker again and again, or no text can be read.
    """
    job = next(parts, None)
    if job is None:
        return
    ray = _connect(address)
    free = ray.available_resources()
    n_workers = n_workers or int(free.get("GPU", 0) / num_gpus if num_gpus else free.get("CPU", 0))
    if not n_workers:
        raise UserError(
            "Ray has no core and GPU free for a worker; expected one, or --n-process N to wait for N."
        )
    remote = ray.remote(num_cpus=1, num_gpus=num_gpus, **RESTARTS)(Worker)
    actors = [remote.remote(**vars(worker)) for _ in range(n_workers)]
    busy: dict[Any, tuple[Any, Part]] = {
        actor.lines.remote(0, [], tokens): (actor, (-1, [])) for actor in actors
    }
    del actors  # one without work ends, and leaves its place to another
    n_parts = 0  # that are being read
    while job is not None or n_parts:
        (result,), _ = ray.wait([*busy])
        actor, (number, texts) = busy.pop(result)
        try:
            lines = ray.get(result)
        except ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, UserError) else error) from None
        except ray.exceptions.RayActorError as error:
            what = f"the texts from {texts[0].id!r} on" if texts else "the pipeline"
            expected = "expected a worker that lives: is there memory for each?"
            raise UserError(f"Workers die of {what} again and again; {expected} ({error})") from error
        except ray.exceptions.RayError as error:  # an answer is lost, a machine has no memory left
            expected = "expected machines that stay, with memory for each worker"
            raise UserError(
                f"Ray has lost a part ({in_one_line(error)}); {expected}: run it again."
            ) from error
        if job is not None:
            busy[actor.lines.remote(*job, tokens)] = actor, job
            job, n_parts = next(parts, None), n_parts + 1
        if texts:
            n_parts -= 1
            yield number, lines
            done(len(texts))


def _connect(address: str) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray = import_module("ray")
    try:
        if not ray.is_initialized():
            ray.init(address=address, include_dashboard=False, logging_level=logging.ERROR)
    except Exception as error:  # of any kind, Exception itself too
        reason = " ".join(str(error).split())[:200]
        expected = "expected local, auto, or the address of a cluster"
        raise UserError(f"Ray does not start at {address} ({reason}); {expected}.") from error
    return ray


def annotate_dataset(
    ds: "Dataset",
    model: str,
    *,
    column: str = "text",
    n_workers: int | None = None,
    num_gpus: float = 0,
    code: Path | None = None,
    **settings: Any,
) -> "Dataset":
    """Annotate a Dataset of Ray Data: its columns, and entities, spans, cats, vector and error.

    model (str): a folder that all machines have, or the name of a package that they have.
    n_workers (int | None): of one core each; None leaves the number to Ray.
    num_gpus (float): of each worker.
    code (Path | None): Python file with registered functions, that all machines have.
    settings (Any): those of `Annotator`: batch_size, min_score, vectors.
    RETURNS (Dataset): nothing is read yet; a worker that dies is started again.
    """
    from ray.data import ActorPoolStrategy

    worker = Worker(model, code=code, is_on_gpu=num_gpus > 0, column=column, settings=settings)
    pool = ActorPoolStrategy(size=n_workers) if n_workers else ActorPoolStrategy(min_size=1)
    return ds.map_batches(
        Worker, fn_constructor_kwargs=vars(worker), batch_format="pyarrow", batch_size=N_ROWS, compute=pool,
        num_cpus=1, num_gpus=num_gpus,
    )  # fmt: skip
