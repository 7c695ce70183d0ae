"""`python -m benchmarks.audit CORPUS ENCODER OUT`: of mistakes made on purpose, how many stand on top of the list?

Runs of neighboring texts are drawn from a `.spacy` file, one in twenty of their entities is spoiled, and the audit is
asked for its list; beside it the lists of cleanlab's token method (`pip install cleanlab`) on the same cross-validated
probabilities: the marginals of the lattice, by label (O and the labels) and by tag. OUT keeps the folds; the same
command goes on after them.

An entry of a list is right if it shares a token with a mistake: with the spoiled entity as it was or as it is. Of the
first N entries, N being the number of mistakes, precision is the share that is right, recall the share of the mistakes
that an entry is right about. cleanlab's entries are tokens; as places, those of one entity, and neighbors, are one.
"""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from spacy.tokens import Doc, DocBin
from spacy.training.iob_utils import doc_to_biluo_tags

from benchmarks.corpus import read_docs
from benchmarks.spoiling import Spoiled, spoil
from benchmarks.tables import write_json
from spacy_bertfam.audit.audit import audit
from spacy_bertfam.audit.folds import Unseen, cross_validate, fold_config
from spacy_bertfam.decoding.decode import read_scores, scaled_chain
from spacy_bertfam.decoding.lattice import forward_backward
from spacy_bertfam.training.stopping import Stop
from spacy_bertfam.types import Floats

RUN = 50  # texts that are drawn together
Place = tuple[int, int, int]  # index of the text, first token, token after the last


def draw(docs: Sequence[Doc], n_texts: int) -> list[Doc]:
    """Runs of neighbors, always the same."""
    docs = [doc for doc in docs if doc.text.strip()]
    starts = sorted(random.Random(0).sample(range(0, len(docs) - RUN, RUN), n_texts // RUN))
    return [docs[i] for start in starts for i in range(start, start + RUN)]


def marginals(docs: Sequence[Doc], part: Unseen) -> Floats:
    """The probability of each tag at each token; Shape: (n_tokens, n_tags)."""
    lengths = np.array([len(docs[i]) for i in part.texts])
    scores, _ = read_scores(part.rows, lengths, part.temperature, None, None)
    found = forward_backward(scores.pack(lengths), scaled_chain(part.tag_set, part.learned, part.temperature))
    rows = (found.forward * found.backward)[found.packed.place]
    shares: Floats = rows / rows.sum(axis=1, keepdims=True)
    return shares


def cleanlab_lists(docs: Sequence[Doc], parts: Sequence[Unseen], *, by_label: bool) -> dict[str, list[Place]]:
    """RETURNS (dict[str, list[Place]]): cleanlab's tokens, those as places, and its texts; worst first."""
    from cleanlab.token_classification.filter import find_label_issues
    from cleanlab.token_classification.rank import get_label_quality_scores

    labels, shares, order = [], [], [int(i) for part in parts for i in part.texts]
    for part in parts:
        own, classes = marginals(docs, part), part.tag_set.label_ids + 1
        if by_label:
            own = np.stack([own[:, classes == k].sum(axis=1) for k in range(classes.max() + 1)], axis=1)
        shares += np.split(own, np.cumsum([len(docs[i]) for i in part.texts])[:-1])
        for i in part.texts:
            ids = part.tag_set.ids_by_biluo(doc_to_biluo_tags(docs[i]))
            labels.append((classes[ids] if by_label else ids).tolist())
    issues = find_label_issues(labels, shares, n_jobs=1)
    tokens = [(order[i], k, k + 1) for i, k in issues]
    quality, _ = get_label_quality_scores(labels, shares)
    texts = [(order[i], 0, len(docs[order[i]])) for i in np.argsort(quality)]
    name = "labels" if by_label else "tags"
    return {
        f"cleanlab, {name}, tokens": tokens,
        f"cleanlab, {name}, places": as_places(docs, tokens),
        f"cleanlab, {name}, texts": texts,
    }


def as_places(docs: Sequence[Doc], tokens: Iterable[Place]) -> list[Place]:
    """Tokens of one entity, or beside a place that came before, are no new place."""
    found: list[Place] = []
    for i, start, end in tokens:
        for ent in docs[i].ents:
            if ent.start <= start < ent.end:
                start, end = ent.start, ent.end
        if not any(i == j and start <= last and first <= end for j, first, last in found):
            found.append((i, start, end))
    return found


def measure(places: Sequence[Place], mistakes: Sequence[Spoiled], n: int) -> tuple[float, float]:
    """RETURNS (tuple[float, float]): precision and recall of the first ``n`` entries."""
    right = [
        {m for m in mistakes if m.text == i and m.start < end and start < m.end}
        for i, start, end in places[:n]
    ]
    return sum(map(bool, right)) / max(1, len(right)), len(set().union(*right)) / len(mistakes)


def main(
    corpus: Annotated[Path, typer.Argument(help="Annotated texts, a .spacy file")],
    encoder: str,
    out: Path,
    lang: str = "fr",
    texts: int = 2500,
    share: Annotated[float, typer.Option(help="Of the entities to spoil; 0 for none")] = 0.05,
    folds: int = 4,
    steps: int = 180,
    n_layers: int | None = None,
    rate: float | None = None,
    seed: Annotated[int, typer.Option(help="Of the mistakes")] = 0,
) -> None:
    """Print the table."""
    docs = draw(read_docs(corpus, lang), texts)
    mistakes = spoil(docs, share, seed=seed)
    settings = {
        "components.encoder.model.n_layers": n_layers,
        "components.encoder.model.mixed_precision": "auto",
        "training.optimizer.learn_rate.initial_rate": rate,
    }
    n_words = sum(map(len, docs))
    config = fold_config(encoder, lang, n_words, steps=steps, overrides=settings)
    out.mkdir(parents=True, exist_ok=True)
    parts = list(cross_validate(docs, config, out, n_folds=folds, stop=Stop()))
    found = audit(docs, parts)
    write_json(out / "audit.json", found.as_json())
    DocBin(docs=docs).to_disk(out / "audited.spacy")
    print(f"{len(docs)} texts, {n_words} words, {found.n_entities} entities, {len(mistakes)} spoiled")
    print(f"findings (all, confident): {found.counts}")
    if not mistakes:
        return
    ours = [(one.text, one.start, one.end) for one in found.findings]
    lists = {"ours, places": ours}
    lists["ours, texts"] = [(i, 0, len(docs[i])) for i in dict.fromkeys(i for i, _, _ in ours)]
    for by_label in (True, False):
        lists |= cleanlab_lists(docs, parts, by_label=by_label)
    for name, places in lists.items():
        rows = [measure(places, mistakes, n) for n in (len(mistakes), 2 * len(mistakes))]
        print(f"{name:26} {len(places):5} entries", *(f"  P {p:.3f} R {r:.3f}" for p, r in rows))


if __name__ == "__main__":
    typer.run(main)
