"""Measurements of the whole service, over its stand-ins."""
