"""The command line: `launchnotice <command>`, one module a command, imported on use.

- A command module has `add_arguments(parser)` and `run(args) -> int`.
- Exit status: 0 done; 1 shown, but a peer would refuse it; 2 bad input or usage, said in one
  line; 130 interrupted; 141 nobody reads the output any more.

Not here: anything that the library does not offer to every program. The commands read files,
ask for passphrases and read the clock, which nothing else in the package does.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, NoReturn

from launchnotice import LaunchnoticeError, __version__
from launchnotice.cli.common import Trouble
from launchnotice.render.fields import escape

COMMANDS: Final = {
    "demo": "two centres exchange a launch notice over a hostile link",
    "simulate": "play incidents and situations, each with the rule that saves it",
    "keygen": "make an identity: an encrypted key file and a public identity file",
    "channel": "make a channel descriptor, a successor, show it, compare two, read out its id",
    "mandate": "draft, review, sign, seal, show and compare a party's mandates",
    "agreements": "list the agreements that ship with the library",
    "agreement": "show what an agreement says, rule by rule",
    "template": "print a form for a kind of notice under an agreement",
    "compose": "check a notice that was written as a form, and draft it",
    "sign": "show a notice's draft as its recipient will see it, and sign it",
    "watch": "show what needs an officer, by when and why, as a journal has it",
    "inspect": "take any object apart field by field",
    "encode": "make the bytes of an object from its JSON",
    "verify": "check the proof that a party told two stories",
}
"""Command modules of this package, and what they do."""

BAD_INPUT: Final = 2
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the console script `launchnotice`.

    Args:
        argv: the arguments after the program's name; None for those of the process.

    Returns:
        The exit status. (Usage errors, `--help` and `--version` raise `SystemExit`, as argparse does.)
    """
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A terminal that lacks a character gets its number, not a traceback.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return _run(list(sys.argv[1:] if argv is None else argv))
        finally:
            print(end="", flush=True)  # here, where a closed pipe can still be caught
    except BrokenPipeError:
        _discard_output()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except (LaunchnoticeError, Trouble) as error:
        return _fail(str(error))
    except OSError as error:
        if error.filename is None:
            _discard_output()
        return _fail(f"{error.filename or 'output'}: {error.strerror or 'cannot be written'}")


def _run(argv: list[str]) -> int:
    args = _parser(argv).parse_args(argv)
    status: int = args.run(args)
    return status


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything here does; its subparsers are of this class too."""

    def error(self, message: str) -> NoReturn:
        """Print one line and end."""
        raise SystemExit(_fail(f"{message}; see {self.prog} --help"))


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="launchnotice", description="LNP/1: signed, replay-proof advance notices of launches."
    )
    parser.add_argument("--version", action="version", version=f"launchnotice {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)
    wanted = next((word for word in argv if not word.startswith("-")), None)
    for name, what in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        if name == wanted:
            module = import_module(f"launchnotice.cli.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def _fail(message: str) -> int:
    print(f"launchnotice: {escape(message)}", file=sys.stderr)
    return BAD_INPUT


def _discard_output() -> None:
    """Keep the interpreter from flushing into a closed pipe or a full disk when it ends."""
    try:
        output = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    except OSError:
        return  # standard output is no file
