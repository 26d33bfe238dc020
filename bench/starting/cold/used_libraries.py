"""The least app, with all libraries loaded that our path to the answer makes use of today."""

import opentelemetry.trace
import opentelemetry.trace.propagation.tracecontext
import pydantic_settings

from bench.starting.cold.least_app import app

__all__ = ["app", "opentelemetry", "pydantic_settings"]
