"""Make a wheel of a pipeline as all workflows do: `spacy package`, its card, and the wheel itself."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import start
import typer

# in this environment, whose setuptools the extra `package` installs: nothing is fetched
COMMAND = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]


def package_pipeline_cli(
    pipeline: Path = typer.Argument(..., help="The folder of the pipeline."),
    name: str = typer.Option(..., help="Of the package, without the language in front."),
    version: str = typer.Option(..., help="Of the package."),
    examples: str | None = typer.Option(None, help="Texts for the card, line by line."),
    card: bool = typer.Option(True, help="A README with labels and scores."),
) -> None:
    """Make packages/LANG_NAME-VERSION of a pipeline, and its wheel in dist/ there."""
    named = ["--name", name, "--version", version]
    start.run_module(
        ["spacy", "package", pipeline.as_posix(), "packages", *named, "--build", "none", "--force"]
    )
    lang = json.loads((pipeline / "meta.json").read_text(encoding="utf8"))["lang"]
    folder = Path("packages", f"{lang}_{name}-{version}")
    if card:
        texts = ["--examples", examples] if examples else []
        command = ["spacy", "bertfam", "card", pipeline.as_posix(), "--output", folder.as_posix()]
        start.run_module([*command, *named, *texts])
    build_wheel(folder)


def build_wheel(folder: Path) -> None:
    """Build the wheel of a folder that `spacy package` has made into its dist/. The 100 lines and more that setuptools
    prints, warnings of an importable package for each folder of data among them, are shown where it cannot be built."""
    shutil.rmtree(folder / "build", ignore_errors=True)  # files of an earlier build would be packed too
    done = subprocess.run(
        [*COMMAND, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf8",
        errors="replace",
        check=False,
    )
    wheels = sorted((folder / "dist").glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime)
    if done.returncode or not wheels:
        typer.echo(done.stdout, err=True)
        typer.echo(
            f"Error: the wheel of {folder} was not built (exit code {done.returncode}), see above. It takes `build`, "
            '`setuptools`: python -m pip install ".[package]"',
            err=True,
        )
        raise typer.Exit(1)
    typer.echo(f"{wheels[-1]}: written, {wheels[-1].stat().st_size / 1e6:,.1f} MB")


if __name__ == "__main__":
    start.start_script(package_pipeline_cli)
