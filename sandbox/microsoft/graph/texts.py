"""Event bodies: HTML in the store, text where asked."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[^>]*>")
_HIDDEN = re.compile(r"<(style|script|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
PREVIEW_LENGTH = 255


def as_html(content: str) -> str:
    """Wrap a fragment the way Exchange stores it."""
    if not content or "<html" in content.lower():
        return content
    return f"<html><head></head><body>{content}</body></html>"


def text_to_html(text: str) -> str:
    """Turn plain text into HTML."""
    return html.escape(text, quote=False).replace("\n", "<br>\n")


def as_text(content: str) -> str:
    """Strip HTML to its text."""
    bare = _TAG.sub("", re.sub(r"<br\s*/?>\n?", "\n", _HIDDEN.sub("", content)))
    return html.unescape(bare).strip()


def preview(content: str) -> str:
    """Give the beginning of the text (Graph docs: bodyPreview)."""
    return as_text(content)[:PREVIEW_LENGTH]
