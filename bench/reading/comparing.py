"""Times of two works beside each other, as a finding."""

from bench.measuring import Spread
from bench.results import Finding


def compared(
    work: str,
    what: str,
    ours: Spread,
    theirs: tuple[str, Spread],
    *,
    most: tuple[str, float] | None = None,
    remark: str = "",
) -> Finding:
    """In milliseconds. `most` is how large the ratio of the medians may be, in words and as a
    number; without it there is nothing to meet."""
    against, other = theirs
    return Finding(
        work,
        what,
        milliseconds(ours),
        "ms",
        against,
        milliseconds(other),
        aim=most[0] if most else "",
        met=ours.median <= most[1] * other.median if most else None,
        remark=remark,
    )


def milliseconds(seconds: Spread) -> Spread:
    low, median, high = (1000 * value for value in (seconds.low, seconds.median, seconds.high))
    return Spread(median, low, high, seconds.count)
