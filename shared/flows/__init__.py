"""One file per use case: what happens when somebody asks, or something is due."""
