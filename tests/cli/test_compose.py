"""`template`, `compose` and `sign`: from an empty form to a draft that officers have signed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from launchnotice import Channel, Draft, Endpoint, times
from launchnotice.ceremony import verify_mandates
from launchnotice.cli import common
from launchnotice.compose import COMPOSED, compose
from launchnotice.compose.report import report
from launchnotice.compose.template import template
from launchnotice.journal.anchor import FileAnchor
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.pact.agreementfile import agreement_text
from launchnotice.registry import Kind
from launchnotice.render import text
from launchnotice.render.fields import check_code
from launchnotice.wire.launch import Amendment, LaunchNotification
from launchnotice.wire.message import parse_contents
from tests.cli.conftest import Cli, Ran, say
from tests.compose.test_mistakes import EVERYTHING_WRONG
from tests.compose.test_template import filled
from tests.render.test_text import compare
from tests.support import NOW, launch, make_centre
from tests.support.centres import LABELS

ISSUED = ("--issued", times.format_instant(NOW))
DRAFT = ("--channel", "channel.cbor", "--party", "US", "--officer", "officer-1", "officer-2")
JOURNAL = ("--journal", "us.sqlite", "--anchor", "us.anchor")
FIRST = (*JOURNAL, "--new-journal", "--mandate", "US.cbor")
SIGN = ("--channel", "channel.cbor", "--mandate", "US.cbor")


@pytest.fixture
def form(cli: Cli, folder: Path) -> Path:
    """A template that was printed and filled in."""
    ran = cli("template", "us-ussr-1988", "launch-notification", "--out", "notice.toml")
    assert (ran.status, ran.err) == (0, "")
    path = folder / "notice.toml"
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def drafted(cli: Cli, *more: str) -> Ran:
    return cli("compose", "notice.toml", *ISSUED, *DRAFT, *(more or FIRST), "--out", "notice.draft")


def code() -> str:
    """The first group of the draft's check code."""
    return check_code(Draft.load(Path("notice.draft").read_bytes()).id)[:4]


# From the form to the other side --------------------------------------------------------


def test_from_a_template_to_a_notice_that_the_endpoint_takes(cli: Cli, form: Path) -> None:
    ran = drafted(cli)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("FOR SIGNATURE: launch notification\n")
    assert "next: launchnotice sign" in ran.out
    for officer, left in (("officer-1", "of officer-2"), ("officer-2", "")):
        page = shown()
        signed = cli("sign", "notice.draft", *SIGN, "--key", f"US-{officer}.pem", stdin=code().encode())
        assert (signed.status, signed.err) == (0, "")
        assert signed.out.startswith(page)
        assert (f"signatures are missing, {left}" if left else "all officers have signed") in signed.out
    draft = Draft.load(Path("notice.draft").read_bytes())
    submitted(draft)
    body = parse_contents(draft.payload).readable()
    assert body == compose(form.read_text(encoding="utf-8"), NOW).body


def shown() -> str:
    """What an officer sees of the draft before signing."""
    channel = Channel.load(Path("channel.cbor").read_bytes())
    mandate = verify_mandates(channel, [Path("US.cbor").read_bytes()])
    return text.review(Draft.load(Path("notice.draft").read_bytes()).review(channel, mandate), channel)


def test_a_draft_follows_what_the_journal_has(cli: Cli, form: Path) -> None:
    assert drafted(cli).status == 0
    first = Path("notice.draft").read_bytes()
    assert say(drafted(cli, *JOURNAL)) == "notice.draft: exists; --force replaces it"
    assert Path("notice.draft").read_bytes() == first
    assert drafted(cli, *JOURNAL, "--force").status == 0
    # The same bytes: a draft reserves nothing, and no second epoch was opened.
    assert Path("notice.draft").read_bytes() == first


def test_a_desk_finds_of_a_changed_time_what_the_recipient_finds(cli: Cli, draft: Path) -> None:
    """An amendment that shortens the lead time: the journal knows what it replaces, a desk is handed it."""
    for officer in ("officer-1", "officer-2"):
        assert cli("sign", draft, *SIGN, "--key", f"US-{officer}.pem", stdin=code().encode()).status == 0
    submitted(Draft.load(draft.read_bytes()))
    draft.rename("first.draft")
    form = filled(cli("template", "us-ussr-1988", "amendment", "--about", "first.draft").out)
    Path("notice.toml").write_text(form.replace("2027-01-20", "2027-01-16"), encoding="utf-8")
    later = ("--issued", times.format_instant(NOW + 600))
    ran = cli("compose", "notice.toml", *later, *DRAFT, *JOURNAL, "--out", "notice.draft")
    assert (ran.status, ran.err) == (0, "")
    assert "LATE: planned date" in ran.out
    words = ("sign", "notice.draft", *SIGN, "--key", "US-officer-1.pem")
    without = cli(*words, stdin=b"no")
    assert "LATE" not in without.out
    assert "--about FILE, the version that it replaces" in without.out
    told = cli(*words, "--about", "first.draft", stdin=b"no")
    assert "LATE: planned date" in told.out
    assert "--about" not in told.out
    assert say(cli(*words, "--about", "notice.draft")) == "notice.draft: not the notice that the draft names"
    assert say(cli(*words, "--about", "US.cbor")).startswith("US.cbor: no message or draft: ")
    check = filled(cli("template", "us-ussr-1988", "communications-check").out)
    Path("notice.toml").write_text(check, encoding="utf-8")
    cli("compose", "notice.toml", *later, *DRAFT, *JOURNAL, "--out", "check.draft")
    line = say(cli(*words, "--about", "check.draft"))
    assert line == "check.draft: expected a launch notification or an amendment of one"


def submitted(draft: Draft) -> None:
    """The endpoint takes what all have signed."""
    with SqliteJournal("us.sqlite") as journal:
        channel = Channel.load(Path("channel.cbor").read_bytes())
        system = make_centre("US").keys["system"]
        anchor = FileAnchor("us.anchor")
        endpoint = Endpoint.open(channel, "US", journal, NOW, anchor=anchor, system=system)
        step = endpoint.submit(draft, NOW)
        assert step.refusal is None
        assert [send.to for send in step.sends][-1] == "RU"
        assert endpoint.exchange(draft.id).data


def test_findings_are_shown_before_anybody_signs(cli: Cli, form: Path) -> None:
    late = form.read_text(encoding="utf-8").replace("2027-01-20", "2027-01-15")
    form.write_text(late, encoding="utf-8")
    ran = drafted(cli)
    assert ran.status == 0
    assert "LATE: planned date" in ran.out
    unsigned = cli("sign", "notice.draft", *SIGN, "--key", "US-officer-1.pem", stdin=b"no")
    assert "LATE: planned date" in unsigned.out


def test_json_for_programs(cli: Cli, form: Path) -> None:
    ran = drafted(cli, *FIRST, "--json")
    found = json.loads(ran.out)
    draft = Draft.load(Path("notice.draft").read_bytes())
    assert found["draft"] == {"file": "notice.draft", "id": draft.id.hex()}
    assert (found["kind"], found["mistakes"], found["findings"]) == ("launch notification", [], [])
    assert LaunchNotification.from_json(found["body"]) == compose(form.read_text(encoding="utf-8"), NOW).body


# What is wrong ---------------------------------------------------------------------------


def test_a_form_with_mistakes_is_reported_and_nothing_is_written(cli: Cli, folder: Path) -> None:
    Path("notice.toml").write_text(EVERYTHING_WRONG, encoding="utf-8")
    ran = drafted(cli)
    assert (ran.status, ran.err) == (1, "")
    compare("mistakes.txt", ran.out)
    assert not any(Path(name).exists() for name in ("notice.draft", "us.sqlite", "us.anchor"))
    found = json.loads(cli("compose", "notice.toml", *ISSUED, "--json").out)
    assert found["body"] is None
    assert found["mistakes"][0]["key"] == "category"
    assert found["mistakes"][0]["line"] == 3


def test_a_form_is_checked_without_a_channel(cli: Cli, form: Path) -> None:
    ran = cli("compose", form, *ISSUED)
    assert (ran.status, ran.err) == (0, "")
    compare("composed.txt", ran.out)
    assert cli("compose", *ISSUED, stdin=form.read_bytes()).out == ran.out
    assert cli("compose", form, *ISSUED, "--agreement", "us-ussr-1988").out == ran.out
    assert cli("compose", form, *ISSUED, "--channel", "channel.cbor").out == ran.out
    without = form.read_text(encoding="utf-8").replace('agreement = "us-ussr-1988"', "")
    bare = cli("compose", *ISSUED, stdin=without.encode())
    assert bare.out.startswith("launch notification, no agreement: no rule of any was looked at\n")


def test_an_agreement_that_does_not_ship_is_a_mistake_among_the_others(cli: Cli, folder: Path) -> None:
    form = b'kind = "launch notification"\nagreement = "our-own"\ncategory = "target"\n'
    ran = cli("compose", "--json", stdin=form)
    assert (ran.status, ran.err) == (1, "")
    found = json.loads(ran.out)
    assert [(one["key"], one["line"]) for one in found["mistakes"]] == [("agreement", 2), ("", None)]
    assert found["body"] is None
    Path("own.toml").write_text(agreement_text("us-ussr-1988").replace("us-ussr-1988", "our-own"), "utf-8")
    told = json.loads(cli("compose", "--json", "--agreement", "own.toml", stdin=form).out)
    assert [one["key"] for one in told["mistakes"]] == [""]


def test_text_that_is_no_form_is_one_mistake(cli: Cli, folder: Path) -> None:
    ran = cli("compose", stdin=b"kind = launch\n")
    assert (ran.status, ran.err) == (1, "")
    assert ran.out == report(compose("kind = launch\n", NOW), None)


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("missing", None, "missing: No such file or directory"),
        ("empty", b"", "empty: empty"),
        ("latin", b'remark = "\xe9"', "latin: no text in UTF-8: byte 11"),
        ("binary", bytes(8), "binary: no text: an object of LNP/1? launchnotice inspect shows it"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_one_line(
    cli: Cli, folder: Path, name: str, data: bytes | None, line: str
) -> None:
    if data is not None:
        Path(name).write_bytes(data)
    assert say(cli("compose", name)) == line


INCOMPLETE: list[tuple[tuple[str, ...], str]] = [
    (("--out", "x"), "--out needs --channel, --party, --journal, --anchor, --officer"),
    (("--journal", "x"), "--journal: for a draft; give --out as well"),
    (
        ("--channel", "channel.cbor", "--agreement", "us-ussr-1988"),
        "--agreement: the channel has its own; give one of the two",
    ),
    (("--channel", "notice.toml"), "notice.toml: no channel descriptor: "),
    (("--agreement", "nothing"), "bad-value: no agreement named 'nothing'"),
    (("--issued", "2027-01-15T08:00:00"), "argument --issued: expected a time"),
    ((*DRAFT, *JOURNAL, "--out", "x"), "--journal us.sqlite: no such file; --new-journal makes both"),
    ((*DRAFT, *JOURNAL, "--new-journal", "--out", "x"), "no-mandate: give the own mandate"),
    ((*DRAFT, *FIRST[:-1], "notice.toml", "--out", "x"), "--mandate notice.toml: no mandate"),
    ((*DRAFT, *FIRST[:-1], "x.cbor", "--out", "x"), "x.cbor: No such file"),
    ((*DRAFT[:2], "--party", "XX", "--officer", "o", *FIRST, "--out", "x"), "not-a-party: "),
    ((*DRAFT[:4], "--officer", "officer-1", *FIRST, "--out", "x"), "wrong-signers: "),
    ((*DRAFT[:4], "--officer", "officer-1", "nobody", *FIRST, "--out", "x"), "unknown-signer: "),
]


def test_what_is_missing_for_a_draft_is_said_in_one_line(cli: Cli, form: Path) -> None:
    for options, line in INCOMPLETE:
        words = options if "--issued" in options else (*ISSUED, *options)
        assert say(cli("compose", "notice.toml", *words)).startswith(line)
        assert not any(Path(name).exists() for name in ("x", "us.sqlite", "us.anchor", "us.sqlite-wal"))


def test_a_journal_is_never_made_or_taken_by_mistake(cli: Cli, form: Path) -> None:
    assert drafted(cli).status == 0
    Path("notice.draft").unlink()
    assert say(drafted(cli)) == "us.sqlite: exists; --force replaces it"
    Path("us.anchor").rename("away")
    assert say(drafted(cli, *JOURNAL)).startswith("--anchor us.anchor: no such file")
    Path("us.anchor").write_bytes(b"no anchor")
    assert "us.anchor" in say(drafted(cli, *JOURNAL))
    Path("us.sqlite").write_bytes(b"no journal at all")
    assert "us.sqlite" in say(drafted(cli, *JOURNAL))
    assert not Path("notice.draft").exists()


def test_what_the_endpoint_does_not_draft_is_said_in_one_line(cli: Cli, folder: Path) -> None:
    body = template_of(Kind.CANCELLATION)
    Path("notice.toml").write_text(body, encoding="utf-8")
    assert say(drafted(cli)).startswith("unknown-subject: launch: ")
    assert not Path("notice.draft").exists()


def template_of(kind: Kind) -> str:
    channel = Channel.load(Path("channel.cbor").read_bytes())
    return filled(template(channel.descriptor.agreement, kind))


# Templates -------------------------------------------------------------------------------


def test_a_template_is_printed_for_each_kind(cli: Cli) -> None:
    for name in COMPOSED:
        ran = cli("template", "us-ussr-1988", name)
        assert (ran.status, ran.err) == (0, "")
        assert re.search(rf'^kind = "{name}"$', ran.out, re.MULTILINE)
        assert ran.out == cli("template", "us-ussr-1988", name.replace(" ", "-").upper()).out


def test_a_template_is_what_it_was(cli: Cli) -> None:
    compare("template.toml", cli("template", "us-ussr-1988", "launch-notification").out)


def test_a_template_replaces_nothing_unasked(cli: Cli, form: Path) -> None:
    words = ("template", "us-ussr-1988", "launch-notification", "--out", "notice.toml")
    assert say(cli(*words)) == "notice.toml: exists; --force replaces it"
    assert cli(*words, "--force").status == 0
    assert "<fill in: " in form.read_text(encoding="utf-8")


def test_a_template_about_a_notice_has_what_it_said(cli: Cli, draft: Path) -> None:
    found = Draft.load(draft.read_bytes())
    ran = cli("template", "us-ussr-1988", "amendment", "--about", draft)
    assert (ran.status, ran.err) == (0, "")
    assert f'replaces = "{found.id.hex()}"' in ran.out
    amended = compose(filled(ran.out), NOW).body
    assert isinstance(amended, Amendment)
    assert amended.notification == compose(Path("notice.toml").read_text("utf-8"), NOW).body
    about = ("template", "us-ussr-1988", "acknowledgement", "--about")
    for name in ("US.cbor", "channel.cbor", "US-system.json", "notice.toml"):
        assert say(cli(*about, name)).startswith(f"{name}: no message or draft: ")
    assert say(cli(*about, "nowhere")) == "nowhere: No such file or directory"


@pytest.mark.parametrize("kind", ["receipt", "sync", "launch", ""])
def test_a_kind_that_nobody_writes_is_said_in_one_line(cli: Cli, kind: str) -> None:
    line = say(cli("template", "us-ussr-1988", kind))
    assert f"{kind!r}: expected one of launch-notification, amendment" in line
    assert "no agreement named 'x'" in say(cli("template", "x", "launch-notification"))


# Signing ---------------------------------------------------------------------------------


@pytest.fixture
def draft(cli: Cli, form: Path) -> Path:
    assert drafted(cli).status == 0
    return Path("notice.draft")


def test_nothing_is_signed_that_nobody_confirmed(cli: Cli, draft: Path) -> None:
    before = draft.read_bytes()
    for typed in ("", "yes", "0000 "):
        ran = cli("sign", draft, *SIGN, "--key", "US-officer-1.pem", stdin=f"{typed}\n".encode())
        assert (ran.status, ran.err) == (1, "")
        assert ran.out == shown() + "\nTo sign, type the first group of the check code: not signed\n"
    assert draft.read_bytes() == before


def test_nobody_there_is_no_confirmation(cli: Cli, draft: Path) -> None:
    ran = cli("sign", draft, *SIGN, "--key", "US-officer-1.pem")
    assert ran.status == 2
    assert ran.err == "launchnotice: nobody there to confirm it: type the first group of the check code\n"


def test_a_signed_draft_goes_where_it_is_asked_to(cli: Cli, draft: Path) -> None:
    before = draft.read_bytes()
    words = ("sign", draft, *SIGN, "--key", "US-officer-1.pem", "--out", "signed.draft")
    typed = f" {code().upper()} \n".encode()
    assert cli(*words, stdin=typed).status == 0
    assert draft.read_bytes() == before
    assert len(Draft.load(Path("signed.draft").read_bytes()).signatures) == 1
    assert say(cli(*words, stdin=typed)) == "signed.draft: exists; --force replaces it"
    assert cli(*words, "--force", stdin=typed).status == 0


UNSIGNABLE: list[tuple[tuple[str, ...], str]] = [
    (("-", *SIGN, "--key", "US-officer-1.pem"), "the draft is a file: what is typed confirms it"),
    (("nowhere", *SIGN, "--key", "US-officer-1.pem"), "nowhere: No such file or directory"),
    (("channel.cbor", *SIGN, "--key", "US-officer-1.pem"), "channel.cbor: no draft of a notice: "),
    (("m.draft", *SIGN, "--key", "US-officer-1.pem"), "m.draft: a mandate's draft; launchnotice mandate"),
    (("notice.draft", *SIGN, "--key", "nowhere"), "nowhere: No such file or directory"),
    (
        ("notice.draft", *SIGN[:-1], "RU.cbor", "--key", "US-officer-1.pem"),
        "notice.draft: drafted under a mandate that was not given with --mandate",
    ),
    (
        ("notice.draft", "--channel", "US.cbor", *SIGN[2:], "--key", "US-officer-1.pem"),
        "US.cbor: no channel descriptor",
    ),
    (("damaged", *SIGN, "--key", "US-officer-1.pem"), "damaged: no draft of a notice: "),
]


def test_what_cannot_be_signed_is_said_in_one_line(cli: Cli, draft: Path) -> None:
    Path("damaged").write_bytes(draft.read_bytes()[:-1])
    made = cli(
        "mandate", "make", "--channel", "channel.cbor", "--party", "US", "--identity",
        *(f"US-{label}.json" for label in LABELS), "--signer", "authority-1", "authority-2",
        *ISSUED, "--expires", "2027-12-31T00:00:00Z", "--out", "m.draft",
    )  # fmt: skip
    assert made.status == 0
    for words, line in UNSIGNABLE:
        assert say(cli("sign", *words, stdin=code().encode())).startswith(line)


def test_only_an_officer_of_the_draft_signs_it(cli: Cli, draft: Path) -> None:
    before = draft.read_bytes()
    for key in ("US-officer-3", "US-authority-1", "US-system", "RU-officer-1"):
        ran = cli("sign", draft, *SIGN, "--key", f"{key}.pem", stdin=code().encode())
        assert (ran.status, ran.err.partition(": ")[2].partition(":")[0]) == (2, "wrong-key")
    assert draft.read_bytes() == before


def test_a_wrong_passphrase_signs_nothing(cli: Cli, draft: Path) -> None:
    before = draft.read_bytes()
    Path("wrong").write_text("wrong\n", encoding="utf-8")
    words = ("--key", "US-officer-1.pem", "--passphrase-file", "wrong")
    ran = cli("sign", draft, *SIGN, *words, stdin=code().encode())
    assert ran.err == "launchnotice: US-officer-1.pem: wrong passphrase, or the file is damaged\n"
    assert draft.read_bytes() == before


def test_a_draft_with_a_foreign_signature_is_not_shown_for_signing(cli: Cli, draft: Path) -> None:
    """Whoever changes a draft on its way cannot have it signed."""
    found = Draft.load(draft.read_bytes())
    kid = found.manifest[0].kid
    draft.write_bytes(Draft(found.header, found.payload, {kid: bytes(64)}).data)
    line = say(cli("sign", draft, *SIGN, "--key", "US-officer-1.pem", stdin=code().encode()))
    assert line.startswith("bad-signature: ")


def test_the_journal_may_be_that_of_the_running_node(cli: Cli, form: Path) -> None:
    """The command drafts on it; the node sees no other epoch, and its own draft does not differ."""
    assert drafted(cli).status == 0
    with SqliteJournal("us.sqlite") as journal:
        channel = Channel.load(Path("channel.cbor").read_bytes())
        node = Endpoint.open(channel, "US", journal, NOW, anchor=FileAnchor("us.anchor"))
        assert drafted(cli, *JOURNAL, "--force").status == 0
        own = node.draft(launch(), NOW, ["officer-1", "officer-2"])
        node_epoch = own.review(
            channel, verify_mandates(channel, [Path("US.cbor").read_bytes()])
        ).payload.epoch
    assert times.format_instant(NOW) in shown().replace(" UTC", "Z").replace(" ", "T")
    assert f"epoch {node_epoch.number}" in shown()


def test_common_knows_both_ways_to_name_an_agreement(folder: Path) -> None:
    assert common.load_agreement("us-ussr-1988").id == "us-ussr-1988"
