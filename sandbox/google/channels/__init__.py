"""Push channels: what is watched, and the messages that are sent."""
