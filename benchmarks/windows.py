"""What windows of other sizes, and other bounds on a chunk of windows, cost and bring."""

from pathlib import Path
from statistics import median
from typing import Callable, Dict, List, Sequence, Tuple

from spacy.tokens import Doc

from benchmarks.peers import System, load_with
from benchmarks.scores import score_rows
from benchmarks.tables import Row

Times = Dict[str, List[Tuple[float, float]]]
Run = Callable[[Dict[str, System]], Times]


def parse_pairs(text: str) -> List[Tuple[int, int]]:
    """ "254/64,126/0" -> [(254, 64), (126, 0)]. Raises a ValueError that names what is not such a pair."""
    pairs = []
    for part in text.split(","):
        window, slash, overlap = part.strip().partition("/")
        if not (slash and window.isdigit() and overlap.isdigit()):
            raise ValueError(f"--pairs: found {part!r}; expected WINDOW/OVERLAP, as 254/64.")
        pairs.append((int(window), int(overlap)))
    return pairs


def compare_windows(
    trained: Path, gold: Sequence[Doc], pairs: Sequence[Tuple[int, int]], run: Run
) -> List[Row]:
    """Words a second and F1 of each pair of window and overlap."""
    texts = [doc.text for doc in gold]
    pipelines = {f"{w}/{o}": load_with(trained, window=w, overlap=o) for w, o in pairs}
    times = run({name: lambda texts, nlp=nlp: list(nlp.pipe(texts)) for name, nlp in pipelines.items()})
    rows = []
    for name, nlp in pipelines.items():
        scores = score_rows(list(nlp.pipe(texts)), gold)[0]
        rows.append({"window/overlap": name, **rates(times[name], gold), **{k: scores[k] for k in "PRF"}})
    return rows


def compare_cells(trained: Path, gold: Sequence[Doc], values: Sequence[int], run: Run) -> List[Row]:
    """Words a second of each bound on the padded pieces of a chunk."""
    pipelines = {str(n): load_with(trained, max_batch_pieces=n) for n in values}
    times = run({name: lambda texts, nlp=nlp: list(nlp.pipe(texts)) for name, nlp in pipelines.items()})
    return [{"max_batch_pieces": name, **rates(times[name], gold)} for name in pipelines]


def rates(times: Sequence[Tuple[float, float]], gold: Sequence[Doc]) -> Row:
    """RETURNS (Row): words by the clock and by processor time, medians over the rounds."""
    n_words = sum(map(len, gold))
    return {
        "words a second": n_words / median(a for a, _ in times),
        "words a processor second": n_words / median(b for _, b in times),
    }
