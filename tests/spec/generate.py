"""Refresh what the specification shows of the code: ``python -m tests.spec.generate``.

- `spec/lnp-1.cddl`: the rules of records, enumerations and coordinates, each in its place.
- `spec/lnp-1.md`: the CDDL that it shows, its tables and its examples.
- `spec/examples/classic.json`: real bytes with their intermediate values.
- `spec/diagrams`: the machines, drawn from their tables, and an exchange that was played.
- `docs/scenarios.md`: the table of the scenarios.

Everything else in these files is written by hand. The test beside it fails if anything differs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from launchnotice.cli.simulate import story
from launchnotice.cli.simulate.facts import QUESTIONS
from launchnotice.core.decide import MAX_EVIDENCE
from launchnotice.core.references import REFERENCES
from launchnotice.core.steps import allowed
from launchnotice.core.tables import CARRIED, DELIVERY, LAUNCH, QUERY, STEPS, STREAM, Delivery, Outcome
from launchnotice.pact.mandate import MAX_LIFETIME
from launchnotice.registry import KINDS, Kind, LaunchPhase, Owed, Policy, QueryPhase, Refusal, Suite, label
from launchnotice.wire import bounds, cbor, cose, geo, withheld
from launchnotice.wire.message import BODIES, PAYLOADS, parse_payload
from launchnotice.wire.record import Record
from launchnotice.wire.streams import Epoch, genesis
from tests.campaigns.planted import expected
from tests.spec.diagnostic import diagnostic
from tests.spec.diagrams import diagrams
from tests.spec.objects import Sample, exchange
from tests.spec.texts import CDDL, SPEC, TEXT, docstrings, package_rules, registry_file, rules

SCENARIOS: Final = SPEC.parent / "docs" / "scenarios.md"
EXAMPLES: Final = SPEC / "examples" / "classic.json"

_BLOCK: Final = re.compile(r"```cddl\n(.*?)```", re.DOTALL)
_PART: Final = re.compile(r"<!-- generated: ([a-z- ]+) -->\n.*?<!-- end -->", re.DOTALL)
_MORE: Final = {
    "MAX_EVIDENCE": (
        MAX_EVIDENCE,
        "Contradicting signals of one party and kind kept about a notice, after the first.",
    ),
    "MAX_EXAMINED": (geo.MAX_EXAMINED, "Points of all polygons of a body whose geometry is looked at."),
    "MAX_WITHHELD": (withheld.MAX_WITHHELD, "Bytes of the encoding of a field that is withheld."),
    "MAX_LIFETIME": (MAX_LIFETIME, "Seconds from a mandate's issue to its expiry: 13 months."),
}


def generated() -> dict[Path, str]:
    """The files as they must be."""
    data = CDDL.read_text(encoding="utf-8")
    for name, rule in package_rules().items():
        data = data.replace(rules(data)[name], rule)
    text = _BLOCK.sub(lambda match: _shown(match[1], rules(data)), TEXT.read_text(encoding="utf-8"))
    text = _PART.sub(lambda match: _part(match[1]), text)
    told = _PART.sub(lambda match: _part(match[1]), SCENARIOS.read_text(encoding="utf-8"))
    drawn = {SPEC / "diagrams" / f"{name}.svg": drawing for name, drawing in diagrams().items()}
    return drawn | {
        CDDL: data,
        TEXT: text,
        SCENARIOS: told,
        EXAMPLES: json.dumps(examples(), indent=1) + "\n",
    }


def examples() -> dict[str, Any]:
    """Every object of a short exchange under suite classic, with what was computed on the way."""
    found = exchange(Suite.CLASSIC)
    epoch = parse_payload(_payload(found.sample("launch notification")))[0].epoch
    return {
        "licence": "CC0-1.0",
        "suite": "classic",
        "keys": [
            {
                "party": centre.code,
                "identity": name,
                "seed": key.seed.hex(),
                "public": key.key.raw.hex(),
                "kid": key.key.kid.hex(),
            }
            for centre in found.centres
            for name, keys in centre.keys.items()
            for key in keys
        ],
        "genesis": {
            "input": cbor.encode(["LNP/1 epoch", found.channel.id, "US", epoch.number, epoch.random]).hex(),
            "genesis": _genesis(found.channel.id, epoch).hex(),
        },
        "objects": [_object(sample) for sample in found.samples],
    }


def _genesis(channel: bytes, epoch: Epoch) -> bytes:
    return genesis(channel, "US", epoch)


def _payload(sample: Sample) -> bytes:
    assert sample.payload is not None
    return sample.payload[0]


def _object(sample: Sample) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": sample.name, "rule": sample.rule}
    if sample.payload is None:
        return shown | {"bytes": sample.data.hex(), "sha256": cose.envelope_digest(sample.data).hex()}
    envelope = cose.parse(sample.data, len(sample.data))
    raw: Any = cbor.decode(envelope.payload, bounds.MAX_MANDATE)
    lines = cose.Manifest().load(raw[6])
    return shown | {
        "body_protected": envelope.body_header.hex(),
        "payload": envelope.payload.hex(),
        "id_input": cbor.encode(["LNP/1", envelope.body_header, envelope.payload]).hex(),
        "message_id": envelope.message_id.hex(),
        "signatures": [
            {
                "sign_protected": header.hex(),
                "to_be_signed": cose.to_be_signed(envelope.body_header, line, envelope.payload).hex(),
                "signature": signature.hex(),
            }
            for line, header, signature in zip(lines, envelope.headers, envelope.signatures, strict=True)
        ],
        "bytes": sample.data.hex(),
        "envelope_digest": cose.envelope_digest(sample.data).hex(),
    }


# The text ------------------------------------------------------------------------------


def _shown(block: str, known: dict[str, str]) -> str:
    return "```cddl\n" + "\n\n".join(known[name] for name in rules(block)) + "\n```"


def _part(name: str) -> str:
    make = _PARTS.get(name) or (lambda: _example(name.removeprefix("example ")))
    return f"<!-- generated: {name} -->\n{make()}\n<!-- end -->"


def _table(*rows: tuple[str, ...]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _bounds() -> str:
    found = {name: (getattr(bounds, name), doc) for name, doc in docstrings(bounds).items()} | _MORE
    rows = [(f"`{name}`", f"{value:,}", doc) for name, (value, doc) in found.items()]
    return _table(("name", "value", "of, and why"), *rows)


def _stream() -> str:
    rows = []
    for case, row in STREAM.items():
        refused = f", `{Refusal.BAD_EPOCH_PREV}`" if row.outcome is Outcome.REFUSE else ""
        place = label(row.place) if row.place else ""
        finding = f"`{row.finding}`" if row.finding else ""
        rows.append((case.value, row.outcome.value + refused, place, finding))
    return _table(("case", "outcome", "place", "finding"), *rows)


def _delivery() -> str:
    kinds = (Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.DISSEMINATION, Kind.REJECTION)
    rows = [(label(state), *[label(DELIVERY[state, kind]) for kind in kinds]) for state in Delivery]
    return _table(("state", *[label(kind) for kind in kinds]), *rows)


def _carried() -> str:
    rows = [(label(owed), " or ".join(label(kind) for kind in sorted(CARRIED[owed]))) for owed in Owed]
    return _table(("its signer owes", "the notice is repeated for its"), *rows)


def _example(name: str) -> str:
    sample = exchange(Suite.CLASSIC).sample("launch notification" if name == "payload" else name)
    payload, row = parse_payload(_payload(sample))
    record: type[Record] = PAYLOADS[row.kind_class] if name == "payload" else BODIES[payload.kind]
    raw = payload.dump() if name == "payload" else payload.body
    return f"```cbor-diag\n{diagnostic(raw, record)}\n```"


def _launch() -> str:
    kinds = [kind for phase, kind in LAUNCH if phase is LaunchPhase.ANNOUNCED]
    rows = [(phase.value, *[LAUNCH[phase, kind].value for kind in kinds]) for phase in LaunchPhase]
    return _table(("phase", *[KINDS[kind].label for kind in kinds]), *rows)


def _kinds() -> str:
    known = {row["number"]: row for row in registry_file()["kinds"]}
    rows = [
        (str(int(kind)), row.label, row.kind_class.value, known[kind]["meaning"], known[kind]["section"])
        for kind, row in KINDS.items()
    ]
    return _table(("number", "kind", "class", "what it says", "section"), *rows)


def _policy() -> str:
    officers = {"announce": "`officers` of the descriptor", "machine": "0, and no more"}
    rows = []
    for policy in Policy:
        kinds = [row.label for row in KINDS.values() if row.policy is policy]
        kinds += ["every unknown kind"] if policy is Policy.ANNOUNCE else []
        rows.append((policy.value, officers.get(policy.value, "1"), "1", ", ".join(kinds)))
    return _table(("policy", "officers, at least", "systems, exactly", "kinds"), *rows)


def _references() -> str:
    rows = []
    for kind, references in REFERENCES.items():
        for row in references:
            kinds = ", ".join(KINDS[one].label for one in row.kinds) or "any notice"
            rows.append((KINDS[kind].label, f"`{row.field}`", kinds, row.whose.value))
    return _table(("kind", "field", "names", "of which party"), *rows)


def _scenarios() -> str:
    rows = []
    for patch in sorted((SPEC.parent / "tests" / "scenarios" / "patches").glob("*.patch")):
        one = story.load(patch.stem)
        check = expected(patch)[0].partition("/")[2]
        rule = f"{one.rule} ({', '.join(one.requirements)})".replace("\n", " ")
        rows.append((one.title, f"`{one.name}`", rule, f"`{check}`"))
    return _table(("incident or situation", "scenario", "the rule that saves it", "without it fails"), *rows)


def _questions() -> str:
    return _table(
        ("question", "answer"),
        *[(f"`{name}`", (answer.__doc__ or "").strip().rstrip(".")) for name, answer in QUESTIONS.items()],
    )


def _steps() -> str:
    rows = [
        ("launch" if isinstance(phase, LaunchPhase) else "query", phase.value, allowed(phase))
        for phase in STEPS
    ]
    return _table(("of a", "phase", "allows"), *rows)


def _query() -> str:
    kinds = (Kind.REPLY, Kind.RETRACTION)
    rows = [(phase.value, *[QUERY[phase, kind].value for kind in kinds]) for phase in QueryPhase]
    return _table(("phase", *[label(kind) for kind in kinds]), *rows)


_PARTS: Final[dict[str, Callable[[], str]]] = {
    "bounds": _bounds,
    "stream": _stream,
    "delivery": _delivery,
    "carried": _carried,
    "launch": _launch,
    "kinds": _kinds,
    "policy": _policy,
    "query": _query,
    "steps": _steps,
    "references": _references,
    "scenarios": _scenarios,
    "questions": _questions,
}


def main() -> None:
    """Write the files."""
    for path, text in generated().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
