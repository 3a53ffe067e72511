"""The traps of dates, times and units, as properties against oracles that count another way.

The incidents behind them: a wire text of 1995 with a window "January 15 to 10", summaries that say 72
hours where the text says three days and 75 km where it says 70, notices in local time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice import Agreement, UsageError, load_agreement, parse_agreement
from launchnotice.compose import compose
from launchnotice.errors import Refused
from launchnotice.pact import timing
from launchnotice.pact.compare import among, within
from launchnotice.pact.judge import Heard, Judge, year_of
from launchnotice.registry import AmendmentReason, Bound, FindingCode, Kind, LengthUnit, Sector, Unit
from launchnotice.wire import times
from launchnotice.wire.coordinates import format_point, parse_latitude, parse_longitude, parse_point
from launchnotice.wire.geo import Circle, Polygon
from launchnotice.wire.notices import (
    Amendment,
    Bounds,
    Direction,
    LaunchNotification,
    Window,
)
from tests.support import launch

DAY = 86_400
HOUR = 3_600
EPOCH = date(1970, 1, 1)

OFFSETS = st.integers(-720, 840)
INSTANTS = st.integers(DAY * 30, times.MAX_INSTANT - DAY * 40)
BOUNDS = st.sampled_from([*Bound])


def rule(check: str, subject: str, limit: str, offset: int = 0, anchor: str = "received") -> str:
    sign = "-" if offset < 0 else "+"
    lines = [
        "[[rules]]",
        f'check = "{check}"',
        'kind = "launch notification"',
        'article = "Article 2"',
        'evidence = "verified"',
        f'subject = "{subject}"',
        f'limit = "{limit}"',
        f'offset = "{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"',
        *([f'anchor = "{anchor}"'] if check == "lead time" else []),
    ]
    return "\n".join(lines)


def agreement(*rules: str) -> Agreement:
    head = 'id = "x"\ntitle = "X"\nstatus = "nowhere"\nsources = ["nothing"]\n'
    return parse_agreement(head + "\n".join(rules))


def codes(one: Agreement, body: LaunchNotification, received: int) -> list[FindingCode]:
    return [found.code for found in Judge(one)(Kind.LAUNCH, body, Heard("US", received, received))]


def local(instant: int, offset: int) -> date:
    """What the calendar on the wall says, by another library."""
    return datetime.fromtimestamp(instant, timezone(timedelta(minutes=offset))).date()


def opening(start: int, length: int = HOUR) -> LaunchNotification:
    return launch(planned_date=None, window=Window(start=start, end=start + length))


# Days and time zones -----------------------------------------------------------------------------


@given(INSTANTS, OFFSETS)
def test_a_day_is_that_of_the_calendar_on_the_wall(instant: int, offset: int) -> None:
    day = timing.day_of(instant, offset)
    assert EPOCH + timedelta(days=day) == local(instant, offset)
    first = timing.first_second(day, offset)
    assert first <= instant < first + DAY
    assert (local(first, offset), local(first - 1, offset)) == (
        local(instant, offset),
        local(instant, offset) - timedelta(days=1),
    )


@pytest.mark.requirement("R-AGR-2")
@given(
    start=INSTANTS,
    before=st.integers(-DAY, 9 * DAY),
    days=st.integers(0, 7),
    offset=OFFSETS,
)
def test_calendar_days_of_lead_time_are_counted_on_the_wall(
    start: int, before: int, days: int, offset: int
) -> None:
    received = start - before
    one = agreement(rule("lead time", "window", f"at least {days} calendar days", offset))
    late = (local(start, offset) - local(received, offset)).days < days
    assert codes(one, opening(start), received) == [FindingCode.LATE] * late
    most = agreement(rule("lead time", "window", f"at most {days} calendar days", offset))
    early = (local(start, offset) - local(received, offset)).days > days
    assert codes(most, opening(start), received) == [FindingCode.EARLY] * early


@given(start=INSTANTS, before=st.integers(-DAY, 5 * DAY), hours=st.integers(0, 100), offset=OFFSETS)
def test_hours_of_lead_time_are_counted_to_the_second_in_every_time_zone(
    start: int, before: int, hours: int, offset: int
) -> None:
    one = agreement(rule("lead time", "window", f"at least {hours} hours", offset))
    assert codes(one, opening(start), start - before) == [FindingCode.LATE] * (before < hours * HOUR)


def test_three_calendar_days_are_not_72_hours() -> None:
    days = agreement(rule("lead time", "window", "at least 3 calendar days"))
    hours = agreement(rule("lead time", "window", "at least 72 hours"))
    early, evening = (times.parse_instant(f"2026-11-24T{at}Z") for at in ("00:00:01", "23:59:59"))
    night = times.parse_instant("2026-11-21T23:59:58Z")
    assert codes(days, opening(early), night) == []
    assert codes(hours, opening(early), night) == [FindingCode.LATE]
    morning = times.parse_instant("2026-11-22T00:00:00Z")
    assert codes(days, opening(evening), morning) == [FindingCode.LATE]
    assert codes(hours, opening(evening), times.parse_instant("2026-11-21T23:59:59Z")) == []


@given(start=INSTANTS, days=st.integers(0, 7), offset=OFFSETS)
def test_the_last_second_that_a_finding_names_is_the_last_in_time(start: int, days: int, offset: int) -> None:
    for unit in (Unit.CALENDAR_DAYS, Unit.HOURS, Unit.MINUTES):
        last = timing.last_before(start, days, unit, offset)
        kept = [timing.elapsed(at, start, unit, offset) for at in (last, last + 1)]
        assert [lead >= days * one for lead, one in kept] == [True, False]
        first = timing.first_before(start, days, unit, offset)
        kept = [timing.elapsed(at, start, unit, offset) for at in (first, first - 1)]
        assert [lead <= days * one for lead, one in kept] == [True, False]
        after = timing.last_after(start, days, unit, offset)
        kept = [timing.elapsed(start, at, unit, offset) for at in (after, after + 1)]
        assert [lead <= days * one for lead, one in kept] == [True, False]


@given(st.integers(1, times.MAX_DATE - 10), OFFSETS, st.integers(1, 9))
def test_a_date_is_valid_for_the_days_that_it_begins(day: int, offset: int, days: int) -> None:
    one = agreement(rule("validity", "planned_date", f"exactly {days} calendar days", offset))
    span = one.validity(Kind.LAUNCH, launch(planned_date=day))
    assert span is not None
    dates = [local(span[0], offset), local(span[1] - 1, offset), local(span[1], offset)]
    first = EPOCH + timedelta(days=day)
    assert dates == [first, first + timedelta(days=days - 1), first + timedelta(days=days)]


def test_a_time_with_an_offset_is_no_time_of_a_notice() -> None:
    for text in ("2026-11-24T07:00:00+03:00", "2026-11-24T07:00:00", "2026-11-24 07:00:00Z"):
        with pytest.raises(Refused):
            times.parse_instant(text)


# Inclusive ends ------------------------------------------------------------------------------------


@given(INSTANTS, st.integers(1, 9 * DAY), OFFSETS)
def test_a_window_touches_the_days_of_its_seconds(start: int, length: int, offset: int) -> None:
    days, _ = timing.touched(start, start + length, Unit.CALENDAR_DAYS, offset)
    seen = {local(at, offset) for at in (*range(start, start + length, HOUR), start + length - 1)}
    assert days == len(seen)
    one = agreement(rule("limit", "window", f"at most {days} calendar days", offset))
    assert codes(one, opening(start, length), start) == []
    less = agreement(rule("limit", "window", f"below {days} calendar days", offset))
    assert codes(less, opening(start, length), start) == [FindingCode.OUTSIDE_LIMIT]


def test_a_window_that_ends_at_midnight_does_not_touch_the_day_that_begins() -> None:
    five = agreement(rule("limit", "window", "at most 5 calendar days"))
    start = times.parse_instant("2026-11-24T00:00:00Z")
    assert codes(five, opening(start, 5 * DAY), start) == []
    assert codes(five, opening(start, 5 * DAY + 1), start) == [FindingCode.OUTSIDE_LIMIT]
    assert codes(five, opening(start + 1, 5 * DAY), start) == [FindingCode.OUTSIDE_LIMIT]
    hours = agreement(rule("limit", "window", "at most 120 hours"))
    assert codes(hours, opening(start + 1, 5 * DAY), start) == []


# Leap days and leap seconds --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "after"),
    [("2028-02-27", "2028-03-02"), ("2027-02-27", "2027-03-03"), ("2100-02-27", "2100-03-03")],
)
def test_four_days_over_the_end_of_february(first: str, after: str) -> None:
    day = times.parse_date(first)
    span = load_agreement("us-ussr-1988").validity(Kind.LAUNCH, launch(planned_date=day))
    assert span == (day * DAY, times.parse_instant(f"{after}T00:00:00Z"))


def test_three_days_over_a_leap_day() -> None:
    three = agreement(rule("lead time", "window", "at least 3 calendar days"))
    opens = opening(times.parse_instant("2028-03-02T00:00:00Z"))
    assert codes(three, opens, times.parse_instant("2028-02-28T23:59:59Z")) == []
    assert codes(three, opens, times.parse_instant("2028-02-29T00:00:00Z")) == [FindingCode.LATE]


@given(st.integers(0, times.MAX_DATE - 40_000), st.integers(0, 36_600))
def test_a_year_of_an_agreement_begins_with_its_day(since: int, later: int) -> None:
    """By counting its returns one by one; that of 29 February is 1 March where there is none."""
    first, on = EPOCH + timedelta(days=since), EPOCH + timedelta(days=since + later)
    returns = 0
    for year in range(first.year, on.year + 1):
        try:
            returns += first.replace(year=year) <= on
        except ValueError:
            returns += date(year, 3, 1) <= on
    assert year_of(since, (since + later) * DAY) == returns
    assert year_of(None, (since + later) * DAY + DAY - 1) == on.year


def test_a_leap_second_has_no_number_and_is_never_counted() -> None:
    """At the end of 2016 a day had 86,401 seconds; 24 hours before noon is noon all the same."""
    with pytest.raises(Refused):
        times.parse_instant("2016-12-31T23:59:60Z")
    noon, before = (times.parse_instant(f"{day}T12:00:00Z") for day in ("2017-01-01", "2016-12-31"))
    assert noon - before == DAY
    one = agreement(rule("lead time", "window", "at least 24 hours"))
    assert codes(one, opening(noon), before) == []
    assert codes(one, opening(noon), before + 1) == [FindingCode.LATE]


# Month and day, windows that end before they begin ------------------------------------------------------


@given(st.dates(date(1970, 1, 1), date(2999, 12, 31)))
def test_month_and_day_have_one_order(day: date) -> None:
    assert EPOCH + timedelta(days=times.parse_date(day.isoformat())) == day
    swapped = f"{day.year:04}-{day.day:02}-{day.month:02}"
    others = [f"{day:%d.%m.%Y}", f"{day:%m/%d/%Y}", f"{day:%d-%m-%Y}", f"{day:%Y%m%d}", f"{day:%y-%m-%d}"]
    for text in others if day.day <= 12 else [swapped, *others]:
        with pytest.raises(Refused):
            times.parse_date(text)


def test_a_swapped_date_that_exists_shows_in_the_lead_time() -> None:
    """Nobody can refuse 11 December for 12 November; that it comes too late or too early is found."""
    agreed = load_agreement("plns-2000")
    issued = times.parse_instant("2026-11-10T00:00:00Z")
    meant, swapped = (opening(times.parse_instant(f"2026-{day}T06:00:00Z")) for day in ("11-12", "12-11"))
    timed = {FindingCode.LATE, FindingCode.EARLY}
    assert timed.isdisjoint(codes(agreed, meant, issued))
    assert timed.intersection(codes(agreed, swapped, issued)) == {FindingCode.EARLY}


@given(INSTANTS, st.integers(0, 29 * DAY))
def test_a_window_that_does_not_end_after_it_begins_is_none(start: int, before: int) -> None:
    with pytest.raises(UsageError, match="expected an end after the start"):
        Window(start=start, end=start - before)
    texts = {"start": times.format_instant(start), "end": times.format_instant(start - before)}
    with pytest.raises(Refused, match="expected an end after the start"):
        Window.from_json(texts)


def test_the_wire_text_of_1995_is_told_to_its_author() -> None:
    """ "January 15 to 10": the month of the end was lost on the way from Oslo to Moscow."""
    form = {
        "kind": "launch notification",
        "category": "sounding rocket",
        "window": {"start": "1995-01-15T00:00:00Z", "end": "1995-01-10T00:00:00Z"},
    }
    composed = compose(form, times.parse_instant("1994-12-27T00:00:00Z"))
    assert composed.body is None
    (mistake,) = composed.mistakes
    assert mistake.key == "window"
    assert mistake.expected == "an end after the start"
    assert "1995-01-10" in mistake.found


# Kilometres and nautical miles --------------------------------------------------------------------------


@given(st.integers(0, 10_000_000), st.integers(0, 5_000), BOUNDS)
def test_a_nautical_mile_is_1852_metres(metres: int, amount: int, bound: Bound) -> None:
    for unit, size in ((Unit.KILOMETRES, 1_000), (Unit.NAUTICAL_MILES, 1_852)):
        for value in (metres, amount * size - 1, amount * size, amount * size + 1):
            kept = within(value, bound, amount, unit, 0)
            assert kept is timing.keeps(bound, value, amount * size)


@pytest.mark.parametrize(
    ("phrase", "metres"),
    [
        ("at least 40 kilometres", 40_000),
        ("at least 40 km", 40_000),
        ("at least 40 nautical miles", 74_080),
        ("at least 40 NM", 74_080),
        ("at least 40 nmi", 74_080),
        ("at least 1 nautical mile", 1_852),
    ],
)
def test_the_unit_of_a_limit_counts(phrase: str, metres: int) -> None:
    one = agreement(rule("limit", "distances.site", phrase))
    for value, outside in ((metres, False), (metres - 1, True)):
        body = LaunchNotification.from_json(
            {"category": "target", "planned_date": "2026-11-24", "distances": {"site": value}}
        )
        assert codes(one, body, 0) == [FindingCode.OUTSIDE_LIMIT] * outside


@pytest.mark.parametrize(
    "phrase", ["at least 40", "at least 40 miles", "at least 40 nm", "at least 40 hours"]
)
def test_a_length_without_its_unit_is_no_limit(phrase: str) -> None:
    with pytest.raises(UsageError):
        agreement(rule("limit", "distances.site", phrase))


@given(
    st.tuples(st.none() | st.integers(0, 9_000), st.none() | st.integers(0, 9_000)).filter(
        lambda ends: ends != (None, None) and (None in ends or (ends[0] or 0) <= (ends[1] or 0))
    ),
    st.integers(1, 8),
    BOUNDS,
)
def test_bounds_of_a_length_fit_if_every_length_within_them_does(
    ends: tuple[int | None, int | None], amount: int, bound: Bound
) -> None:
    low, high = ends
    found = within(Bounds(at_least=low, at_most=high), bound, amount, Unit.KILOMETRES, 0)
    edges = {
        amount * 1_000 - 1,
        amount * 1_000,
        amount * 1_000 + 1,
        low or 0,
        10_000 if high is None else high,
    }
    lengths = [one for one in edges if (low or 0) <= one <= (10_000 if high is None else high)]
    fits = {timing.keeps(bound, one, amount * 1_000) for one in lengths}
    assert found is (None if len(fits) == 2 else fits.pop())


# Directions, hemispheres, the antimeridian, the poles ------------------------------------------------------


@given(st.integers(0, 35_999), st.integers(0, 18_000), st.sampled_from([*Sector]))
def test_a_direction_fits_a_sector_if_a_hundredth_of_a_degree_of_it_does(
    azimuth: int, tolerance: int, sector: Sector
) -> None:
    """By unrolling the circle three times instead of reckoning on it."""
    half = 2_250 if sector.value % 2 else 1_125
    centre = (sector.value - 1) * 2_250
    overlaps = any(
        azimuth - tolerance < centre + turn + half and centre + turn - half < azimuth + tolerance
        for turn in (-36_000, 0, 36_000)
    )
    edge = not tolerance and any(
        azimuth in (centre + turn - half, centre + turn + half) for turn in (-36_000, 0, 36_000)
    )
    assert among(Direction(azimuth=azimuth, tolerance=tolerance), (sector.value,)) == (overlaps or edge)


def test_the_eight_sectors_leave_no_gap_and_a_sixteenth_touches_its_neighbours_alone() -> None:
    eighths = [sector for sector in Sector if sector.value % 2]
    for azimuth in range(0, 36_000, 25):
        assert any(among(Direction(azimuth=azimuth), (sector.value,)) for sector in eighths)
    for told in Sector:
        fitting = {sector.value for sector in Sector if among(Direction(sector=told), (sector.value,))}
        beside = {told.value % 16 + 1, (told.value - 2) % 16 + 1}
        assert fitting == {told.value} | (set() if told in eighths else beside)


@given(st.integers(-324_000_000, 324_000_000), st.integers(-647_999_999, 648_000_000))
def test_a_coordinate_has_its_letter_and_no_other(latitude: int, longitude: int) -> None:
    longitude = 0 if abs(latitude) == 324_000_000 else longitude
    north, east = format_point((latitude, longitude)).split()
    assert (parse_latitude(north), parse_longitude(east)) == (latitude, longitude)
    for text, parse in ((north, parse_longitude), (east, parse_latitude)):
        with pytest.raises(Refused):
            parse(text)
    for text in (north[:-1], north[:-1] + "E", f"-{north}", north.lower()):
        with pytest.raises(Refused):
            parse_latitude(text)
    other = {"N": "S", "S": "N"}[north[-1]]
    assert parse_latitude(north[:-1] + other) == -latitude


SPELLINGS = [
    ("10-00-00N 180-00-00W", "10-00-00N 180-00-00E"),
    ("90-00-00N 000-00-00E", "90-00-00N 000-00-00W"),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_the_antimeridian_and_the_poles_have_one_spelling_so_that_no_area_seems_another(
    one: str, other: str
) -> None:
    """An amendment that writes the same place otherwise has not moved anything."""
    assert parse_point(one) == parse_point(other)
    bodies = [launch(impact_areas=(around(text),)) for text in (one, other)]
    amended = Amendment(
        launch=bytes(32), replaces=bytes(32), reason=AmendmentReason.CLERICAL, notification=bodies[1]
    )
    late = (launch().planned_date or 0) * DAY
    judge = Judge(load_agreement("us-ussr-1988"))
    assert judge(Kind.AMENDMENT, amended, Heard("US", late, late, bodies[0])) == []
    moved = Heard("US", late, late, launch(impact_areas=(around("10-00-00N 179-59-59W"),)))
    assert [found.code for found in judge(Kind.AMENDMENT, amended, moved)] == [FindingCode.LATE]


def around(text: str) -> Circle:
    latitude, longitude = parse_point(text)
    return Circle(latitude=latitude, longitude=longitude, radius=18_520, unit=LengthUnit.NAUTICAL_MILE)


def test_areas_across_the_antimeridian_and_around_a_pole_are_in_good_order() -> None:
    across = polygon("10-00-00N 179-00-00E", "10-00-00N 179-00-00W", "12-00-00N 180-00-00E")
    polar = polygon("80-00-00N 000-00-00E", "80-00-00N 120-00-00E", "80-00-00N 120-00-00W")
    assert across.contains(parse_point("10-30-00N 179-59-59W"))
    assert not across.contains(parse_point("10-30-00N 000-00-00E"))
    assert polar.contains(parse_point("90-00-00N 000-00-00E"))
    body = launch(impact_areas=(across, polar))
    assert codes(load_agreement("us-ussr-1988"), body, ((body.planned_date or 0) - 2) * DAY) == []


def polygon(*points: str) -> Polygon:
    return Polygon(points=tuple(map(parse_point, points)))


def test_no_clock_but_the_one_handed_in_is_read() -> None:
    """The same notice is late or not by the times in its circumstances alone."""
    body = opening(int(datetime(2026, 11, 24, tzinfo=UTC).timestamp()))
    one = agreement(rule("lead time", "window", "at least 24 hours"))
    verdicts = {at: codes(one, body, at) for at in (0, times.MAX_INSTANT)}
    assert verdicts == {0: [], times.MAX_INSTANT: [FindingCode.LATE]}
