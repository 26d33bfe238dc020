"""Signing in, sealed token caches, and one refresh at a time."""
