"""Stand-ins for the outside services, run in one local process."""
