"""A page to look at the simulated mailboxes and to edit them by hand."""
