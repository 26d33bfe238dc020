"""What every Graph request passes first: identity, permissions, limits, faults."""
