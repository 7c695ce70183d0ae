"""Build the wheel of a folder that `spacy package` has made, and say where it is; all else only where it fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import typer
from start import start_script

# in this environment, whose setuptools the extra `package` installs: nothing is fetched
COMMAND = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]


def build_wheel_cli(
    folder: Path = typer.Argument(..., help="The folder that `spacy package` has made."),
) -> None:
    """Build the wheel of FOLDER into FOLDER/dist. The 100 lines and more that setuptools prints, warnings of an
    importable package for each folder of data among them, are shown where the wheel cannot be built."""
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
    start_script(build_wheel_cli)
