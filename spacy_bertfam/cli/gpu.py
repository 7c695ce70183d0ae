"""The GPU of a command, or a sentence why there is none: spaCy wants CuPy before it looks for a GPU."""

import platform
from importlib import import_module, util

from ..errors import UserError

# By the CUDA that torch was built with; see the extras in setup.cfg
EXTRAS = ("cuda12x", "cuda13x")
CPU = "or leave --gpu-id out, for the CPU"
# How thinc says it, in `spacy train` and `spacy evaluate` too
NO_CUPY, NO_GPU = "Cannot use GPU, CuPy is not installed", "GPU devices detected"


def use_gpu(gpu_id: int, *, silent: bool = False) -> None:
    """Compute on a GPU from here on; below 0 on the CPU.

    silent (bool): do not print which one.
    RAISES (UserError): when there is no such GPU, or what spaCy needs for it is not installed.
    """
    from .spacy_private import setup_gpu

    if gpu_id >= 0 and platform.system() != "Darwin":
        import torch

        if reason := why_no_cuda():
            raise UserError(reason)
        if gpu_id >= (n := torch.cuda.device_count()):
            raise UserError(f"--gpu-id is {gpu_id}, and there are {n} GPUs; expected 0 to {n - 1}.")
    try:
        setup_gpu(gpu_id, silent=True if silent else None)
    except (ValueError, RuntimeError) as error:  # CuPy's errors are RuntimeErrors
        reason = why_no_gpu(error) or f"GPU {gpu_id} cannot be used ({error}); expected another one."
        raise UserError(reason) from error


def why_no_gpu(error: BaseException) -> str | None:
    """RETURNS (str | None): what thinc says of a GPU that it cannot use, with a remedy; None of other errors."""
    text = str(error)
    if text == NO_CUPY:
        return _no_cupy()
    return _no_gpu() if text.startswith("No ") and text.endswith(NO_GPU) else None


def why_no_cuda() -> str | None:
    """RETURNS (str | None): why spaCy cannot compute on a GPU of NVIDIA here, with a remedy; None where it can."""
    import torch
    from thinc.compat import has_cupy

    if not has_cupy:
        return _no_cupy()
    return None if torch.cuda.is_available() else _no_gpu()


def _no_cupy() -> str:
    import torch

    needed = "and spaCy computes on a GPU only with it; expected"
    if util.find_spec("cupy") is not None:
        try:  # what thinc has tried
            import_module("cupy.cublas")
            reason = "no reason given"
        except Exception as error:  # it looks for libraries of the machine
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return (
            f"CuPy is installed and cannot be imported ({reason}), {needed} it and the CUDA libraries that it needs "
            f"(CuPy's own extra ctk has them), {CPU}."
        )
    built = (torch.version.cuda or "").partition(".")[0]
    fits = [extra for extra in EXTRAS if extra == f"cuda{built}x"] or EXTRAS
    commands = " or ".join(f'pip install "spacy-bertfam[{extra}]"' for extra in fits)
    return (
        f"CuPy is not installed, {needed} the extra for the CUDA of this machine, which nvidia-smi shows: {commands}; "
        f"{CPU}."
    )


def _no_gpu() -> str:
    import torch

    found, remedy = "is built for CPUs alone", "with CUDA for a GPU (pytorch.org says how to install it)"
    if torch.version.cuda is not None:
        found, remedy = "finds no GPU", f"with a driver for CUDA {torch.version.cuda}, which nvidia-smi shows"
    return f"torch {torch.__version__} {found}; expected one {remedy}, {CPU}."
