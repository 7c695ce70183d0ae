"""What a figure was measured on: machine, versions, and the memory of the running process."""

import os
import platform
import sys
from math import nan
from pathlib import Path


def describe_machine() -> dict[str, str]:
    """RETURNS (dict[str, str]): processor, cores, load at this moment, system and versions."""
    import torch

    from spacy_bertfam.cli.info import installed_versions

    return {
        "processor": processor_name(),
        "cores": str(os.cpu_count()),
        "torch threads": str(torch.get_num_threads()),
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        **{name: found for name, found in installed_versions().items() if found != "not installed"},
    }


def processor_name() -> str:
    """RETURNS (str): the model name that Linux knows, else what Python says."""
    return _row(Path("/proc/cpuinfo"), "model name") or platform.processor() or "unknown"


def peak_memory() -> float:
    """RETURNS (float): the most memory that this process has held so far, in megabytes; 0 where unknown."""
    # Not getrusage where there is better: its maximum goes over from a parent to the child that it starts.
    found = _megabytes("VmHWM")
    if found or sys.platform == "win32":
        return found
    import resource

    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def resident_memory(process: int | str = "self") -> float:
    """RETURNS (float): the memory that a process holds now, in megabytes; where that is unknown the peak of this one,
    and NaN of another."""
    return _megabytes("VmRSS", process) or (peak_memory() if process == "self" else nan)


def reset_peak() -> None:
    """Let ``peak_memory`` begin anew, where the system can (Linux)."""
    place = Path("/proc/self/clear_refs")
    if place.is_file():
        place.write_text("5", encoding="utf8")


def _megabytes(name: str, process: int | str = "self") -> float:
    return int(_row(Path(f"/proc/{process}/status"), name).partition(" ")[0] or 0) / 1024


def _row(place: Path, name: str) -> str:
    """RETURNS (str): what stands after a name and a colon in what Linux says; "" where there is none."""
    lines = place.read_text(encoding="utf8").splitlines() if place.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
