"""Opens each folder in a folder by both doors, in one process; prints seconds, memory and the error as JSON lines.

Usage: python measure_hostile.py GOOD FOLDER. Memory is the process's peak since before the first bad one, in MB.
"""

import json
import resource
import sys
import time
from pathlib import Path

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.gate import check_folder


def peak_mb() -> float:
    """The most memory that the process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1 << 20
    )


def main() -> None:
    """A sound checkpoint first: what torch and transformers take by themselves does not count."""
    read_checkpoint(Path(sys.argv[1]))
    before = peak_mb()
    for folder in sorted(Path(sys.argv[2]).glob("case-*")):
        errors, start = [], time.perf_counter()
        for opened in (check_folder, read_checkpoint):
            try:
                opened(folder)
            except ValueError as error:
                errors.append(f"{type(error).__name__}: {error}")
        seconds = time.perf_counter() - start
        print(
            json.dumps(
                {"case": folder.name[5:], "errors": errors, "seconds": seconds, "mb": peak_mb() - before}
            )
        )


if __name__ == "__main__":
    main()
