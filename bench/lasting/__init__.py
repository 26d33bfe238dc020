"""What a mailbox asks for over a day, and a calendar that many watch."""
