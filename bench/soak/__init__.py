"""The soak: many calendars, many edits, everything going wrong, and whether it all came true."""
