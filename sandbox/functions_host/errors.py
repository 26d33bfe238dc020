"""What stops the host from starting."""


class HostError(Exception):
    """The app or its settings cannot be served; the message is one line for a person."""
