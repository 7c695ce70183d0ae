"""Train a pipeline as all workflows do: `spacy train`, calibrated scores, metrics; a wheel where one is wanted."""

import re
from pathlib import Path

import start
import typer
from package_pipeline import package_pipeline_cli

# whose scores `bertfam calibrate` knows
CALIBRATED = {"bertfam_ner", "bertfam_qa"}


def has_scores(pipeline: Path) -> bool:
    """RETURNS (bool): whether a trained pipeline has a component whose scores can be calibrated; where there is no
    pipeline `bertfam calibrate` says so."""
    from spacy.util import load_config

    if not (pipeline / "config.cfg").is_file():
        return True
    components = load_config(pipeline / "config.cfg")["components"].values()
    return any(component.get("factory") in CALIBRATED for component in components)


def part(corpus: Path, name: str) -> str:
    """RETURNS (str): the file of a part of the corpus; or its folder, where it has several files."""
    folder = corpus / name
    return (folder if folder.is_dir() else corpus / f"{name}.spacy").as_posix()


def train_pipeline_cli(
    ctx: typer.Context,
    config: str = typer.Argument(..., help="The config, as `spacy train` has it."),
    name: str = typer.Argument(..., help="Of the folder in training/, and of the file in metrics/."),
    corpus: Path = typer.Argument(
        ..., help="The folder with train.spacy and dev.spacy, or with train/ and dev/."
    ),
    steps: int = typer.Option(..., help="Steps at most, and until the learning rate has fallen to 0."),
    eval_every: int = typer.Option(..., help="Steps between two evaluations."),
    gpu_id: int = typer.Option(-1, help="The GPU; -1 is the CPU."),
    check: bool = typer.Option(
        False, "--check", help="Say before what will go wrong, in metrics/NAME_check.json too."
    ),
    package: str = typer.Option("", help="Make a wheel too, of this name without the language in front."),
    version: str = typer.Option("", help="Of the wheel."),
    card: bool = typer.Option(True, help="The wheel has a README with labels and scores."),
) -> None:
    """Train training/NAME/model-best, calibrate its scores on the dev corpus, where it has any, and evaluate it there.
    Settings of the config (--nlp.lang en) are handed on to `spacy train`."""
    unknown = [word for word in ctx.args if re.match(r"--?[A-Za-z]", word) and "." not in word]
    if unknown:
        raise typer.BadParameter(
            f"found {', '.join(unknown)}; expected an option of this script, or a setting of the config, as "
            "--nlp.lang en."
        )
    best, dev, gpu = f"training/{name}/model-best", part(corpus, "dev"), ["--gpu-id", str(gpu_id)]
    settings = [
        "--paths.train", part(corpus, "train"), "--paths.dev", dev, *ctx.args,
        "--training.max_steps", str(steps), "--training.optimizer.learn_rate.total_steps", str(steps),
        "--training.eval_frequency", str(eval_every),
    ]  # fmt: skip
    if check:
        start.run_module(
            ["spacy", "bertfam", "check", config, *settings, "--report", f"metrics/{name}_check.json"]
        )
    start.run_module(["spacy", "train", config, "--output", f"training/{name}", *gpu, *settings])
    # not a step of its own: `spacy project run` would train again where a later step changes what this one has made
    if has_scores(Path(best)):
        start.run_module(["spacy", "bertfam", "calibrate", best, dev, "--in-place", *gpu])
    start.run_module(["spacy", "evaluate", best, dev, "--output", f"metrics/{name}.json", *gpu])
    if package:
        package_pipeline_cli(Path(best), package, version, examples=None, card=card)


if __name__ == "__main__":
    start.start_script(train_pipeline_cli, allow_extra_args=True, ignore_unknown_options=True)
