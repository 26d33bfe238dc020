"""From a notification to the webhook."""
