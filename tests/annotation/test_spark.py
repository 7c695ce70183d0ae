"""The recipe for Spark in docs/many-machines.md, as it stands there."""

import re
import sys
from pathlib import Path

import pytest
from ruled_names import TEXTS, make_names

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "many-machines.md").read_text(encoding="utf8")
RECIPE = re.findall(r"(?ms)^```py\n(.*?)^```", PAGE)[1]


@pytest.mark.slow
def test_spark(tmp_path, monkeypatch):
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    nlp = make_names(tmp_path / "all")
    nlp.remove_pipe("annotation_test_fails")
    nlp.to_disk("pipeline")
    spark = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        texts = [*TEXTS, "Rien.", None]
        names = {"df": spark.createDataFrame([*enumerate(texts)], "id bigint, text string")}
        exec(compile(RECIPE, "docs", "exec"), names)
        found = [row.asDict(recursive=True) for row in names["found"].orderBy("id").collect()]
    finally:
        spark.stop()
    assert [row["error"] for row in found] == [None] * 11 + ["no text"]
    assert [row["entities"] for row in found[10:]] == [[], None]
    for text, row in zip(TEXTS, found, strict=False):
        spans = [(e["label"], text[e["start"] : e["end"]], e["score"]) for e in row["entities"]]
        assert spans == [("PER", "Claire", None), ("LOC", "Angers", None)]
