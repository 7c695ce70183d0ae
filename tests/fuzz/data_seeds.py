"""Small sound files of every form that is read or named, as what the mutations begin with: name -> bytes."""

import bz2
import gzip
import importlib.util
import io
import json
import sys
import zipfile
from pathlib import Path

import spacy
from spacy.tokens import DocBin

sys.path.append(str(Path(__file__).parents[1] / "data"))  # the script runs without pytest's paths
from sample_forms import FORMS

TEXT = "Claire Morel habite Angers. Il pleut à Saint-Lô."
SPANS = [[0, 12, "PER"], [20, 26, "LOC"]]


def _json(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def _lines(*values: object) -> bytes:
    return b"\n".join(map(_json, values)) + b"\n"


def _dicts(start: str, end: str) -> list[dict[str, object]]:
    return [{start: a, end: b, "label": label} for a, b, label in SPANS]


JSON = {
    "plain.jsonl": _lines(*({"id": i, "text": TEXT, "entities": SPANS} for i in range(3))),
    "array.json": _json([{"text": TEXT, "entities": SPANS}, {"text": "Rien.", "entities": []}], indent=2),
    "pairs.json": _json([[TEXT, {"entities": SPANS}], ["Il pleut.", {"entities": []}]]),
    "pairs.jsonl": _lines([TEXT, {"entities": SPANS}], ["Il pleut.", {"entities": []}]),
    "annotator.json": _json({"classes": ["PER"], "annotations": [[TEXT, {"entities": SPANS}], None]}),
    "prodigy.jsonl": _lines(
        {"text": TEXT, "spans": _dicts("start", "end"), "answer": "accept", "_is_binary": False},
        {"text": TEXT, "spans": [{"start": 0, "end": 12, "label": "PER", "answer": "reject"}], "answer": "accept"},
        {"text": "Il pleut.", "answer": "accept"},
        {"text": TEXT, "spans": _dicts("start", "end"), "answer": "reject"},
    ),
    "doccano.jsonl": _lines(
        {"id": 1, "text": TEXT, "label": SPANS, "annotation_approver": "a", "relations": [{"id": 1}]},
        {"id": 2, "data": TEXT, "entities": _dicts("start_offset", "end_offset"), "annotation_approver": None},
    ),
    "label_studio.json": _json([{
        "id": 1, "data": {"text": TEXT}, "predictions": [],
        "annotations": [{"id": 7, "was_cancelled": False, "ground_truth": False, "created_at": "2021-03-09",
            "result": [{"type": "labels", "value": {"start": 0, "end": 12, "text": "Claire Morel", "labels": ["PER"]}},
                       {"type": "choices", "value": {"choices": ["a"]}}]},
            {"was_cancelled": True, "result": []}]}]),
    "argilla.jsonl": _lines(
        {"text": TEXT, "annotation": [["PER", 0, 12]], "prediction": None, "status": "Validated"},
        {"id": "a", "status": "completed", "fields": {"text": TEXT}, "suggestions": {},
         "responses": {"spans": [{"value": _dicts("start", "end"), "user_id": "u"}]}},
        {"text": TEXT, "q.responses": [_dicts("start", "end")], "q.responses.status": ["submitted"]},
    ),
    "lighttag.json": _json({"name": "job", "examples": [{"content": TEXT, "annotations": [
        {"start": 0, "end": 12, "tag": "PER", "correct": True, "value": "Claire Morel"}]}]}),
    "own.jsonl": _lines({"id": 1, "text": TEXT, "entities": _dicts("start", "end"), "missing": [[0, 6]],
                         "spans": {"sc": [{"start": 0, "end": 6, "label": "X", "score": 0.5}]}}),
    "regions.json": _json([{"id": 1, "data": {"text": TEXT}, "annotations": [{"result": [
        {"type": "labels", "value": {"start": 1.0, "end": "12", "text": "Claire Morel", "labels": ["PER"]}},
        {"type": "labels", "value": {"start": 0, "end": 6, "text": "Claire"}},
        {"type": "textarea", "value": {"start": 0, "end": 6, "text": ["x"]}}]}]}]),
    "hf.jsonl": _lines({"tokens": ["Claire", "habite"], "ner_tags": [1, 0]}),
}  # fmt: skip
COLUMNS = {
    "plain.iob": "Claire B-PER\nMorel I-PER\nhabite O\nAngers B-LOC\n. O\n\nIl O\npleut O\n",
    "documents.conll": "-DOCSTART- -X- O O\n\nAnne NNP B-NP B-PER\nvit VB B-VP O\n\n-DOCSTART- -X- O O\n\nNe NN O O\n",
    "germeval.tsv": "#\thttp://x\n1\tClaire\tB-PER\tO\n2\tMorel\tI-PER\tB-LOC\n3\t.\tO\tO\n\n#\thttp://y\n1\tRien\tO\tO\n",
    "uner.iob2": "# sent_id = 1\n# text = Claire Morel\n1\tClaire\tB-PER\t-\t-\n2\tMorel\tI-PER\t-\t-\n\n",
    "offsets.tsv": "TOKEN\tstart\tend\tNE-COARSE-LIT\nClaire\t0\t6\tB-PER\nMorel\t7\t12\tI-PER\n.\t12\t13\tO\n",
    "first.bio": "B-PER\tClaire\nI-PER\tMorel\nO\thabite\nS-LOC\tAngers\n",
    "bracket.txt": "[ O\nClaire U-PER\n] O\n{ -\n",
    "wikiner": "Marie|NAM|I-PER Curie|NAM|I-PER vit|VER|O\nElle|PRO|O\n\nLyon|NAM|B-LOC\n",
    "spacy.iob": "Claire|B-PER vit|O\nRien|O\n",
    "label_studio.conll": "-DOCSTART- -X- O\nClaire -X- _ B-Nom de personne\nvit -X- _ O\n\n",
    "panx.txt": "fr:Claire\tB-PER\nfr:vit\tO\nfr:.\tO\n",
    "stanford.tsv": "Claire\tPERSON\nvit\tO\n",
    "webanno.tsv": "#FORMAT=WebAnno TSV 3.3\n#T_SP=NE|value\n\n#Text=Claire\n1-1\t0-6\tClaire\tPER\t\n",
}
CONLLU = {
    "norne.conllu": "# sent_id = 1\n1\tClaire\tClaire\tPROPN\t_\t_\t2\tnsubj\t_\tname=B-PER\n"
    "2-3\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n2\tde\tde\tADP\t_\t_\t0\troot\t_\tSpaceAfter=No\n\n",
    "plus.conllu": "# global.columns = ID FORM NER\n1\tClaire\tB-PER\n2-3\tdu\t_\n2\tde\tO\n3\tle\tO\n\n",
}
TABLES = {
    "texts.tsv": 'id\ttext\tlabel\n1\tUn chat.\ta\n2\t" Un ""beau""\nrosier"\tb | c\n3\tRien.\t\n',
    "quotes.tsv": 'text\tlabel\n"Un" chat\ta\n"Un\nchat"\tb\n"Deux\tc\n',
    "excel.csv": "sep=;\nWord;Tag\nClaire;B-PER\nvit;O\n",
    "texts.csv": 'text,label\nUn chat.,a\n"Un, deux",b\n',
    "gmb.csv": "Sentence #,Word,POS,Tag\nSentence: 1,Claire,NNP,B-per\n,vit,VB,O\n",
    "texts.jsonl": '{"text": "Un.", "label": "a|b"}\n{"text": "Deux.", "label": {"a": true}, "answer": "accept"}\n',
    "texts.txt": "Claire Morel habite Angers.\r\n\r\nIl pleut.\n",
}
ANN = (
    "T1\tPER 0 12\tClaire Morel\nT2\tLOC 20 26;27 28\tAngers .\nT3\tNom de lieu 20 26\tAngers\n"
    "R1\tIn Arg1:T1 Arg2:T2\n#1\tNote T1\tx\n"
)


def _docs() -> bytes:
    nlp = spacy.blank("fr")
    doc = nlp(TEXT)
    doc.ents = [doc.char_span(start, end, label) for start, end, label in SPANS]
    return DocBin(docs=[doc]).to_bytes()


def _tables() -> dict[str, bytes]:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({"tokens": [["Claire", "vit"]] * 3, "ner_tags": [["B-PER", "O"]] * 3})
    places = {name: io.BytesIO() for name in ("rows.parquet", "rows.arrow", "stream.arrow")}
    parquet.write_table(table, places["rows.parquet"])
    for name, new in (("rows.arrow", pa.ipc.new_file), ("stream.arrow", pa.ipc.new_stream)):
        with new(places[name], table.schema) as writer:
            writer.write_table(table)
    return {name: place.getvalue() for name, place in places.items()}


def seeds() -> dict[str, bytes]:
    """RETURNS (dict): file name -> content; a brat file is named `x.ann` and stands beside `TEXT` in `x.txt`."""
    texts = {**COLUMNS, **CONLLU, **TABLES, "pair.ann": ANN}
    found = {**JSON, **{name: text.encode() for name, text in texts.items()}, "docs.spacy": _docs()}
    found.update((form.name, form.content.encode()) for form in FORMS)
    if importlib.util.find_spec("pyarrow"):
        found.update(_tables())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("plain.iob", found["plain.iob"])
    found["plain.iob.zip"] = archive.getvalue()
    found["plain.iob.gz"] = gzip.compress(found["plain.iob"])
    found["plain.jsonl.bz2"] = bz2.compress(found["plain.jsonl"])
    return found
