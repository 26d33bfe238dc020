"""Rendering of the sign-in pages."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse, Response

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True
)


def page(name: str, status: int = 200, **values: Any) -> Response:
    """One of the HTML pages in the folder `templates`."""
    return HTMLResponse(_templates.get_template(name).render(**values), status_code=status)
