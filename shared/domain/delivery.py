"""When a change is tried again that the CRM's webhook has not taken."""

# The seconds to wait before each try. The schedule that the specification gives:
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
_HOUR = 3600.0
SCHEDULE = (
    0.0,
    5.0,
    5 * 60.0,
    30 * 60.0,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
_SPREAD = 0.1

AT_ONCE = 10
"""How many changes of a subject are delivered before others have their turn."""


def wait_after(tries: int, asked: float | None, chance: float) -> float | None:
    """Seconds until the next try after so many that failed; None when there were enough.

    At least what the CRM has `asked` for. `chance`, from 0 to 1, spreads what failed together.
    """
    if tries >= len(SCHEDULE):
        return None
    return max(asked or 0.0, SCHEDULE[tries] * (1 + _SPREAD * chance))
