"""What became of a form, for whoever wrote it: every mistake and every finding, as text and as JSON."""

from __future__ import annotations

from typing import Any

from launchnotice.compose import Composed
from launchnotice.compose.reading import Mistake
from launchnotice.pact.agreement import Agreement
from launchnotice.registry import KINDS
from launchnotice.render import text
from launchnotice.render.fields import Node, Style, escape, layout, quote
from launchnotice.render.records import tree


def report(composed: Composed, agreement: Agreement | None) -> str:
    """A page: what is wrong, what the agreement has to say, and if nothing is wrong what it says.

    Args:
        composed: the form. `agreement`: whose rules were looked at.
    """
    name = KINDS[composed.kind].label if composed.kind else "a form of no known kind"
    under = f"under {quote(agreement.id)}" if agreement else "no agreement: no rule of any was looked at"
    lines = [f"{name}, {under}"]
    if composed.mistakes:
        lines += ["", f"MISTAKES ({len(composed.mistakes)}): no notice can be made of it"]
        lines += layout([_mistake(number, one) for number, one in enumerate(composed.mistakes, 1)])
    if composed.body is not None:
        lines += ["", "WHAT IT SAYS", *layout(tree(composed.body, Style.SPOKEN))]
    if agreement:
        found = composed.findings
        lines += ["", f"FINDINGS ({len(found)})" if found else "FINDINGS"]
        lines += layout([Node(f"{n}.", text.finding(one)) for n, one in enumerate(found, 1)]) or ["  none"]
    return "\n".join(lines) + "\n"


def to_json(composed: Composed) -> dict[str, Any]:
    """The same for programs; `body` is null if there is a mistake."""
    return {
        "kind": KINDS[composed.kind].label if composed.kind else None,
        "mistakes": [one._asdict() for one in composed.mistakes],
        "findings": [one.to_json() for one in composed.findings],
        "body": composed.body.to_json() if composed.body else None,
    }


def _mistake(number: int, one: Mistake) -> Node:
    where = f"{number}. line {one.line}" if one.line else f"{number}."
    parts = (Node("expected", escape(one.expected)), Node("found", escape(one.found)))
    return Node(where, escape(one.key) or "the whole", parts)
