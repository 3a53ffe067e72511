"""Times: parse and format are inverse over the whole range, and one time has one text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice.errors import Refused
from launchnotice.registry import Refusal
from launchnotice.wire import times

INSTANTS = st.integers(0, times.MAX_INSTANT)
DATES = st.integers(0, times.MAX_DATE)


def refused(parse: object, text: str) -> None:
    assert callable(parse)
    with pytest.raises(Refused) as caught:
        parse(text)
    assert caught.value.code is Refusal.BAD_TEXT
    with pytest.raises(Refused) as other:
        parse("")
    assert str(caught.value) == str(other.value)  # and so shows nothing of the text


@given(INSTANTS)
def test_every_instant_survives_its_text(seconds: int) -> None:
    text = times.format_instant(seconds)
    assert times.parse_instant(text) == seconds
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds) == datetime.fromisoformat(text)


@given(DATES)
def test_every_date_survives_its_text(days: int) -> None:
    text = times.format_date(days)
    assert times.parse_date(text) == days
    assert times.format_instant(times.day_start(days)) == f"{text}T00:00:00Z"


@given(st.text(alphabet="0123456789-:TZtz+. \n", max_size=24) | st.text(max_size=24))
def test_what_is_parsed_is_the_only_text_of_its_time(text: str) -> None:
    for parse, write in ((times.parse_instant, times.format_instant), (times.parse_date, times.format_date)):
        try:
            value = parse(text)
        except Refused:
            continue
        assert write(value) == text


@given(INSTANTS, st.integers(0, 19), st.characters())
def test_one_changed_character_gives_another_time_or_none(seconds: int, at: int, char: str) -> None:
    text = times.format_instant(seconds)
    changed = text[:at] + char + text[at + 1 :]
    try:
        value = times.parse_instant(changed)
    except Refused:
        return
    assert (value == seconds) == (changed == text)


def test_the_ends_of_the_range() -> None:
    assert times.parse_instant("1970-01-01T00:00:00Z") == 0
    assert times.parse_instant("9999-12-31T23:59:59Z") == times.MAX_INSTANT
    assert times.parse_date("1970-01-01") == 0
    assert times.parse_date("9999-12-31") == times.MAX_DATE


NO_INSTANT = {
    "empty": "",
    "date alone": "2026-11-24",
    "month and day swapped": "2026-24-11T07:00:00Z",
    "day first": "24-11-2026T07:00:00Z",
    "offset zero": "2026-11-24T07:00:00+00:00",
    "offset minus zero": "2026-11-24T07:00:00-00:00",
    "other offset": "2026-11-24T07:00:00+01:00",
    "no offset": "2026-11-24T07:00:00",
    "Z and offset": "2026-11-24T07:00:00Z+01:00",
    "lower-case z": "2026-11-24T07:00:00z",
    "lower-case t": "2026-11-24t07:00:00Z",
    "space for T": "2026-11-24 07:00:00Z",
    "fraction": "2026-11-24T07:00:00.0Z",
    "comma fraction": "2026-11-24T07:00:00,5Z",
    "no seconds": "2026-11-24T07:00Z",
    "basic format": "20261124T070000Z",
    "week date": "2026-W48-2T07:00:00Z",
    "ordinal date": "2026-328T07:00:00Z",
    "leap second": "2016-12-31T23:59:60Z",
    "second 61": "2016-12-31T23:59:61Z",
    "minute 60": "2026-11-24T07:60:00Z",
    "hour 24": "2026-11-24T24:00:00Z",
    "hour 25": "2026-11-24T25:00:00Z",
    "29 February of no leap year": "2026-02-29T07:00:00Z",
    "29 February 2100": "2100-02-29T07:00:00Z",
    "30 February": "2028-02-30T07:00:00Z",
    "31 April": "2026-04-31T07:00:00Z",
    "month 0": "2026-00-24T07:00:00Z",
    "day 0": "2026-11-00T07:00:00Z",
    "year 0": "0000-01-01T00:00:00Z",
    "year 10000": "10000-01-01T00:00:00Z",
    "signed year": "+2026-11-24T07:00:00Z",
    "negative year": "-2026-11-24T07:00:00Z",
    "two-digit year": "26-11-24T07:00:00Z",
    "before 1970": "1969-12-31T23:59:59Z",
    "trailing newline": "2026-11-24T07:00:00Z\n",
    "leading space": " 2026-11-24T07:00:00Z",
    "trailing null": "2026-11-24T07:00:00Z\0",
    "Arabic-Indic digits": "٢٠٢٦-١١-٢٤T٠٧:٠٠:٠٠Z",
    "one Arabic-Indic digit": "2026-11-24T07:00:0٠Z",
    "fullwidth digits": "２０２６-11-24T07:00:00Z",
    "Unicode minus": "2026\u221211\u221224T07:00:00Z",
    "military letter": "2026-11-24T07:00:00A",
    "name of a zone": "2026-11-24T07:00:00UTC",
}
NO_DATE = {
    "empty": "",
    "month and day swapped": "2026-24-11",
    "day first": "24-11-2026",
    "slashes": "2026/11/24",
    "basic format": "20261124",
    "week date": "2026-W48-2",
    "ordinal date": "2026-328",
    "with a time": "2026-11-24T00:00:00Z",
    "with Z": "2026-11-24Z",
    "29 February of no leap year": "2026-02-29",
    "29 February 1900": "1900-02-29",
    "month 13": "2026-13-01",
    "year 0": "0000-01-01",
    "year 10000": "10000-01-01",
    "before 1970": "1969-12-31",
    "trailing newline": "2026-11-24\n",
    "Arabic-Indic digits": "٢٠٢٦-١١-٢٤",
    "one Arabic-Indic digit": "2026-11-2٤",
}


@pytest.mark.parametrize("text", NO_INSTANT.values(), ids=NO_INSTANT)
def test_no_instant(text: str) -> None:
    refused(times.parse_instant, text)


@pytest.mark.parametrize("text", NO_DATE.values(), ids=NO_DATE)
def test_no_date(text: str) -> None:
    refused(times.parse_date, text)


def test_leap_days_that_exist() -> None:
    for year in (1972, 2000, 2024, 2028, 2400):
        day = times.parse_date(f"{year}-02-29")
        assert times.parse_date(f"{year}-03-01") == day + 1
        assert times.parse_instant(f"{year}-02-29T23:59:59Z") + 1 == times.day_start(day + 1)


def test_an_ambiguous_date_keeps_the_order_that_was_written() -> None:
    assert times.parse_date("2026-05-04") - times.parse_date("2026-04-05") == 29


def test_midnight_as_hour_24_is_refused_even_where_python_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer versions of `fromisoformat` take 24:00:00 as the next midnight: one instant, two texts."""

    class Lenient(datetime):
        @classmethod
        def fromisoformat(cls, text: str) -> Lenient:
            return cls(2026, 11, 25, tzinfo=UTC)

    monkeypatch.setattr("datetime.datetime", Lenient)
    refused(times.parse_instant, "2026-11-24T24:00:00Z")
