"""The CRM's side: the tokens that it issues, and the webhooks that it receives."""

from sandbox.crm.tokens import JWT_AUDIENCE, JWT_ISSUER, token

__all__ = ["JWT_AUDIENCE", "JWT_ISSUER", "token"]
