"""Rules that make chosen requests fail the way the real services do."""

import random
import re
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal
from uuid import uuid4

from sandbox.google.presets import preset_fields

Service = Literal[
    "graph",
    "token",
    "authorize",
    "google",
    "google-token",
    "google-authorize",
    "google-revoke",
]
Effect = Literal["answer", "cut", "commit-then-cut", "delay"]


@dataclass
class FaultRule:
    """What to match and what to do.

    `mailbox` is the user's address, `path` a regular expression on the URL path. `count` is how
    often the rule fires before it is used up (None: until removed); the first `skip` matches pass.
    `retry_after` is a text sent as it stands; `retry_after_date_seconds` makes an HTTP date.
    """

    service: Service = "graph"
    mailbox: str | None = None
    method: str | None = None
    path: str | None = None
    query: str | None = None
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    effect: Effect = "answer"
    status: int = 503
    code: str = ""
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: str | None = None
    retry_after_date_seconds: int | None = None
    location: str | None = None
    delay_seconds: float = 0.0
    aadsts: int | None = None
    error: str | None = None
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    fired: int = 0

    def as_json(self) -> dict[str, Any]:
        """The rule as the control API shows it."""
        return {_camel(name): value for name, value in asdict(self).items()}

    def response_headers(self, now: datetime) -> dict[str, str]:
        """Headers of the faked answer, Retry-After included."""
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = self.retry_after
        if self.retry_after_date_seconds is not None:
            moment = now + timedelta(seconds=self.retry_after_date_seconds)
            headers["Retry-After"] = format_datetime(moment, usegmt=True)
        return headers


# Status, code and message of each ready-made fault. Sources: the Graph error and throttling
# pages (learn.microsoft.com/graph/errors, /graph/throttling), microsoft-graph-docs issues 2350
# (SyncStateNotFound) and 6499 (504 on delta), microsoft-graph-docs-contrib issue 7934 (412).
_SYNC_STATE = "The sync state generation is not found; generation=149;[highest=157][157][155][156]."
_CHANGE_KEY = (
    "The send or update operation could not be performed because the change key passed in the "
    "request does not match the current change key for the item."
)
PRESETS: dict[str, FaultRule] = {
    "throttled": FaultRule(
        status=429,
        code="TooManyRequests",
        message="Please retry again later.",
        retry_after="2.128",
    ),
    "throttled-date": FaultRule(
        status=429,
        code="TooManyRequests",
        message="Please retry again later.",
        retry_after_date_seconds=2,
    ),
    "throttled-no-header": FaultRule(
        status=429, code="activityLimitReached", message="The app or user has been throttled."
    ),
    "mailbox-concurrency": FaultRule(
        status=429,
        code="ApplicationThrottled",
        message="Application is over its MailboxConcurrency limit.",
        retry_after="1.5",
    ),
    "unavailable": FaultRule(
        status=503,
        code="serviceNotAvailable",
        message="The service is not available. Try the request again after a delay.",
        retry_after="1",
    ),
    "unavailable-no-header": FaultRule(
        status=503, code="serviceNotAvailable", message="The service is not available."
    ),
    "bad-gateway": FaultRule(status=502, code="UnknownError", message=""),
    "gateway-timeout": FaultRule(status=504, code="UnknownError", message=""),
    "internal": FaultRule(
        status=500, code="generalException", message="An unspecified error has occurred."
    ),
    "transient-shared": FaultRule(
        status=500,
        code="ErrorInternalServerTransientError",
        message="An internal server error occurred. Try again later.",
    ),
    "conflict-412": FaultRule(status=412, code="ErrorIrresolvableConflict", message=_CHANGE_KEY),
    "save-conflict": FaultRule(
        status=409,
        code="ErrorConcurrentItemSave",
        message="The item was saved by another request at the same time.",
    ),
    "gone": FaultRule(status=410, code="SyncStateNotFound", message=_SYNC_STATE),
    "gone-location": FaultRule(
        status=410, code="resyncRequired", message="Resync is required.", location="auto"
    ),
    "sync-state-400": FaultRule(status=400, code="SyncStateNotFound", message=_SYNC_STATE),
    "sync-state-404": FaultRule(status=404, code="syncStateNotFound", message=_SYNC_STATE),
    "sync-state-invalid": FaultRule(
        status=400, code="SyncStateInvalid", message="The sync state is not valid."
    ),
    "access-denied": FaultRule(
        status=403,
        code="ErrorAccessDenied",
        message="Access is denied. Check credentials and try again.",
    ),
    "not-found": FaultRule(
        status=404,
        code="ErrorItemNotFound",
        message="The specified object was not found in the store.",
    ),
    "token-expired": FaultRule(
        status=401,
        code="InvalidAuthenticationToken",
        message="Lifetime validation failed, the token is expired.",
    ),
    "cut": FaultRule(effect="cut"),
    "commit-then-cut": FaultRule(effect="commit-then-cut", method="POST"),
    "delay": FaultRule(effect="delay", delay_seconds=1.0),
    "token-unavailable": FaultRule(service="token", status=503, aadsts=90033),
    "token-throttled": FaultRule(service="token", status=429, aadsts=90055, retry_after="12"),
    "token-bad-gateway": FaultRule(service="token", status=502),
}
PRESETS |= {name: FaultRule(**given) for name, given in preset_fields().items()}


class UnknownFaultError(ValueError):
    """The JSON of a rule names a preset or field that does not exist."""


def rule_from_json(given: dict[str, Any]) -> FaultRule:
    """A rule out of control-API JSON: an optional `preset`, then fields in camelCase over it."""
    values = dict(given)
    preset = values.pop("preset", None)
    if preset is not None and preset not in PRESETS:
        raise UnknownFaultError(f"unknown preset {preset!r}; known: {', '.join(sorted(PRESETS))}")
    base = PRESETS[preset] if preset else FaultRule()
    allowed = {_camel(f.name): f.name for f in fields(FaultRule) if f.name != "fired"}
    unknown = sorted(set(values) - set(allowed))
    if unknown:
        raise UnknownFaultError(f"unknown fields {unknown}; known: {sorted(allowed)}")
    if isinstance(values.get("retryAfter"), int | float):
        values["retryAfter"] = str(values["retryAfter"])
    changes = {allowed[name]: value for name, value in values.items()}
    changes.setdefault("id", uuid4().hex[:12])
    return replace(base, **changes)


class FaultBook:
    """The rules in force, tried in the order they were added; the first match fires."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._random = random.Random(1)

    @property
    def rules(self) -> list[FaultRule]:
        """All rules, used-up ones included (their `fired` count stays readable)."""
        return list(self._rules)

    def add(self, rule: FaultRule) -> FaultRule:
        """Put a rule in force."""
        self._rules.append(rule)
        return rule

    def remove(self, rule_id: str) -> bool:
        """Take one rule out; False if there is none with that id."""
        before = len(self._rules)
        self._rules = [rule for rule in self._rules if rule.id != rule_id]
        return len(self._rules) < before

    def clear(self) -> None:
        """Take all rules out."""
        self._rules.clear()

    def fire(
        self, service: Service, mailbox: str | None, method: str, path: str, query: str = ""
    ) -> FaultRule | None:
        """The rule that applies to this request, counted as used; None if no rule does."""
        for rule in self._rules:
            if not _matches(rule, service, mailbox, method, path, query):
                continue
            if rule.skip > 0:
                rule.skip -= 1
                continue
            if self._random.random() >= rule.probability:
                continue
            if rule.count is not None:
                rule.count -= 1
            rule.fired += 1
            return rule
        return None


def _matches(
    rule: FaultRule, service: Service, mailbox: str | None, method: str, path: str, query: str
) -> bool:
    if rule.service != service or rule.count == 0:
        return False
    if rule.mailbox and rule.mailbox.lower() != (mailbox or "").lower():
        return False
    if rule.method and rule.method.upper() != method:
        return False
    patterns = ((rule.path, path), (rule.query, query))
    return all(not pattern or re.search(pattern, text) for pattern, text in patterns)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
