"""A local stand-in for the Azure Functions host, for machines without the `func` binary.

It loads `function_app.py` of any app directory and serves its HTTP, queue and timer functions,
keeping to what the real host and the Python worker do. Its README is the docstring of `host.py`.
"""

from sandbox.functions_host.errors import HostError
from sandbox.functions_host.host import Host, running_host

__all__ = ["Host", "HostError", "running_host"]
