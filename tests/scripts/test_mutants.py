"""The table of scripts/mutants.py names modules and tests that there are."""

from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib", reason="since Python 3.11")
ROOT = Path(__file__).parents[2]
TABLE = tomllib.loads((ROOT / "scripts" / "mutants.toml").read_text(encoding="utf8"))


@pytest.mark.parametrize("module", TABLE)
def test_modules_and_tests_of_the_table_exist(module: str) -> None:
    assert (ROOT / "spacy_bertfam" / f"{module}.py").is_file()
    assert TABLE[module]["tests"]
    for test in TABLE[module]["tests"]:
        assert (ROOT / "tests" / test).is_file()
