"""The settings page: static files of `web/`, under a policy that allows nothing inline.

Who may frame it, and hand it a token, are the CRM's origins.
"""

import gzip
import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import azure.functions as func

from shared.settings import settings

blueprint = func.Blueprint()

_FOLDER = Path(__file__).parents[2] / "web"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_INDEX = "index.html"


class _File(NamedTuple):
    kind: str
    etag: str
    plain: bytes
    packed: bytes


@blueprint.function_name("GetPage")
@blueprint.route("settings", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def page(req: func.HttpRequest) -> func.HttpResponse:
    return _answer(req, _files()[_INDEX])


@blueprint.function_name("GetPageFile")
@blueprint.route("settings/{file}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def page_file(req: func.HttpRequest) -> func.HttpResponse:
    """A file of the page; `page.json` says what it has to know of the settings."""
    name = req.route_params["file"]
    found = _facts() if name == "page.json" else _files().get(name)
    if found is None:
        return func.HttpResponse("There is no such file.", status_code=404, mimetype="text/plain")
    return _answer(req, found)


def _facts() -> _File:
    """Who may hand over a token, and which providers there are."""
    facts = {
        "origins": list(settings().return_url_origins),
        "providers": settings().provider_names,
    }
    return _made("application/json", json.dumps(facts).encode())


@cache
def _files() -> dict[str, _File]:
    """By name; read once, so that nothing else of the disk can be asked for."""
    found = {
        path.name: path
        for folder in (_FOLDER, _FOLDER / "built")
        for path in sorted(folder.glob("*"))
        if path.suffix in _TYPES
    }
    return {name: _made(_TYPES[path.suffix], path.read_bytes()) for name, path in found.items()}


def _made(kind: str, content: bytes) -> _File:
    etag = f'"{sha256(content).hexdigest()[:24]}"'
    return _File(kind, etag, content, gzip.compress(content, mtime=0))


def _answer(req: func.HttpRequest, file: _File) -> func.HttpResponse:
    headers = {
        "Content-Type": file.kind,
        "ETag": file.etag,
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": _policy(),
    }
    if req.headers.get("If-None-Match") == file.etag:
        return func.HttpResponse(status_code=304, headers=headers)
    body = file.plain
    if "gzip" in req.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"], body = "gzip", file.packed
    return func.HttpResponse(body, headers=headers, mimetype=file.kind.partition(";")[0])


def _policy() -> str:
    """https://www.w3.org/TR/CSP3/"""
    framed = " ".join(("'self'", *settings().return_url_origins))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {framed}"
    )
