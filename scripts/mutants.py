"""Change a module in small ways, one at a time, and tell which changes no test notices.

    python scripts/mutants.py training/adamw

`mutants.toml` beside this file names the tests of each module, and the changes that change nothing ("equivalent").
Needs Python 3.11 and a system that forks; the work is done in build/mutants, on copies.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import tomllib

ROOT = Path(__file__).parents[1]
PACKAGE = "spacy_bertfam"
TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf8"))
# a test that no longer ends, or ends Python, has noticed the change too
KILLED = ("killed", "timeout", "segfault")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(TABLE)}; none is all")
    n_unknown = 0
    for module in parser.parse_args().modules or TABLE:
        if module not in TABLE:
            parser.error(f"{module} is not in mutants.toml; expected one of: {', '.join(TABLE)}")
        n_unknown += report(module, run_mutmut(module))
    sys.exit(n_unknown > 0)


def run_mutmut(module: str) -> Path:
    """RETURNS (Path): the folder in which the mutants of a module are and were tested."""
    folder = ROOT / "build" / "mutants" / module.replace("/", ".")
    shutil.rmtree(folder, ignore_errors=True)
    for name in (PACKAGE, "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = {
        "source_paths": [PACKAGE],
        "only_mutate": [f"{PACKAGE}/{module}.py"],
        "pytest_add_cli_args_test_selection": [f"tests/{test}" for test in TABLE[module]["tests"]],
        # lines of prose: no test has to know the wording of a message
        "do_not_mutate_patterns": ['^ *"[^"]* [^"]*"[),]*$'],
        "timeout_multiplier": 60,  # of a test's own time: machines may be busy
        # pytest collects garbage ten times at the end of a run, which takes longer than the tests
        "pytest_add_cli_args": ["-p", "no:unraisableexception"],
    }
    lines = [f"{name} = {value!r}" for name, value in settings.items()]
    text = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    (folder / "pyproject.toml").write_text("\n".join([text, "[tool.mutmut]", *lines, ""]), encoding="utf8")
    mutmut(folder, "run", "--max-children", "1")
    return folder


def report(module: str, folder: Path) -> int:
    """Print which mutants survived. RETURNS (int): how many of them are not known to be equivalent."""
    equivalent = TABLE[module].get("equivalent", {})
    lines = mutmut(folder, "results", "--all", "true").splitlines()
    results = dict(line.strip().split(": ") for line in lines if line)
    survivors = {name: result for name, result in results.items() if result not in KILLED}
    n_known = 0
    for name, result in survivors.items():
        old, new = changed_lines(folder, name)
        why = "a guard" if without_guard(old) == without_guard(new) else equivalent.get(new)
        n_known += why is not None
        print(f"{name} ({why or result})\n  - {old}\n  + {new}")
    n_killed, n_left = len(results) - len(survivors), len(survivors) - n_known
    n_endless = list(results.values()).count("timeout")
    print(
        f"{module}: {len(results)} mutants, {n_killed} killed ({n_endless} ran without end), "
        f"{n_known} equivalent, {n_left} left",
        flush=True,
    )
    return n_left


def changed_lines(folder: Path, name: str) -> tuple[str, str]:
    """RETURNS (tuple): the code before and after a change, each in one line."""
    lines = mutmut(folder, "show", name).splitlines()
    before, after = (
        " ".join(
            line[1:].strip() for line in lines if line.startswith(sign) and not line.startswith(sign * 3)
        )
        for sign in "-+"
    )
    return before, after


def without_guard(code: str) -> str:
    """RETURNS (str): without `strict=True`, which is there for arrays that are as long as each other."""
    return re.sub(r",\s*(strict=\w+)?\s*\)", ")", code)


def mutmut(folder: Path, *arguments: str) -> str:
    """RETURNS (str): what mutmut has printed."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf8", check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} in {folder}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
