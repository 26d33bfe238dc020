"""Microsoft Graph calendars: https://learn.microsoft.com/graph/api/resources/calendar."""
