"""Sign-in: the OpenID Connect and OAuth 2.0 endpoints of Microsoft Entra ID, simulated."""
