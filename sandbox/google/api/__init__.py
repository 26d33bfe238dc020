"""The REST interface of Google Calendar v3, under /calendar/v3."""
