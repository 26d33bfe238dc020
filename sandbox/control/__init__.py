"""The control API: arrange the simulated world, act as its users, read its truth."""
