"""Texts through the workers of a Ray cluster: parts of `annotate`, or a Dataset of one's own."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .annotate import Run
from .parts import Done, Part
from .worker import Worker

if TYPE_CHECKING:
    from ray.data import Dataset

# A worker that dies is started again, by Ray; the texts that it had are read again so many times
N_TRIES = 10
RESTARTS = {"max_restarts": -1, "max_task_retries": N_TRIES}
N_ROWS = 2048  # of a table that a worker reads


@contextmanager
def ray_workers(address: str, model: str, **settings: Any) -> Iterator[Run]:
    """Within it parts can be read by the workers of a cluster; nothing is reported to anybody.

    address (str): "local" for the cores of this machine, "auto", or that of a cluster.
    settings (Any): those of `run_on_ray`.
    RAISES (UserError): when there is no cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    try:
        ray.init(address=address, include_dashboard=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, TimeoutError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"--ray: {address} cannot be reached ({reason}); expected local, auto, or the address of a cluster."
        ) from error
    try:
        yield partial(run_on_ray, model=model, **settings)
    finally:
        ray.shutdown()


def run_on_ray(
    parts: Iterator[Part],
    done: Done,
    *,
    model: str,
    tokens: bool,
    n_workers: int | None = None,
    num_gpus: float = 0,
    **settings: Any,
) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the lines of each part, in the order in which workers have them.

    A worker gets a part when its pipeline is loaded, so that none waits for a machine that is not there yet.

    tokens (bool): see `Annotator.entries`.
    n_workers (int | None): of one core each; None is one for each core, or for its share of a GPU, that is free.
    num_gpus (float): of each worker.
    settings (Any): those of `Worker`.
    RAISES (UserError): when workers die again and again, or cannot read anything.
    """
    import ray
    from ray.exceptions import RayActorError, RayTaskError

    job = next(parts, None)
    if job is None:
        return
    kind = ray.remote(num_cpus=1, num_gpus=num_gpus, **RESTARTS)(Worker)
    busy: dict[Any, tuple[Any, Part | None]] = {}  # reference of a result -> its worker and part
    for _ in range(n_workers or _n_free(num_gpus)):
        worker = kind.remote(_of_all(model), is_on_gpu=num_gpus > 0, **settings)
        busy[worker.ready.remote()] = worker, None
    n_parts = 0  # that are being read
    while job is not None or n_parts:
        (reference,), _ = ray.wait([*busy])
        worker, part = busy.pop(reference)
        try:
            lines = ray.get(reference)
        except RayTaskError as error:
            raise (error.cause if isinstance(error.cause, UserError) else error) from None
        except RayActorError as error:
            raise UserError(
                f"A worker has died {N_TRIES + 1} times over the same {'texts' if part else 'pipeline'} ({error}); "
                "expected one that ends: is there enough memory for each of them?"
            ) from error
        if job is not None:
            busy[worker.lines.remote(*job, tokens=tokens)] = worker, job
            job, n_parts = next(parts, None), n_parts + 1
        if part is not None:
            n_parts -= 1
            yield part[0], lines
            done(len(part[1]))


def _of_all(model: str) -> str:
    """A worker has another working directory."""
    return str(Path(model).absolute()) if Path(model).exists() else model


def _n_free(num_gpus: float) -> int:
    import ray

    free = ray.available_resources()
    n = int(free.get("GPU", 0) / num_gpus) if num_gpus else int(free.get("CPU", 0))
    if n < 1:
        found = f"{free.get('CPU', 0):g} cores and {free.get('GPU', 0):g} GPUs free"
        raise UserError(
            f"The Ray cluster has {found}; expected a core and {num_gpus:g} GPUs for a worker, or --n-process to wait "
            "for so many."
        )
    return n


def annotate_dataset(
    ds: "Dataset", model: str, *, n_workers: int | None = None, num_gpus: float = 0, **settings: Any
) -> "Dataset":
    """Annotate a Dataset of Ray Data: its columns, and entities, spans, cats, vector and error.

    model (str): a folder that all machines have, or the name of a package that they have.
    n_workers (int | None): of one core each; None leaves the number to Ray.
    num_gpus (float): of each worker.
    settings (Any): those of `Worker`: column, batch_size, min_score, vectors, code.
    RETURNS (Dataset): nothing is read yet; a worker that dies is started again.
    """
    from ray.data import ActorPoolStrategy

    return ds.map_batches(
        Worker,
        fn_constructor_args=(_of_all(model),),
        fn_constructor_kwargs={"is_on_gpu": num_gpus > 0, **settings},
        batch_format="pyarrow",
        batch_size=N_ROWS,
        compute=ActorPoolStrategy(size=n_workers) if n_workers else ActorPoolStrategy(min_size=1),
        num_cpus=1,
        num_gpus=num_gpus,
    )
