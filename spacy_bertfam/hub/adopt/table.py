"""The differences between an adopted pipeline and what it was, for a terminal."""

from typing import List, Tuple

from .compare import TITLES, Difference


def format_difference(found: Difference) -> str:
    """RETURNS (str): a row for the vectors, and one for each annotation."""
    n_whole = found.n_texts - found.n_longer
    rows: List[Tuple[str, str]] = [
        ("compared on", f"{found.n_texts} texts, {found.n_tokens} tokens"),
        (f"token vectors, {n_whole} texts of one window", f"largest difference {found.in_window:.1e}"),
    ]
    if found.n_longer:
        rows.append(
            (f"token vectors, {found.n_longer} longer texts", f"largest difference {found.in_longer:.1e}")
        )
    for name, (n_equal, n) in found.equal.items():
        rows.append((TITLES[name], f"{n_equal / max(n, 1):.2%} equal ({n_equal} of {n} tokens)"))
    if found.cats:
        rows.append(("scores of doc.cats", f"largest difference {found.cats:.1e}"))
    width = max(len(title) for title, _ in rows)
    return "\n".join(f"{title:<{width}}  {value}" for title, value in rows)
