"""What that costs, and where the ceilings are."""
