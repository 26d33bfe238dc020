"""Sign-in with Google: OAuth 2.0 and OpenID Connect."""
