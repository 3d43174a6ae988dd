"""Moments as people write them, of the seconds that the catalog has."""

from datetime import UTC, datetime, timedelta


def moment(seconds: float) -> datetime:
    """A moment since the epoch, in UTC: the last microsecond that is not after it, so that it finds what came then."""
    nearest = datetime.fromtimestamp(seconds, UTC)
    return nearest if nearest.timestamp() <= seconds else nearest - timedelta(microseconds=1)
