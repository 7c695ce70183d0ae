"""Figures become a table that reads well and a file that a machine reads."""

import json

import pytest


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.87412, "0.874"), (1.0, "1.000"), (2320.4, "2,320"), (40875, "40,875"), ("ours", "ours")],
)
def test_cells_are_short(value, expected):
    from benchmarks.tables import format_cell

    assert format_cell(value) == expected


def test_table_aligns_numbers_right_and_words_left():
    from benchmarks.tables import markdown_table

    rows = [{"system": "ours", "words": 2400.0}, {"system": "plain loop", "words": 900.0}]
    assert markdown_table(rows).splitlines() == [
        "| system | words |",
        "| --- | ---: |",
        "| ours | 2,400 |",
        "| plain loop | 900 |",
    ]


def test_table_without_figures_says_so():
    from benchmarks.tables import markdown_table

    assert markdown_table([]) == "(no figures)"


def test_report_leaves_json_and_the_same_as_markdown(tmp_path):
    from benchmarks.tables import report

    text = report("Title", {"Part": [{"system": "ours", "F": 0.5}]}, tmp_path / "new" / "x.json", epochs=3)
    found = json.loads((tmp_path / "new" / "x.json").read_text(encoding="utf8"))
    assert found["Part"] == [{"system": "ours", "F": 0.5}]
    assert found["settings"] == {"epochs": 3}
    assert found["machine"]["torch"]
    assert (tmp_path / "new" / "x.md").read_text(encoding="utf8") == text
    assert "| ours | 0.500 |" in text


def test_peak_memory_grows_with_what_is_held():
    from benchmarks.machine import peak_memory

    before = peak_memory()
    assert before > 10
    held = bytearray(b"x") * 200_000_000
    assert peak_memory() > before or len(held) == 0


def test_ratios_are_of_rounds_not_of_medians():
    from benchmarks.speed import speed_rows

    times = {"ours": [(1.0, 1.0), (4.0, 2.0), (1.0, 1.0)], "other": [(2.0, 2.0), (8.0, 4.0), (2.0, 2.0)]}
    ours, other = speed_rows(times, {"other": 12.0}, 100)
    assert ours["words a second"] == 100.0
    assert ours["ours is faster by"] == 1.0
    assert other["ours is faster by"] == 2.0
    assert other["peak MB"] == 12.0


def test_evaluation_and_saving_are_not_training_time():
    from benchmarks.step_timer import mean_gap

    times = [10.0, 11.0, 12.5, 20.0, 25.0, 26.1]
    assert mean_gap(times, [False, False, False, True, False, False]) == pytest.approx(1.2)
    assert mean_gap([1.0], [False]) == 0


def test_scores_stand_side_by_side_with_their_range(gold_docs):
    from spacy.tokens import Doc

    from benchmarks.quality import score_rows, spread

    empty = [Doc(doc.vocab, words=[t.text for t in doc]) for doc in gold_docs]
    rows = score_rows(gold_docs, gold_docs, part="dev", system="ours", run="seed0")
    rows += score_rows(empty, gold_docs, part="dev", system="ours", run="seed1")
    rows += score_rows(empty, gold_docs, part="dev", system="plain loop", run="seed0")
    table = {row["label"]: row for row in spread(rows, "system", over="run")}
    assert list(table) == ["all", "LOC", "PER"]
    assert table["PER"] == {
        "part": "dev", "label": "PER", "ours": "0.500 (0.000 to 1.000)", "plain loop": "0.000"
    }  # fmt: skip


def test_a_step_timer_writes_clock_and_processor_time_without_evaluations(tmp_path):
    import json

    from benchmarks.step_timer import build_step_timer

    log_step, finalize = build_step_timer(str(tmp_path / "training.json"))(None)  # type: ignore[arg-type]
    for info in (None, None, {"step": 2, "epoch": 0, "score": 0.5, "losses": {}}, None, None):
        log_step(info)
    finalize()
    found = json.loads((tmp_path / "training.json").read_text(encoding="utf8"))
    assert found["steps"] == 5 and [row["score"] for row in found["scores"]] == [0.5]
    assert 0 < found["seconds_a_step"] < 1 and 0 <= found["processor_seconds_a_step"] < 1
