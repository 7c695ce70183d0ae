"""What a figure was measured on: machine, versions, and the peak memory of the running process."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("spacy-bertfam", "spacy", "thinc", "torch", "transformers", "spacy-transformers")


def describe_machine() -> dict[str, str]:
    """RETURNS (dict[str, str]): processor, cores, load at this moment, system and versions."""
    import torch

    facts = {
        "processor": processor_name(),
        "cores": str(os.cpu_count()),
        "torch threads": str(torch.get_num_threads()),
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    for name in PACKAGES:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts


def processor_name() -> str:
    """RETURNS (str): the model name that Linux knows, else what Python says."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def peak_memory() -> float:
    """RETURNS (float): the most memory that this process has held so far, in megabytes; 0 where unknown."""
    # Not getrusage where there is better: its maximum goes over from a parent to the child that it starts.
    found = _status("VmHWM:")
    if found is not None or sys.platform == "win32":
        return found or 0.0
    import resource

    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def resident_memory() -> float:
    """RETURNS (float): the memory that this process holds now, in megabytes; its peak where that is unknown."""
    found = _status("VmRSS:")
    return peak_memory() if found is None else found


def reset_peak() -> None:
    """Let ``peak_memory`` begin anew, where the system can (Linux)."""
    place = Path("/proc/self/clear_refs")
    if place.is_file():
        place.write_text("5", encoding="utf8")


def _status(row: str) -> float | None:
    """A row of what Linux says of this process, in megabytes; None elsewhere."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf8").splitlines():
            if line.startswith(row):
                return int(line.split()[1]) / 1024
    return None
