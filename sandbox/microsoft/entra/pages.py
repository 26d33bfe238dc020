"""Rendering of the sign-in pages."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.microsoft.entra.authorize_request import Answer
from sandbox.microsoft.entra.errors import SignInError

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True
)


def page(name: str, status: int = 200, **values: Any) -> Response:
    """One of the HTML pages in the folder `templates`."""
    return HTMLResponse(_templates.get_template(name).render(**values), status_code=status)


def error_page(refusal: SignInError) -> Response:
    """The page shown when the caller cannot be trusted with the answer."""
    return page("error.html", 400, text=str(refusal))


def deliver(answer: Answer) -> Response:
    """Send the browser back to the application."""
    if answer.mode == "form_post":
        return page("form_post.html", target=answer.target, values=answer.values)
    return RedirectResponse(answer.redirect_url, status_code=302)
