"""Everything that can go wrong, as one tree.

CalendarSyncError
├── Refused                     the caller is told what to do (an HTTP problem)
│   ├── InvalidRequest          the request cannot be understood
│   ├── NotAuthenticated        no valid token
│   ├── NotAllowed              a valid token without the right
│   ├── NotFound                nothing there for this caller
│   ├── Conflict                the state of things forbids it
│   ├── Stale                   If-Match named an older version
│   ├── VersionRequired         If-Match is missing
│   ├── TooLarge                the body is over its bound
│   └── Expired                 what was asked for is no longer kept
├── SignInFailed                a sign-in ended without a connection; `code` goes to the return URL
├── ProviderError               a provider did not do what was asked
│   ├── ReconnectRequired       the user must sign in again
│   ├── OperatorFault           our registration or secret is wrong: nobody's account is at fault
│   ├── Throttled               the whole mailbox must wait `retry_after` seconds
│   ├── ProviderUnavailable     it may work later
│   │   ├── QuotaUsedUp         a limit that passes after hours; others of the mailbox go on
│   │   ├── ProviderConflict    somebody else did the like at the same moment, or before
│   │   └── ProviderSilent      it gave no answer: what was asked may yet happen
│   │       └── ProviderTimedOut  it took the provider too long
│   ├── ProviderRejected        it will not work, whenever it is tried
│   ├── CursorLost              the provider has forgotten the cursor: read in full
│   ├── RoundEndless            a round that would never end was given up
│   ├── CalendarGone            the calendar is not there (any more)
│   ├── CalendarForbidden       the calendar may not be read
│   ├── EventGone               the event is not there (any more)
│   ├── EventChanged            the event is not the version that was to be changed
│   ├── PushRefused             no push channel for this calendar
│   ├── PushGone                the push channel is not there any more
│   └── MailboxMissing          the account has no cloud mailbox (R2)
├── MailboxBusy                 as many requests are in flight as the mailbox allows
├── AppointmentBusy             somebody else is writing the appointment's event
├── StoreConflict               somebody else changed the row first
└── MessageInvalid              a queue message that is not ours
"""

from typing import ClassVar


class CalendarSyncError(Exception):
    """`detail` is one sentence for people; `code` is stable and for programs."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str = "", *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = code or self.code


class Refused(CalendarSyncError):
    """The caller is told what to do."""


class InvalidRequest(Refused):
    code = "invalid_request"


class NotAuthenticated(Refused):
    code = "not_authenticated"


class NotAllowed(Refused):
    code = "not_allowed"


class NotFound(Refused):
    code = "not_found"


class Conflict(Refused):
    code = "conflict"


class Stale(Refused):
    code = "stale_version"


class VersionRequired(Refused):
    code = "version_required"


class TooLarge(Refused):
    code = "body_too_large"


class Expired(Refused):
    code = "expired"


class SignInFailed(CalendarSyncError):
    """A sign-in ended without a connection. `return_url` is where the browser goes, if known."""

    code = "sign_in_failed"

    def __init__(self, detail: str, *, code: str, return_url: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.return_url = return_url


class ProviderError(CalendarSyncError):
    """A provider did not do what was asked."""

    code = "provider_error"


class ReconnectRequired(ProviderError):
    code = "reconnect_required"


class OperatorFault(ProviderError):
    code = "operator_fault"


class Throttled(ProviderError):
    code = "throttled"

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class ProviderUnavailable(ProviderError):
    code = "provider_unavailable"


class QuotaUsedUp(ProviderUnavailable):
    code = "quota_used_up"


class ProviderConflict(ProviderUnavailable):
    code = "provider_conflict"


class ProviderSilent(ProviderUnavailable):
    code = "provider_silent"


class ProviderTimedOut(ProviderSilent):
    code = "provider_timed_out"


class ProviderRejected(ProviderError):
    code = "provider_rejected"


class CursorLost(ProviderError):
    code = "cursor_lost"


class RoundEndless(ProviderError):
    code = "round_endless"


class CalendarGone(ProviderError):
    code = "calendar_gone"


class CalendarForbidden(ProviderError):
    code = "calendar_forbidden"


class EventGone(ProviderError):
    code = "event_gone"


class EventChanged(ProviderError):
    code = "event_changed"


class PushRefused(ProviderError):
    code = "push_refused"


class PushGone(ProviderError):
    code = "push_gone"


class MailboxMissing(ProviderError):
    code = "no_mailbox"


class MailboxBusy(CalendarSyncError):
    code = "mailbox_busy"


class AppointmentBusy(CalendarSyncError):
    code = "appointment_busy"


class StoreConflict(CalendarSyncError):
    code = "store_conflict"


class MessageInvalid(CalendarSyncError):
    code = "message_invalid"
