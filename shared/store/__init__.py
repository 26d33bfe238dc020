"""The tables, behind the protocols of base.py."""
