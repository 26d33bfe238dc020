"""Microsoft's services: sign-in, directory, Graph calendar, subscriptions."""
