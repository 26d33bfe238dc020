"""The application: calendar sync for a CRM with many locations."""
