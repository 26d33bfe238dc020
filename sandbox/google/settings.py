"""Switches of the calendar service, and those of one account."""

from dataclasses import dataclass


@dataclass
class AccountFaults:
    """How lists are told to one account, and what goes wrong with its events.

    short_pages: a list that would fit one page comes on two.
    empty_pages: how many empty pages with a nextPageToken follow the first one.
    unordered: events come in an order of their own, exceptions before their series too.
    strict_parameters: a list that goes on with other parameters than it began with is refused;
        Google calls the outcome undefined.
    sync_lag_seconds: a change shows in lists only that much later.
    sync_token_days: how long sync tokens live; not documented.
    updated_min_days: how far back `updatedMin` may lie; not documented.
    revival: 403 or 410 refuses to bring a deleted event back (google-api-python-client#210).
    """

    short_pages: bool = True
    empty_pages: int = 1
    unordered: bool = True
    strict_parameters: bool = True
    sync_lag_seconds: float = 0.0
    sync_token_days: float = 30.0
    updated_min_days: float = 28.0
    revival: int = 200

    def be_gentle(self) -> None:
        """Whole pages in order of creation."""
        self.short_pages, self.empty_pages, self.unordered = False, 0, False


# How far ahead `singleEvents` expands a series where `timeMax` does not say; Google's own measure
# is not documented.
EXPANSION_DAYS = 730
