"""Reading what Google posts to us. Pure, and light to import: this is the path that must be fast.

All is in the headers: https://developers.google.com/workspace/calendar/api/guides/push
"""

from shared.providers.notifications import News, Post, Proven, Reading, Told

_OPENED = "sync"
_LONGEST_CHANNEL = 64  # as Google allows


def read(post: Post, proven: Proven, /) -> Reading:
    """The calendar that a message tells of; none for one without proof.

    None either for the first message of a channel, which says only that it was opened. Any other
    state, also a new one, counts as a change: reading is never wrong. Google asks for a success,
    and repeats what gets a 5xx.
    """
    said = {name.casefold(): value for name, value in post.headers.items()}
    if said.get("x-goog-resource-state", "").casefold() == _OPENED:
        return Reading(200)
    key = proven(said.get("x-goog-channel-token"))
    if key is None:
        return Reading(200, unproven=1)
    channel = said.get("x-goog-channel-id")
    return Reading(
        200, news=(News(key, Told.CHANGED, channel[:_LONGEST_CHANNEL] if channel else None),)
    )
