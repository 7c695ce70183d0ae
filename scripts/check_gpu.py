"""What of this project computes on a GPU, checked against the CPU by name, and how fast it is there.

    python scripts/check_gpu.py --encoder FOLDER --output OUT

Needs no network: FOLDER is an encoder of Hugging Face, the texts are those of assets/. Beside the project and its
packages it wants CuPy (extra cuda12x or cuda13x) and a torch with CUDA; `spacy-transformers`' listener is checked
where that is installed. OUT gets check_gpu.json and check_gpu.md. The exit code is 1 where a check fails.
`--device cpu` runs the same checks with both sides on the CPU, to see that the script is sound.
"""

import json
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import spacy
import torch
import typer
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_config, registry
from thinc.api import SGD, fix_random_seed, require_cpu, require_gpu, set_gpu_allocator

from spacy_bertfam.encoder.model import encoder_shim

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.foreign import hf_pipeline  # noqa: E402
from benchmarks.tables import markdown_table, report  # noqa: E402

HALF = ("bf16", "fp16")
NEAR = 1e-4  # of a vector or a score in float32
BATCH, N_LAYERS = 8, 2  # of the trainings here
MOST_OTHER = 0.05  # share of the entities that half precision may find differently
N_WARM = 64  # texts before the clock runs
SECONDS_A_SYSTEM = 10  # of a round of speed, which has fewer texts where it would be longer
NEAR_LOSS = 0.1  # of the mean loss of the last ten steps, beside float32 on the CPU
LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "*"}
BASE = {
    "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
}  # fmt: skip


class Failed(Exception):
    """A check has found something else than it expects; its text says what."""


def require(is_so: bool, what: str) -> None:
    if not is_so:
        raise Failed(what)


@dataclass
class Bench:
    """What the checks share: the encoder, annotated texts, and pipelines that are made once."""

    device: str
    encoder: Path
    work: Path
    n_texts: int
    n_steps: int  # of a training
    data: list[dict[str, Any]] = field(default_factory=list)
    losses: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)

    @contextmanager
    def on(self, device: str) -> Iterator[None]:
        """Whatever is made within computes there."""
        if device == "cuda":
            require_gpu(0)
            set_gpu_allocator("pytorch")
        else:
            require_cpu()
        try:
            yield
        finally:
            require_cpu()

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.data]

    def docs(self, nlp: Language, n: int | None = None) -> list[Doc]:
        return [nlp.make_doc(text) for text in self.texts[:n]]

    def examples(self, nlp: Language) -> list[Example]:
        return [
            Example.from_dict(nlp.make_doc(each["text"]), {"entities": list(map(tuple, each["entities"]))})
            for each in self.data
        ]

    def blank(self, head: str = "TokenClassifier", **settings: Any) -> Language:
        """A recognizer on the lowest layers, with random numbers that are the same on each device."""
        fix_random_seed(0)
        config = load_config(ROOT / "configs" / "ner_shared.cfg")
        config["paths"]["encoder"] = str(self.encoder)
        config["components"]["encoder"]["model"].update(
            {"n_layers": N_LAYERS, "mixed_precision": "none", **settings}
        )
        config["components"]["ner"]["model"]["@architectures"] = f"spacy-bertfam.{head}.v1"
        config["training"]["optimizer"]["learn_rate"].update(total_steps=self.n_steps, warmup_steps=5)
        nlp = spacy.util.load_model_from_config(config, auto_fill=True)
        nlp.initialize(lambda: self.examples(nlp)[:60])
        return nlp

    def train(self, nlp: Language, examples: list[Example], n_steps: int | None = None) -> list[float]:
        """RETURNS (list[float]): the loss of each step, all components together; without dropout, so that devices,
        whose random numbers differ, do the same."""
        optimizer = registry.resolve({"o": nlp.config["training"]["optimizer"]})["o"]
        order, losses = random.Random(0), []
        for _ in range(n_steps or self.n_steps):
            found: dict[str, float] = {}
            nlp.update(order.sample(examples, BATCH), sgd=optimizer, drop=0.0, losses=found)
            optimizer.step_schedules()
            losses.append(sum(loss for name, loss in found.items() if name not in ("encoder", "transformer")))
        return losses

    def trained(self, head: str, precision: str, device: str) -> Path:
        """RETURNS (Path): a recognizer that was trained so; its losses are in ``losses``."""
        folder = self.work / f"{head}-{precision}-{device}"
        if not folder.exists():
            with self.on(device):
                nlp = self.blank(head, mixed_precision=precision)
                losses = self.train(nlp, self.examples(nlp))
                self.losses[head, precision, device] = losses
                nlp.to_disk(folder)
        return folder


CHECKS: dict[str, Callable[[Bench], dict[str, Any]]] = {}


def check(name: str) -> Callable[[Any], Any]:
    """Register a check; RETURNS of the check (dict): its figures. It raises ``Failed`` where it fails."""

    def register(function: Any) -> Any:
        CHECKS[name] = function
        return function

    return register


def as_numpy(rows: Any) -> Any:
    return rows if isinstance(rows, np.ndarray) else rows.get()


def vectors(nlp: Language, docs: list[Doc]) -> Any:
    return np.concatenate([as_numpy(rows) for rows in nlp.get_pipe("encoder").model.predict(docs)])


def found_by(nlp: Language, texts: list[str], **options: Any) -> list[list[tuple[int, int, str, float]]]:
    """RETURNS (list): of each text its entities with their scores."""
    return [
        [(e.start_char, e.end_char, e.label_, float(e._.score)) for e in doc.ents]
        for doc in nlp.pipe(texts, **options)
    ]


def compare(one: list[Any], other: list[Any]) -> tuple[int, int, float]:
    """RETURNS (tuple): entities, those that only one side has, and the largest difference of a score."""
    n = n_other = 0
    off = 0.0
    for left, right in zip(one, other, strict=True):
        a, b = ({entity[:3]: entity[3] for entity in side} for side in (left, right))
        n, n_other = n + len(a), n_other + len(a.keys() ^ b.keys())
        off = max([off, *(abs(a[key] - b[key]) for key in a.keys() & b.keys())])
    return n, n_other, off


def require_same(one: list[Any], other: list[Any], what: str) -> dict[str, Any]:
    n, n_other, off = compare(one, other)
    require(n > 0, f"{what}: no entity is found, which shows nothing")
    require(n_other == 0 and off <= NEAR, f"{what}: {n_other} of {n} entities differ, scores by {off:.2g}")
    return {"entities": n, "largest difference": f"{off:.1e}"}


@check("vectors in float32")
def check_vectors(bench: Bench) -> dict[str, Any]:
    found = []
    for device in ("cpu", bench.device):
        with bench.on(device):
            nlp = bench.blank(n_layers=None)
            found.append(vectors(nlp, bench.docs(nlp, 100)))
    off = float(np.abs(found[0] - found[1]).max())
    require(off <= NEAR, f"they differ by {off:.2g}, more than {NEAR}")
    return {"largest difference": f"{off:.1e}", "vectors": len(found[0])}


@check("vectors in half precision")
def check_half(bench: Bench) -> dict[str, Any]:
    figures = {}
    with bench.on("cpu"):
        nlp = bench.blank(n_layers=None)
        expected = vectors(nlp, bench.docs(nlp, 100))
    for precision in HALF:
        with bench.on(bench.device):
            nlp = bench.blank(n_layers=None, precision=precision)
            found = vectors(nlp, bench.docs(nlp, 100))
        length = np.linalg.norm(expected, axis=1)
        off = np.linalg.norm(found - expected, axis=1)[length > 0] / length[length > 0]  # blanks have zeros
        require(float(off.mean()) <= 0.05, f"{precision}: off by {off.mean():.2g} of a vector's length")
        figures[f"{precision}, share of a vector's length"] = f"{off.mean():.1e}"
    return figures


@check("scores of tags, and entities")
def check_entities(bench: Bench) -> dict[str, Any]:
    folder = bench.trained("TokenClassifier", "none", "cpu")
    with bench.on("cpu"):
        nlp = spacy.load(folder)
        docs = list(nlp.pipe(bench.texts[:100], disable=["cleaner"]))
        tags = [as_numpy(rows) for rows in nlp.get_pipe("ner").model.predict(docs)]
        expected = found_by(spacy.load(folder), bench.texts)
    figures: dict[str, Any] = {}
    for precision in ("fp32", *HALF):
        config = {"components.encoder.model.precision": precision}
        with bench.on(bench.device):
            nlp = spacy.load(folder, config=config)
            docs = list(nlp.pipe(bench.texts[:100], disable=["cleaner"]))
            pairs = zip(tags, nlp.get_pipe("ner").model.predict(docs), strict=True)
            off = max(float(np.abs(one - as_numpy(other)).max()) for one, other in pairs if len(one))
            found = found_by(spacy.load(folder, config=config), bench.texts)
        if precision == "fp32":
            require(off <= 10 * NEAR, f"scores of tags differ by {off:.2g}")
            figures |= require_same(expected, found, "in float32")
        n, n_other, _ = compare(expected, found)
        require(n_other <= MOST_OTHER * n, f"{precision}: {n_other} of {n} entities differ")
        figures |= {f"{precision}, tags off by": f"{off:.1e}", f"{precision}, other entities": n_other}
    return figures


def check_training(head: str, precision: str) -> Callable[[Bench], dict[str, Any]]:
    def run(bench: Bench) -> dict[str, Any]:
        bench.trained(head, "none", "cpu")
        folder = bench.trained(head, precision, bench.device)
        expected = bench.losses[head, "none", "cpu"]
        losses = bench.losses[head, precision, bench.device]
        require(bool(np.isfinite(losses).all()), "a loss is no number")
        last, there = float(np.mean(losses[-10:])), float(np.mean(expected[-10:]))
        require(abs(last - there) <= NEAR_LOSS * there, f"last losses {last:.1f}, on the CPU {there:.1f}")
        with bench.on(bench.device):
            shim = encoder_shim(spacy.load(folder).get_pipe("encoder").model)
        require(shim.device.type == bench.device, f"the weights are on {shim.device}")
        return {"first loss": f"{losses[0]:.1f} ({expected[0]:.1f})", "last ten": f"{last:.2f} ({there:.2f})"}

    return run


for _head in ("TokenClassifier", "CRFTokenClassifier"):
    for _precision in ("none", *HALF, *(["gpu"] if _head == "TokenClassifier" else [])):
        CHECKS[f"training, {_head}, mixed precision {_precision}"] = check_training(_head, _precision)


@check("fp16: steps that overflow are left out, and the scale halved")
def check_scaler(bench: Bench) -> dict[str, Any]:
    with bench.on(bench.device):
        nlp = bench.blank(mixed_precision="fp16")
        shim = encoder_shim(nlp.get_pipe("encoder").model)
        first = shim.loss_scale.scale = 2.0**40  # which overflows
        bench.train(nlp, bench.examples(nlp), 12)
    require(shim.loss_scale.scale < first, "the scale is what it was")
    weights = shim.loaded.network.parameters()
    require(all(bool(torch.isfinite(each).all()) for each in weights), "a weight is no number")
    return {"steps left out": int(np.log2(first / shim.loss_scale.scale))}


@check("one encoder for ner, spaCy's tagger and textcat")
def check_shared(bench: Bench) -> dict[str, Any]:
    with bench.on(bench.device):
        nlp = bench.blank()
        tagger = {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER}
        textcat = {"@architectures": "spacy-bertfam.TextCatClassifier.v1", "exclusive_classes": True}
        for name, model in (("tagger", tagger), ("textcat", {**textcat, "tok2vec": LISTENER})):
            nlp.add_pipe(name, before="cleaner", config={"model": model})
        examples = bench.examples(nlp)
        for example in examples:
            has_name = float(bool(example.reference.ents))
            example.reference.cats = {"names": has_name, "none": 1 - has_name}
            for token in example.reference:
                token.tag_ = "X" if token.is_title else "Y"
        with nlp.select_pipes(disable=["encoder", "ner"]):
            nlp.initialize(lambda: examples[:60])
        losses = bench.train(nlp, examples, 30)
        doc = nlp(bench.texts[0])
    require(losses[-1] < losses[0], f"losses {losses[0]:.1f} to {losses[-1]:.1f}")
    require(bool(doc.cats) and all(token.tag_ for token in doc), "a head has left nothing")
    return {"losses": f"{losses[0]:.1f} to {losses[-1]:.1f}"}


@check("on the listener of spacy-transformers")
def check_foreign(bench: Bench) -> dict[str, Any]:
    if find_spec("spacy_transformers") is None:
        return {"left out": "spacy-transformers is not installed"}
    with bench.on(bench.device):
        nlp = spacy.blank("fr")
        model = {"@architectures": "spacy-transformers.TransformerModel.v3", "name": str(bench.encoder)}
        nlp.add_pipe("transformer", config={"model": model})
        nlp.add_pipe("bertfam_ner", name="ner")
        examples = bench.examples(nlp)
        nlp.config["training"]["optimizer"] = bench.blank().config["training"]["optimizer"]
        nlp.initialize(lambda: examples[:60])
        losses = bench.train(nlp, examples[:BATCH], 10)
    require(losses[-1] < losses[0], f"losses {losses[0]:.1f} to {losses[-1]:.1f}")
    return {"losses": f"{losses[0]:.1f} to {losses[-1]:.1f}"}


@check("a training that was stopped and goes on")
def check_resume(bench: Bench) -> dict[str, Any]:
    from typer.testing import CliRunner

    from spacy_bertfam.cli.app import app

    corpus = bench.work / "train.jsonl"
    corpus.write_text("".join(json.dumps(each) + "\n" for each in bench.data[:200]), encoding="utf8")
    reader = {"@readers": "spacy-bertfam.Corpus.v1", "path": str(corpus)}
    config = load_config(ROOT / "configs" / "ner_shared.cfg")
    config["paths"]["encoder"] = str(bench.encoder)
    config["components"]["encoder"]["model"]["n_layers"] = N_LAYERS
    config["corpora"] = {"train": reader, "dev": reader}
    config["training"].update(eval_frequency=10, patience=0)
    config["training"]["logger"] = {"@loggers": "spacy.ConsoleLogger.v1", "progress_bar": False}
    config.to_disk(bench.work / "resume.cfg")
    gpu = ["--gpu-id", "0" if bench.device == "cuda" else "-1"]

    def run(name: str, n_steps: int, *options: str) -> Any:
        output = bench.work / name
        words = ["train", str(bench.work / "resume.cfg"), "--output", str(output), *gpu, *options]
        result = CliRunner().invoke(app, [*words, "--training.max_steps", str(n_steps)])
        require(result.exit_code == 0, f"bertfam train ended with {result.exit_code}: {result.output[-300:]}")
        with bench.on("cpu"):
            network = encoder_shim(spacy.load(output / "model-last").get_pipe("encoder").model).loaded.network
        return torch.cat([weight.detach().flatten() for weight in network.parameters()])

    whole = run("whole", 20)
    stopped = run("parts", 10, "--state", "always")
    resumed = run("parts", 20, "--resume")
    off = float((whole - resumed).norm() / (whole - stopped).norm())
    require(off <= 0.1, f"the weights differ by {off:.2g} of what the resumed steps have moved them")
    why = "bit for bit" if off == 0 else "a GPU adds up in another order each time"
    return {"of the way, weights differ by": f"{off:.1e} ({why})"}


@check("gradient checkpointing, and a step in two parts")
def check_gradients(bench: Bench) -> dict[str, Any]:
    def step(parts: int, **settings: Any) -> Any:
        """RETURNS (Tensor): by how much a step without dropout moves the weights."""
        with bench.on(bench.device):
            nlp = bench.blank(attention="eager", **settings)
            network = encoder_shim(nlp.get_pipe("encoder").model).loaded.network
            for module in network.modules():
                if isinstance(module, torch.nn.Dropout):
                    module.p = 0.0
            before = torch.cat([weight.detach().flatten().clone() for weight in network.parameters()])
            examples = bench.examples(nlp)[:16]
            for i in range(parts):
                nlp.update(examples[i::parts], sgd=False, drop=0.0)  # type: ignore[arg-type]  # as spaCy's loop does
            for _, component in nlp.components:
                if hasattr(component, "finish_update"):
                    component.finish_update(SGD(0.1, L2=0.0))
            after = torch.cat([weight.detach().flatten() for weight in network.parameters()])
            return (after - before).cpu()

    whole = step(1)
    others = {"checkpointing": step(1, gradient_checkpointing=True), "two parts": step(2)}
    off = {name: float((whole - other).norm() / whole.norm()) for name, other in others.items()}
    require(max(off.values()) <= 1e-3, f"the step is another one: {off}")
    return {f"off by, {name}": f"{each:.1e}" for name, each in off.items()}


@check("batch sizes, and a long text")
def check_batches(bench: Bench) -> dict[str, Any]:
    folder = bench.trained("TokenClassifier", "none", "cpu")
    texts = [*bench.texts[:100], " ".join(bench.texts * 3)[:60_000]]
    with bench.on("cpu"):
        expected = found_by(spacy.load(folder), texts)
    figures: dict[str, Any] = {}
    with bench.on(bench.device):
        nlp = spacy.load(folder)
        for size in (1, 7, 256):
            figures |= require_same(expected, found_by(nlp, texts, batch_size=size), f"batches of {size}")
    return figures


@check("calls that a GPU has no room for are halved")
def check_room(bench: Bench) -> dict[str, Any]:
    with bench.on(bench.device):
        nlp = bench.blank()
        shim = encoder_shim(nlp.get_pipe("encoder").model)
        expected, network = vectors(nlp, bench.docs(nlp, 100)), shim.loaded.network
        n_cells, forward = shim.runtime().calls.max_cells, network.forward

        def small(input_ids: Any, **options: Any) -> Any:
            if input_ids.numel() > 512:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory. Made up.")
            return forward(input_ids=input_ids, **options)

        network.forward = small
        off = float(np.abs(vectors(nlp, bench.docs(nlp, 100)) - expected).max())
    require(off <= NEAR, f"vectors differ by {off:.2g}")
    return {"cells of a call": n_cells, "largest difference": f"{off:.1e}"}


@check("replace_listeners")
def check_replaced(bench: Bench) -> dict[str, Any]:
    folder = bench.trained("TokenClassifier", "none", "cpu")
    with bench.on(bench.device):
        nlp = spacy.load(folder)
        expected = found_by(nlp, bench.texts[:100])
        nlp.replace_listeners("encoder", "ner", ["model.tok2vec"])
        nlp.remove_pipe("encoder")
        return require_same(expected, found_by(nlp, bench.texts[:100]), "with an encoder of its own")


@check("saved there, loaded on the CPU, and back")
def check_saved(bench: Bench) -> dict[str, Any]:
    folder = bench.trained("CRFTokenClassifier", "none", bench.device)
    with bench.on(bench.device):
        expected = found_by(spacy.load(folder), bench.texts[:200])
    with bench.on("cpu"):
        nlp = spacy.load(folder)
        figures = require_same(expected, found_by(nlp, bench.texts[:200]), "on the CPU")
        nlp.to_disk(bench.work / "back")
    with bench.on(bench.device):
        require_same(expected, found_by(spacy.load(bench.work / "back"), bench.texts[:200]), "back")
    return figures


def make_base(bench: Bench) -> Path:
    """RETURNS (Path): an encoder of base size with random weights, for speed; pieces of the one that is given."""
    from transformers import AutoModel, AutoTokenizer, BertConfig

    tokenizer = AutoTokenizer.from_pretrained(bench.encoder)
    folder = bench.work / "base"
    pad = tokenizer.pad_token_id
    AutoModel.from_config(BertConfig(vocab_size=len(tokenizer), pad_token_id=pad, **BASE)).save_pretrained(
        folder
    )
    tokenizer.save_pretrained(folder)
    return folder


def make_classifier(bench: Bench, encoder: Path) -> Path:
    """RETURNS (Path): a token classifier of Hugging Face on an encoder, with a random head."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    folder = bench.work / f"classifier-{encoder.name}" / "classifier"
    AutoModelForTokenClassification.from_pretrained(encoder, num_labels=9).save_pretrained(folder)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(folder)
    return folder


def speeds(bench: Bench, encoder: Path) -> Iterator[dict[str, Any]]:
    """Words a second: ours in each precision, and transformers' pipeline, one after the other, on the first of the same
    texts, as many as take ten seconds. The rounds of all take less than four minutes."""
    all_texts = (bench.texts * (1 + bench.n_texts // len(bench.texts)))[: bench.n_texts]
    given, bench.encoder = bench.encoder, encoder
    systems: dict[str, Callable[[list[str]], Any]] = {}
    try:
        with bench.on(bench.device):
            for precision in ("fp32", *(HALF if bench.device == "cuda" else HALF[:1])):
                nlp = bench.blank(n_layers=None, precision=precision)
                systems[f"bertfam {precision}"] = lambda texts, nlp=nlp: list(nlp.pipe(texts))
            classifier = make_classifier(bench, encoder)
            if bench.device == "cuda":
                from transformers import pipeline

                peer = pipeline("ner", model=str(classifier), device=0)
                systems["pipeline('ner'), 32"] = lambda texts: list(peer(texts, batch_size=32))
            else:
                systems["pipeline('ner'), 8"] = hf_pipeline(classifier.parent, batch_size=8)
            for name, system in systems.items():
                system(all_texts[:N_WARM])
                seconds = timed(bench, system, all_texts[:N_WARM])
                texts = all_texts[: max(N_WARM, int(N_WARM * SECONDS_A_SYSTEM / seconds))]
                if bench.device == "cuda":
                    torch.cuda.reset_peak_memory_stats()
                best = min(timed(bench, system, texts) for _ in range(2))
                peak = torch.cuda.max_memory_allocated() / 2**20 if bench.device == "cuda" else float("nan")
                n_words = sum(len(text.split()) for text in texts)
                row = {"encoder": encoder.name, "system": name, "texts": len(texts)}
                yield {**row, "words a second": round(n_words / best), "peak MiB of the GPU": f"{peak:.0f}"}
    finally:
        bench.encoder = given


def timed(bench: Bench, system: Callable[[list[str]], Any], texts: list[str]) -> float:
    began = time.perf_counter()
    system(texts)
    if bench.device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def main(
    encoder: Annotated[Path, typer.Option(help="Hugging Face folder of an encoder", exists=True)],
    device: Annotated[str, typer.Option(help="cuda, or cpu to see that the script is sound")] = "cuda",
    output: Annotated[Path | None, typer.Option(help="Folder for check_gpu.json and check_gpu.md")] = None,
    n_texts: Annotated[int | None, typer.Option(help="Texts for speed; 4,000 on a GPU, 100 on a CPU")] = None,
    only: Annotated[str, typer.Option(help="Only checks with this in their name")] = "",
    speed: Annotated[bool, typer.Option(help="Measure words a second, too")] = True,
) -> None:
    """Check what computes on a GPU against the CPU, and measure it."""
    if device not in ("cuda", "cpu"):
        raise typer.BadParameter(f"--device is {device!r}; expected cuda or cpu")
    if device == "cuda":
        from spacy_bertfam.cli.gpu import why_no_cuda

        if reason := why_no_cuda():
            typer.echo(reason, err=True)
            raise typer.Exit(2)
    rows, n_failed, began = [], 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as work:
        n_steps, n_default = (50, 4000) if device == "cuda" else (12, 100)  # a CPU is slow in fp16
        bench = Bench(device, encoder.resolve(), Path(work), n_texts or n_default, n_steps)
        lines = (ROOT / "assets" / "fr_dev.jsonl").read_text(encoding="utf8").splitlines()
        bench.data = [each for each in map(json.loads, lines) if len(each["text"]) < 300]
        bench.data = bench.data[: 400 if device == "cuda" else 120]
        for name, run in CHECKS.items():
            if only not in name:
                continue
            start = time.perf_counter()
            try:
                figures, result = run(bench), "passes"
            except Exception as error:  # each check is to have its turn
                known = isinstance(error, Failed)
                figures, result = (
                    {"": f"{'' if known else type(error).__name__ + ': '}{error}"[:300]},
                    "FAILS",
                )
                n_failed += 1
                if not known:
                    traceback.print_exc()
            text = "; ".join(f"{key} {value}".strip() for key, value in figures.items())
            rows.append(
                {"check": name, "": result, "seconds": round(time.perf_counter() - start, 1), "figures": text}
            )
            typer.echo(f"{result}  {name} ({rows[-1]['seconds']} s): {text}")
        measured, n_passed = [], len(rows) - n_failed
        try:
            for each in [bench.encoder, make_base(bench)] if speed and not only else []:
                for row in speeds(bench, each):
                    typer.echo(str(row))
                    measured.append(row)
        except Exception:  # what was checked is not to be lost
            traceback.print_exc()
            n_failed += 1
    tables = {"Checks": rows, **({"Speed": measured} if measured else {})}
    for table in tables.values():
        typer.echo(f"\n{markdown_table(table)}\n")
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        name = torch.cuda.get_device_name(0) if device == "cuda" else "cpu"
        report("GPU", tables, output / "check_gpu.json", device=name, encoder=encoder.name)
    typer.echo(f"{n_passed} of {len(rows)} checks pass, in {time.perf_counter() - began:.0f} s.")
    raise typer.Exit(int(n_failed > 0))


if __name__ == "__main__":
    typer.run(main)
