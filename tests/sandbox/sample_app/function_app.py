"""A small function app for the tests of the local host: every trigger kind, sync and async."""

import azure.functions as func
from sample_functions import bp

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(bp)
