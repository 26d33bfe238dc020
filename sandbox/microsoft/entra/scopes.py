"""Delegated permissions the sandbox knows, and how requests write them."""

from collections.abc import Iterable

GRAPH = "https://graph.microsoft.com/"
OPENID_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
# Names as on the Graph permissions reference page (learn.microsoft.com).
GRAPH_SCOPES = frozenset(
    {
        "User.Read",
        "Calendars.Read",
        "Calendars.ReadBasic",
        "Calendars.ReadWrite",
        "Calendars.Read.Shared",
        "Calendars.ReadWrite.Shared",
        "MailboxSettings.Read",
        "MailboxSettings.ReadWrite",
    }
)
_CANONICAL = {name.lower(): name for name in GRAPH_SCOPES | OPENID_SCOPES}


class UnknownScopeError(ValueError):
    """A scope nobody publishes."""


def parse(text: str) -> list[str]:
    """The scopes in a `scope` parameter: short names, canonical case, in order, once each."""
    found: dict[str, None] = {}
    for word in text.split():
        short = word[len(GRAPH) :] if word.lower().startswith(GRAPH) else word
        if short.lower() == ".default":
            continue
        if short.lower() not in _CANONICAL:
            raise UnknownScopeError(word)
        found[_CANONICAL[short.lower()]] = None
    return list(found)


def for_graph(scopes: Iterable[str]) -> set[str]:
    """Only the Graph permissions among them."""
    return set(scopes) - OPENID_SCOPES


def answer(granted: Iterable[str], qualified: bool) -> str:
    """The `scope` member of a token answer.

    The order is not the order asked for, and offline_access is not listed
    (learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow).
    """
    names = sorted((set(granted) - {"offline_access"}), reverse=True)
    prefix = GRAPH if qualified else ""
    return " ".join(name if name in OPENID_SCOPES else prefix + name for name in names)
