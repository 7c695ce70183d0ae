"""`bertfam check`: what goes wrong later in a training, told before."""

import json
from pathlib import Path

import typer
from typer import Argument, Option

from .arguments import CODE, REPORT, import_code


def check_cli(
    ctx: typer.Context,
    config_path: Path = Argument(..., metavar="CONFIG", help="Path to the config, or - for stdin"),
    code_path: Path | None = CODE,
    fix: bool = Option(False, "--fix", help="Repair what can be, in a new config: CONFIG.fixed.cfg"),
    report_path: Path | None = REPORT,
) -> None:
    """Check a training config and its corpora before training.

    Says what will fail, what is suspicious, and what to do. Takes the settings that `spacy train` takes (--paths.train,
    --training.max_steps, ...). No weights are loaded. The exit code is 1 where training would fail.
    """
    from tqdm import tqdm

    from ..checks.finding import FAILS, format_table, to_json
    from ..checks.run import check_setup, write_fixed
    from ..checks.setup import STDIN, read_setup
    from ..files.saving import write_file
    from .spacy_private import parse_config_overrides

    overrides = parse_config_overrides(ctx.args)
    import_code(code_path)
    setup = read_setup(config_path, overrides)
    findings = check_setup(setup, progress=lambda egs, part: tqdm(egs, f"reading {part}", disable=None))
    typer.echo(format_table(findings))
    if report_path is not None:
        write_file(report_path, json.dumps(to_json(findings), ensure_ascii=False, indent=1))
    left = [finding for finding in findings if finding.state == FAILS]
    if fix:
        named = Path("config.cfg") if str(config_path) == STDIN else config_path
        fixed_path = named.with_suffix(".fixed.cfg")
        changes = write_fixed(setup, findings, fixed_path)
        typer.echo("\n".join([f"Written: {fixed_path}", *changes]) if changes else "Nothing to repair.")
        left = [finding for finding in left if finding.fix is None]
    if left:
        raise typer.Exit(1)
