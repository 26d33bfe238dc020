"""Figures in a document, between two markers."""

from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


def write_into(document: Path, text: str) -> str | None:
    """Puts the text between the markers; why not, where it cannot be put."""
    if not document.exists():
        return f"{document} does not exist"
    kept = document.read_text("utf-8")
    before, begin, rest = kept.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        return f"{document} has no {BEGIN} and {END}"
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")
    return None
