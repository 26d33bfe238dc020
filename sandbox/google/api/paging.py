"""Cutting a list into pages, some of them short or empty.

Source: developers.google.com/workspace/calendar/api/guides/pagination and events.list#maxResults
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from sandbox.google.api.tokens import PageToken, write
from sandbox.google.settings import AccountFaults

Item = TypeVar("Item")
Keyed = tuple[list[str], Item]


@dataclass(frozen=True)
class Page(Generic[Item]):
    """The items of one page, and the token of the next one."""

    items: list[Item]
    next_token: str | None


def cut(
    items: Sequence[Keyed[Item]], token: PageToken, size: int, faults: AccountFaults
) -> Page[Item]:
    """The page that `token` stands for; items come sorted by their keys."""
    left = [pair for pair in items if token.after is None or pair[0] > token.after]
    taken = left[: _room(len(left), token.number, size, faults)]
    ended = len(taken) == len(left) and not _empties_due(token.number, len(items), faults)
    if ended:
        return Page([item for _, item in taken], None)
    after = taken[-1][0] if taken else token.after
    following = replace(token, number=token.number + 1, after=after)
    return Page([item for _, item in taken], write(following))


def _room(left: int, number: int, size: int, faults: AccountFaults) -> int:
    if 1 <= number <= faults.empty_pages:
        return 0
    if number == 0 and faults.short_pages and left > 1:
        return min(size, (left + 1) // 2)
    return size


def _empties_due(number: int, total: int, faults: AccountFaults) -> bool:
    """Whether an empty page is still to come; a list of nothing is told at once."""
    return total > 0 and number < faults.empty_pages
