"""The providers, behind the protocol of base.py."""
