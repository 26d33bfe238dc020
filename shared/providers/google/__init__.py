"""Google calendars: https://developers.google.com/workspace/calendar/api/v3/reference."""
