"""Tests without servers: fast, and the same every time."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unit",
    derandomize=True,
    deadline=None,
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")
