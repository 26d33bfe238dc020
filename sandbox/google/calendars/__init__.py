"""The calendars of Google accounts: events, series, rights, meetings."""
