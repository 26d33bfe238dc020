"""What a new process does until it has answered its first notification."""
