"""What a start, and the tick of a timer, takes."""
