"""`launchnotice compose`: a notice as an officer wrote it, checked in full, and a draft of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from launchnotice import Agreement, Channel, Draft, Endpoint, load_agreement
from launchnotice.cli import common
from launchnotice.compose import Form, Mistake, Unreadable, compose, parse_form
from launchnotice.compose.form import MAX_FORM
from launchnotice.compose.reading import shown
from launchnotice.compose.report import report, to_json
from launchnotice.compose.writing import AGREEMENT
from launchnotice.pact.agreementfile import agreements
from launchnotice.render import text
from launchnotice.render.fields import check_code, quote

if TYPE_CHECKING:
    from launchnotice.wire.record import Record

MISTAKEN = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = (
        "Without --out nothing is written. Exit status: 0 it composes, whatever the findings; 1 there are "
        "mistakes, and nothing was written; 2 bad input or usage. launchnotice template prints a form."
    )
    parser.add_argument("file", nargs="?", default="-", help="form, TOML or JSON; or - for standard input")
    parser.add_argument("--channel", metavar="FILE", help="channel descriptor, whose agreement is looked at")
    parser.add_argument(
        "--agreement",
        metavar="NAME",
        help="without a channel: an agreement that ships with the library, or a .toml file; "
        "else the one that the form names",
    )
    parser.add_argument(
        "--issued", type=common.moment, default="now", metavar="TIME", help="RFC 3339 in UTC, or now"
    )
    parser.add_argument("--party", metavar="CODE", help="whose notice, for rules that speak of one party")
    parser.add_argument("--json", action="store_true", help="for programs")
    draft = parser.add_argument_group("to write a draft")
    draft.add_argument("--out", metavar="FILE", help="draft to write, for launchnotice sign")
    draft.add_argument("--force", action="store_true", help="replace a file that exists")
    draft.add_argument(
        "--officer",
        nargs="+",
        action="extend",
        default=[],
        metavar="LABEL",
        help="officers who will sign, by their labels in the mandate",
    )
    draft.add_argument(
        "--journal", metavar="FILE", help="the party's SQLite journal, which says what comes next"
    )
    draft.add_argument(
        "--anchor", metavar="FILE", help="this node's anchor; a new node takes a copy of a running one's"
    )
    draft.add_argument(
        "--new-journal", action="store_true", help="make journal and anchor; neither must exist"
    )
    draft.add_argument(
        "--mandate",
        action="append",
        default=[],
        metavar="FILE",
        help="a mandate that the journal may lack, once for each, from version 1 on",
    )


def run(args: argparse.Namespace) -> int:
    """Compose a notice."""
    common.someone_writes(args.file, "the form")
    _check_options(args)
    channel = common.load_channel(args.channel) if args.channel else None
    form = _form(args.file)
    agreement, mistakes = (channel.descriptor.agreement, []) if channel else _agreement(args.agreement, form)
    composed = compose(form, args.issued, agreement, args.party or "")
    if mistakes:
        composed = composed._replace(body=None, mistakes=(*mistakes, *composed.mistakes))
    if composed.body is None or channel is None or args.out is None:
        print(common.to_json(to_json(composed)) if args.json else report(composed, agreement), end="")
        return MISTAKEN if composed.mistakes else 0
    draft, page = _draft(args, channel, composed.body)
    common.write(args.out, draft.data, force=args.force)
    if args.json:
        print(
            common.to_json({**to_json(composed), "draft": {"file": args.out, "id": draft.id.hex()}}), end=""
        )
    else:
        print(page)
        print(f"wrote {quote(args.out)}, check code {check_code(draft.id)}; next: launchnotice sign")
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """Say what is missing before any work is done."""
    if args.channel and args.agreement:
        raise common.Trouble("--agreement: the channel has its own; give one of the two")
    names = ("channel", "party", "journal", "anchor", "officer")
    missing = [f"--{name}" for name in names if not getattr(args, name)]
    if args.out is None:
        given = [f"--{name}" for name in names[2:] if getattr(args, name)]
        if given:
            raise common.Trouble(f"{given[0]}: for a draft; give --out as well")
        return
    if missing:
        raise common.Trouble(f"--out needs {', '.join(missing)}")
    common.check_free([args.out], force=args.force)


def _form(path: str) -> Form | str:
    """The form of a file; what cannot be read of it is told as its only mistake."""
    data = common.read(path, 4 * MAX_FORM)
    try:
        found = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise common.Trouble(f"{path}: no text in UTF-8: byte {error.start + 1}") from None
    if "\0" in found:
        raise common.Trouble(f"{path}: no text: an object of LNP/1? launchnotice inspect shows it")
    try:
        return parse_form(found)
    except Unreadable:
        return found


def _agreement(name: str | None, form: Form | str) -> tuple[Agreement | None, list[Mistake]]:
    """The agreement that the command names, else the form, where one that does not ship is a mistake."""
    if name is not None:
        return common.load_agreement(name), []
    named = form.values.get(AGREEMENT) if isinstance(form, Form) else None
    if not isinstance(named, str) or named in agreements():
        return (load_agreement(named) if isinstance(named, str) else None), []
    line = form.line((AGREEMENT,)) if isinstance(form, Form) else None
    expected = f"one of {', '.join(agreements())}; else give --agreement FILE.toml or --channel"
    return None, [Mistake(AGREEMENT, expected, shown(named), line)]


# Drafts ----------------------------------------------------------------------------------


def _draft(args: argparse.Namespace, channel: Channel, body: Record) -> tuple[Draft, str]:
    """A draft, and the page that its signers will see."""
    mandates = [(path, common.read_mandate(path, "--mandate")) for path in args.mandate]
    with _endpoint(args, channel) as endpoint:
        for path, data in mandates:
            step = endpoint.receive(data, args.issued)
            if step.refusal is not None:
                raise common.Trouble(f"--mandate {path}: {step.refusal}")
        draft = endpoint.draft(body, args.issued, args.officer)
        return draft, text.review(endpoint.review(draft), channel)


@contextmanager
def _endpoint(args: argparse.Namespace, channel: Channel) -> Iterator[Endpoint]:
    from launchnotice.journal.anchor import FileAnchor
    from launchnotice.journal.sqlite import SqliteJournal

    if args.new_journal:
        common.check_free([args.journal, args.anchor], force=False)
    else:
        # A new one would begin the stream anew, and a missing anchor looks like a restore.
        for option, path in (("--journal", args.journal), ("--anchor", args.anchor)):
            if not Path(path).is_file():
                raise common.Trouble(f"{option} {path}: no such file; --new-journal makes both")
    try:
        with SqliteJournal(args.journal) as journal:
            yield Endpoint.open(channel, args.party, journal, args.issued, anchor=FileAnchor(args.anchor))
    except BaseException:
        if args.new_journal:  # nothing was drafted on it
            common.remove(args.journal)
            common.remove(args.anchor)
        raise
