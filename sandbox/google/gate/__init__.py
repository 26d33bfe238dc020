"""What every Calendar request passes first: identity, scopes, quotas, faults."""
