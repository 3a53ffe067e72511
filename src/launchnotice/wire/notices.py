"""Bodies of notices. A kind is a row of the registry and a record here; no class encodes itself.

`BODIES` joins the two. Bodies are open records: a field of a later version is shown raw.
"""

from __future__ import annotations

from typing import Final

from launchnotice.errors import Refused
from launchnotice.registry import Basing, Category, GenericClass, Kind, NoticeBasis, Purpose, Refusal
from launchnotice.wire.bounds import MAX_REMARK
from launchnotice.wire.codecs import Array, Date, Enumeration, Instant, Int, Text
from launchnotice.wire.geo import Area, AreaRecord
from launchnotice.wire.record import Nested, Record, field


class Window(Record):
    """A span of time ``[start, end)``: the start belongs to it, the end does not."""

    start: int = field(1, Instant(), "first second, since 1970-01-01T00:00:00Z")
    end: int = field(2, Instant(), "first second after it")

    def validate(self) -> None:
        """A window ends after it begins (the Norwegian wire text of 1995 read "January 15 to 10")."""
        if self.end <= self.start:
            raise Refused(Refusal.INCONSISTENT, "window ends before it begins")


class LaunchNotification(Record, open=True):
    """Advance notice of one launch; begins the launch's thread.

    Exactly one of `planned_date` (as in 1988, Article I) and `window` is given; a date is
    never coerced to an instant. What an agreement requires is a finding, not a refusal.
    """

    category: Category = field(1, Enumeration(Category), "what is launched")
    generic_class: GenericClass | None = field(
        2, Enumeration(GenericClass), "generic class, never a designation", default=None
    )
    basing: Basing | None = field(3, Enumeration(Basing), "from what it is launched", default=None)
    planned_date: int | None = field(4, Date(), "calendar date of the launch", default=None)
    window: Window | None = field(5, Nested(Window), "window of the launch", default=None)
    launch_area: AreaRecord | None = field(6, Area(), "where it starts", default=None)
    impact_areas: tuple[AreaRecord, ...] = field(
        7, Array(Area(), 1, 32), "where its parts come down", default=()
    )
    launch_count: int = field(8, Int(1, 1_000), "number of launches announced", default=1)
    purpose: Purpose | None = field(9, Enumeration(Purpose), "declared purpose", default=None)
    basis: NoticeBasis | None = field(10, Enumeration(NoticeBasis), "why notice is given", default=None)
    remark: str | None = field(11, Text(MAX_REMARK), "free text; never changes meaning", default=None)

    def validate(self) -> None:
        """A launch is planned for a date or for a window."""
        if (self.planned_date is None) == (self.window is None):
            raise Refused(Refusal.INCONSISTENT, "exactly one of planned_date and window")


BODIES: Final[dict[int, type[Record]]] = {
    Kind.LAUNCH: LaunchNotification,
}
