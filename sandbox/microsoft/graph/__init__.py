"""The Graph calendar API over a simulated mailbox, as Starlette routes."""

from .errors import GraphError, error_response
from .routes import routes

__all__ = ["GraphError", "error_response", "routes"]
