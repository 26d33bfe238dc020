"""Error answers of the Calendar API.

Form, codes and reasons: developers.google.com/workspace/calendar/api/guides/errors. Where a message
comes from elsewhere, its source stands beside it.
"""

from typing import Any

_Known = tuple[int, str, str]

# Status, domain and message of each reason.
KNOWN: dict[str, _Known] = {
    "authError": (401, "global", "Invalid Credentials"),
    "backendError": (500, "global", "Backend Error"),
    "badRequest": (400, "global", "Bad Request"),
    "calendarUsageLimitsExceeded": (403, "usageLimits", "Calendar usage limits exceeded."),
    "cannotChangeOrganizer": (400, "calendar", "Cannot change the organizer of an event."),
    # google-api-nodejs-client issue 1992 and public clients quote the wording.
    "channelIdNotUnique": (400, "global", "Channel id not unique"),
    "conditionNotMet": (412, "global", "Precondition Failed"),
    "deleted": (410, "global", "Resource has been deleted"),
    "duplicate": (409, "global", "The requested identifier already exists."),
    "eventTypeRestriction": (400, "calendar", "Invalid event type."),
    "forbidden": (403, "global", "Forbidden"),
    "forbiddenForNonOrganizer": (
        403,
        "calendar",
        "Shared properties can only be changed by the organizer of the event.",
    ),
    "fullSyncRequired": (
        410,
        "calendar",
        "Sync token is no longer valid, a full sync is required.",
    ),
    "insufficientPermissions": (403, "global", "Insufficient Permission"),
    "invalid": (400, "global", "Invalid Value"),
    # webhookdb issue 624
    "notACalendarUser": (403, "calendar", "The user must be signed up for Google Calendar."),
    "notFound": (404, "global", "Not Found"),
    "parseError": (400, "global", "Parse Error"),
    # compass-calendar pull request 2111
    "pushNotSupportedForRequestedResource": (
        400,
        "global",
        "Push notifications are not supported by this resource.",
    ),
    "quotaExceeded": (403, "usageLimits", "Calendar usage limits exceeded."),
    "rateLimitExceeded": (403, "usageLimits", "Rate Limit Exceeded"),
    "required": (400, "global", "Required"),
    # OutlookGoogleCalendarSync issue 968
    "requiredAccessLevel": (
        403,
        "calendar",
        "You need to have writer access to this calendar.",
    ),
    "syncTokenWithRequestRestrictions": (
        400,
        "calendar",
        "Sync token cannot be used with request restrictions.",
    ),
    "timeRangeEmpty": (400, "calendar", "The specified time range is empty."),
    "updatedMinTooLongAgo": (
        410,
        "calendar",
        "The requested minimum modification time lies too far in the past.",
    ),
    "userRateLimitExceeded": (403, "usageLimits", "User Rate Limit Exceeded"),
}
_LOCATIONS = {
    "authError": ("header", "Authorization"),
    "conditionNotMet": ("header", "If-Match"),
    "fullSyncRequired": ("parameter", "syncToken"),
    "syncTokenWithRequestRestrictions": ("parameter", "syncToken"),
    "timeRangeEmpty": ("parameter", "timeMax"),
    "updatedMinTooLongAgo": ("parameter", "updatedMin"),
}


class ApiError(Exception):
    """A refusal by its reason; status, message and domain are those of the catalogue unless given.

    `location` names the parameter that is wrong.
    """

    def __init__(
        self,
        reason: str,
        message: str = "",
        *,
        status: int | None = None,
        location: str | None = None,
    ) -> None:
        known = KNOWN.get(reason, (status or 400, "global", reason))
        self.reason = reason
        self.status = status or known[0]
        self.domain = known[1]
        self.message = message or known[2]
        self.place = ("parameter", location) if location else _LOCATIONS.get(reason)
        super().__init__(f"{self.status} {reason}: {self.message}")

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        detail = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.place is not None:
            detail |= {"locationType": self.place[0], "location": self.place[1]}
        return {"error": {"errors": [detail], "code": self.status, "message": self.message}}


def invalid(message: str, location: str | None = None) -> ApiError:
    """A value that cannot be taken."""
    return ApiError("invalid", message, location=location)
