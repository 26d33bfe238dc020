"""What the mailbox refuses, with the Graph code of each refusal."""

from __future__ import annotations


class MailboxError(Exception):
    """A refused operation: the HTTP status, code and sentence Graph would answer with."""

    status = 400

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NotFoundError(MailboxError):
    """The item or calendar does not exist, or not under this id."""

    status = 404

    def __init__(self) -> None:
        super().__init__("ErrorItemNotFound", "The specified object was not found in the store.")


class AccessDeniedError(MailboxError):
    """The calendar may not be written by this user."""

    status = 403

    def __init__(self) -> None:
        super().__init__("ErrorAccessDenied", "Access is denied. Check credentials and try again.")


class ForbiddenError(MailboxError):
    """The operation is not allowed on this kind of object."""

    status = 403


class InvalidRequestError(MailboxError):
    """The request itself is wrong; Graph's usual code is ErrorInvalidRequest."""

    def __init__(self, message: str, code: str = "ErrorInvalidRequest") -> None:
        super().__init__(code, f"Your request can't be completed. {message}")


class ConflictError(MailboxError):
    """The change key of If-Match is not the present one (field reports: contrib#7934)."""

    status = 412

    def __init__(self) -> None:
        super().__init__(
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed "
            "in the request does not match the current change key for the item.",
        )


class DuplicateTransactionError(MailboxError):
    """A transactionId was used again for other content (field reports: status 400)."""

    def __init__(self, existing_id: str, status: int) -> None:
        super().__init__(
            "ErrorDuplicateTransactionId",
            "Your request can't be completed. The TransactionId specified in the request has "
            "already been used to create a different event.",
        )
        self.status = status
        self.existing_id = existing_id


class SyncStateError(MailboxError):
    """A delta token is no longer known (Graph issues #2350, #2877; delta overview: 410)."""

    status = 410

    def __init__(self, status: int, code: str, generation: int, with_location: bool) -> None:
        super().__init__(
            code,
            f"The sync state generation is not found; generation={max(generation - 1, 0)};"
            f"[highest={generation}][{generation}].",
        )
        self.status = status
        self.with_location = with_location
