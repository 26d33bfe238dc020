"""Change notifications: subscriptions, their handshake and their delivery."""
