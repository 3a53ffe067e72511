"""`launchnotice simulate`: incidents of history and situations of every week, played to their end.

Real endpoints, real keys and real bytes, simulated time. Each story ends with the one rule that
saves it. The exit status is 0 only if everything that a story claims was found in journals, views
and events.
"""

from __future__ import annotations

import argparse
import json

from launchnotice import LaunchnoticeError
from launchnotice.cli.common import SUITES, Trouble, check_free, write
from launchnotice.cli.simulate import report, story
from launchnotice.cli.simulate.play import Play


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("name", nargs="*", help="names of scenarios, or files (*.toml) of your own")
    parser.add_argument("--all", action="store_true", help="play every scenario")
    parser.add_argument("--list", action="store_true", help="names and titles of all scenarios")
    parser.add_argument("--suite", choices=SUITES, default="hybrid", help="signature suite")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--svg", metavar="FILE", help="draw the messages of one scenario as well")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def run(args: argparse.Namespace) -> int:
    """List or play scenarios; 0 only if every one that was played held, else 1."""
    chosen = story.names() if args.all or args.list else args.name
    if not chosen or (args.name and (args.all or args.list)):
        raise Trouble("give names of scenarios, --all or --list")
    stories = [story.load(name) for name in dict.fromkeys(chosen)]
    if args.svg and (args.list or len(stories) > 1):
        raise Trouble("--svg draws one scenario")
    if args.svg:
        check_free([args.svg], force=args.force)
    if args.list:
        return _list(stories, as_json=args.json)
    plays = []
    for number, one in enumerate(stories):
        plays.append(_play(one, args.suite))
        if not args.json:
            print("\n" + "=" * report.WIDTH + "\n" if number else "", *report.to_text(plays[-1]), sep="\n")
    if args.svg:
        write(args.svg, report.drawing(plays[0]).encode(), force=args.force)
    if args.json:
        print(json.dumps([report.to_json(play) for play in plays], indent=1, ensure_ascii=False))
    elif len(plays) > 1:
        held = sum(play.passed for play in plays)
        print(f"\n{held} of {len(plays)} scenarios hold")
    return 0 if all(play.passed for play in plays) else 1


def _play(one: story.Story, suite: str) -> Play:
    try:
        play = Play(one, SUITES[suite])
        play.run()
    except LaunchnoticeError as error:
        raise Trouble(f"scenario {one.name}: {error}") from None
    return play


def _list(stories: list[story.Story], *, as_json: bool) -> int:
    if as_json:
        print(
            json.dumps(
                [{"name": one.name, "title": one.title, "rule": one.rule} for one in stories], indent=1
            )
        )
        return 0
    width = max(len(one.name) for one in stories)
    for one in stories:
        print(f"{one.name:<{width}}  {one.title}")
    return 0
