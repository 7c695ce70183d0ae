"""What every system beside ours is: texts in, anything out; and how a head for it learns a little."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example

System = Callable[[Sequence[str]], Any]
# A folder and the language -> the system. The folder has ``classifier`` (a token classifier of Hugging Face) and
# ``gold.spacy`` (annotated sentences); what is trained here is left there too
Build = Callable[[Path, str], System]
# Characters that a text may have, in place of spaCy's million: how long it may be is what is measured
ANY_LENGTH = 10**9


def transition_ner(listener: dict[str, Any]) -> dict[str, Any]:
    """RETURNS (Dict): the config of spaCy's own recognizer over a shared encoder."""
    return {
        "model": {
            "@architectures": "spacy.TransitionBasedParser.v2",
            "state_type": "ner",
            "extra_state_tokens": False,
            "hidden_width": 64,
            "maxout_pieces": 2,
            "use_upper": False,
            "nO": None,
            "tok2vec": listener,
        }
    }


def teach_head(nlp: Language, gold: Path, *, n_steps: int = 30) -> None:
    """Initialize a pipeline, and train it for a few steps on annotated sentences (a file of a DocBin)."""
    docs = DocBin().from_disk(gold).get_docs(nlp.vocab)
    examples = [Example(nlp.make_doc(doc.text), with_tags(doc)) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)  # all of them: a label may come late
    optimizer.learn_rate = 0.001
    for step in range(n_steps):
        start = step * 8 % max(1, len(examples) - 8)
        nlp.update(examples[start : start + 8], sgd=optimizer)


def with_tags(doc: Doc) -> Doc:
    """The Doc itself; each token's tag says what entity it is in, for a head that learns tags."""
    for token in doc:
        token.tag_ = f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type_ else "O"
    return doc
