"""Install a pipeline's wheel into a clean virtual environment and let it read one sentence, offline."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from enum import Enum
from pathlib import Path

import typer
from start import start_script

SENTENCE = "Emmanuel Macron a rencontré Ursula von der Leyen à Strasbourg."

NEXT = (
    "python -m spacy project run ner . --vars.train TRAIN.jsonl --vars.dev DEV.jsonl   (a corpus of your own)"
)

# Runs in the new environment; whatever opens a connection there fails
READ = """
import json, socket, sys
def refuse(*arguments):
    raise OSError("no network in this test")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import spacy
doc = spacy.load(sys.argv[1])(sys.argv[2])
ents = [[ent.text, ent.label_, None if ent._.score is None else round(ent._.score, 3)] for ent in doc.ents]
print("\\n" + json.dumps(ents))
"""


class WheelError(ValueError):
    """What keeps the wheel from being tried, in one sentence."""


class Packages(str, Enum):
    """Where the new environment has its packages from."""

    own = "own"
    shared = "shared"


def try_wheel(wheel: Path, plugin: Path, folder: Path, text: str, *, share: bool = False) -> list[list]:
    """Make the environment `folder`, install, load, read `text`. RETURNS (list): [entity, label, score] of each.

    plugin (Path): this project, or a wheel of it: the pipeline requires it.
    share (bool): the new environment sees the packages of the running one; no gigabytes are unpacked.
    Raises WheelError.
    """
    for path in (wheel, plugin):
        if not path.exists():
            raise WheelError(f"There is no {path}: run `python -m spacy project run package` first.")
    if folder.exists() and not (folder / "pyvenv.cfg").is_file():
        raise WheelError(f"{folder} is there and is no virtual environment: name another --folder.")
    typer.echo(f"Making a clean environment in {folder} ...")
    venv.create(folder, clear=True, with_pip=True)
    if share:
        _see_packages_of_this_environment(folder)
        typer.echo(
            f"Installing {wheel.name} into it; other packages are those of the running environment ..."
        )
    else:
        typer.echo(
            f"Installing {wheel.name} and all that it needs into it, torch too: this takes minutes ..."
        )
    python, name = _python_of(folder), wheel.name.split("-")[0]
    # with all packages to fetch, pip shows how far it is
    quiet = ["--quiet"] if share else []
    _call([python, "-m", "pip", "install", *quiet, str(plugin), str(wheel)], "pip install", shows=not share)
    typer.echo(f"Loading {name} there, without a network ...")
    # -I and another folder: nothing of this project may be found but what pip has installed
    printed = _call([python, "-I", "-c", READ, name, text], f"spacy.load({name!r})", folder)
    return json.loads(printed.strip().splitlines()[-1])


def _python_of(folder: Path) -> str:
    """An absolute path: the program is started from another folder."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return str(folder.absolute().joinpath(*parts))


def _see_packages_of_this_environment(folder: Path) -> None:
    """The folders that it has of others too, the user's or the system's: their .pth files are not read again."""
    own = sysconfig.get_path("purelib", vars={"base": str(folder.absolute())})
    others = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    seen = dict.fromkeys([sysconfig.get_path("purelib"), *others])
    Path(own, "shared.pth").write_text("\n".join(seen) + "\n", encoding="utf8")


def _call(command: list[str], what: str, cwd: Path | None = None, *, shows: bool = False) -> str:
    """Run a command. RETURNS (str): what it printed; nothing where it ``shows`` it instead. Raises WheelError."""
    environ = {**os.environ, "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1"}
    stdout = None if shows else subprocess.PIPE
    sys.stdout.flush()
    done = subprocess.run(command, cwd=cwd, env=environ, stdout=stdout, encoding="utf8", check=False)
    if done.returncode:
        raise WheelError(
            f"{what} ended with exit code {done.returncode} in the clean environment: see above."
        )
    return done.stdout or ""


def try_wheel_cli(
    wheel: Path = typer.Argument(
        ..., help="The wheel of the pipeline, as spacy package makes it, or its folder."
    ),
    output: Path = typer.Argument(..., help="The JSON file to write: [entity, label, score] of each."),
    plugin: Path = typer.Option(Path("."), help="This project's folder, or its wheel."),
    folder: Path = typer.Option(Path("output/clean_env"), help="Where to make the environment."),
    text: str = typer.Option(SENTENCE, help="The sentence to read."),
    packages: Packages = typer.Option(
        Packages.shared,
        help="shared: the environment sees the packages of the running one; own: it gets every package anew.",
    ),
    keep: bool = typer.Option(False, help="Leave the environment where it is."),
    min_ents: int = typer.Option(1, help="Fail if fewer entities are found."),
    page: Path | None = typer.Option(
        None, help="A page that was made of the pipeline, to be named at the end."
    ),
) -> None:
    """Install WHEEL into a clean virtual environment and let it read one sentence without a network."""
    start = time.perf_counter()
    if wheel.is_dir():
        made = wheel.glob("*.whl")
        wheel = max(made, key=lambda path: path.stat().st_mtime, default=wheel / "*.whl")
    try:
        ents = try_wheel(wheel, plugin, folder, text, share=packages is Packages.shared)
    except WheelError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from None
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(ents, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
    typer.echo(f"{text}\n")
    for entity, label, score in ents:
        typer.echo(f"  {label:<5} {'' if score is None else f'{score:.3f}'}  {entity}")
    typer.echo(f"\n{wheel.name}, installed into a clean environment ({time.perf_counter() - start:.0f} s)")
    if len(ents) < min_ents:
        typer.echo(f"Error: found {len(ents)} entities, expected at least {min_ents}.", err=True)
        raise typer.Exit(1)
    if page is not None:
        typer.echo(f"\nPage:  {page} (open it in a browser)")
        typer.echo(f"Wheel: {wheel}")
        typer.echo(f"Next:  {NEXT}")


if __name__ == "__main__":
    start_script(try_wheel_cli)
