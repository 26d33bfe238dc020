"""Serves the page at /calendar and its files. All else the page does goes through /sandbox.

The files lie under /calendar/page/, beside Google's /calendar/v3.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.lookalike.policy import HEADERS

PAGE = "/calendar"
FILES = PAGE + "/page/"
_STATIC = Path(__file__).with_name("static")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def routes() -> list[Route]:
    """The page, and the files it loads."""
    return [Route(PAGE, _page), Route(FILES + "{name}", _file)]


async def _page(_: Request) -> Response:
    return _sent(_STATIC / "index.html")


async def _file(request: Request) -> Response:
    known = {path.name: path for path in _STATIC.iterdir()}
    found = known.get(request.path_params["name"])
    if found is None or found.suffix not in _TYPES:
        return Response(status_code=404, headers=HEADERS)
    return _sent(found)


def _sent(path: Path) -> Response:
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=HEADERS)
