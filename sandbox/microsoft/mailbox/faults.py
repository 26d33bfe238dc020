"""Switches that make one mailbox misbehave in ways seen in the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class MailboxFaults:
    """Set by the control API, read by the mailbox.

    endless_delta: a full round never ends; the last page comes again and again with a fresh
        nextLink (msgraph-sdk-dotnet#3070, #3082).
    delta_lag_seconds: a change shows in delta only that much later.
    exception_listed_alone: delta lists a changed exception without its master and siblings.
    master_omitted: delta lists occurrences without their master.
    duplicate_transaction_as: status for a transactionId used again for other content.
    remember_deleted: a transactionId stays used after its event was deleted. How long it does at
        Microsoft is not documented.
    deleted_readable: a deleted event is still found by its immutable id, in Deleted Items, where
        no calendar lists it. Immutable ids survive a move between folders; whether /me/events
        answers for that folder is not documented.
    empty_pages: how many empty pages with a nextLink each round holds (delta overview).
    repeated_items: how many items of a round come a second time (delta overview), 0 or 1.
    """

    endless_delta: bool = False
    delta_lag_seconds: float = 0.0
    exception_listed_alone: bool = False
    master_omitted: bool = False
    duplicate_transaction_as: Literal[400, 409] = 400
    remember_deleted: bool = False
    deleted_readable: bool = False
    empty_pages: int = 1
    repeated_items: int = 1
    generation: int = 1
    expired_status: int = 410
    expired_code: str = "SyncStateNotFound"
    expired_with_location: bool = False

    def expire_delta_tokens(
        self, *, with_location: bool = False, status: int = 410, code: str = "SyncStateNotFound"
    ) -> None:
        """Forget every delta and skip token handed out so far; the next use of one is refused."""
        self.generation += 1
        self.expired_with_location = with_location
        self.expired_status = status
        self.expired_code = code
