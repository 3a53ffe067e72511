"""Times of LNP/1: whole seconds and whole days, UTC, without leap seconds (as POSIX counts).

- An *instant* is seconds since 1970-01-01T00:00:00Z. Text has RFC 3339 with ``Z`` alone:
  no offset, no fraction, no second 60.
- A *date* is days since 1970-01-01. The 1988 agreement names a date; it never becomes an
  instant without a rule of the agreement that says how.
- Windows are ``[start, end)``; a deadline is met at ``time <= deadline``.

Not here: any reading of a clock. `datetime` is imported on use: no message needs it.
"""

from __future__ import annotations

import re
from typing import Final

from launchnotice.errors import Refused
from launchnotice.registry import Refusal

DAY: Final = 86_400
MAX_INSTANT: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that RFC 3339 can write
MAX_DATE: Final = MAX_INSTANT // DAY

# The hour is bounded here because some versions of Python read 24:00:00 as the next midnight.
_INSTANT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z"
_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_EPOCH: Final = 719_163  # date(1970, 1, 1).toordinal()


def parse_instant(text: str) -> int:
    """Seconds of an RFC 3339 time in UTC, ``2026-11-24T07:00:00Z``; raises `Refused` (`bad-text`)."""
    from datetime import datetime

    try:
        if re.fullmatch(_INSTANT, text):
            return _not_negative(int(datetime.fromisoformat(text).timestamp()))
    except ValueError:
        pass
    raise Refused(Refusal.BAD_TEXT, "expected a time such as 2026-11-24T07:00:00Z")


def format_instant(seconds: int) -> str:
    """RFC 3339 text of an instant."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_date(text: str) -> int:
    """Days of an ISO 8601 calendar date, ``2026-11-24``; raises `Refused` (`bad-text`)."""
    from datetime import date

    try:
        if re.fullmatch(_DATE, text):
            return _not_negative(date.fromisoformat(text).toordinal() - _EPOCH)
    except ValueError:
        pass
    raise Refused(Refusal.BAD_TEXT, "expected a date such as 2026-11-24")


def format_date(days: int) -> str:
    """ISO 8601 text of a date."""
    from datetime import date

    return date.fromordinal(_EPOCH + days).isoformat()


def day_start(days: int) -> int:
    """The instant at which a date begins in UTC, in seconds."""
    return days * DAY


def _not_negative(value: int) -> int:
    if value < 0:
        raise ValueError
    return value
