"""What receiving and submitting cost beside the cryptography that they cannot do without.

    python tests/benchmarks/receive.py [--json] [--quick]

Each item is measured beside the bare cryptography of the same item, so that both see the same
machine. V is one raw Ed25519 check of the same run. A line per figure:
`NAME value goal PASS|FAIL`. The exit status is 0 whatever the figures are: a slow or busy
machine is no defect.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from time import perf_counter_ns
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from launchnotice import Draft, Endpoint, PublicKey
from launchnotice.registry import NoticeBasis, Purpose, Suite
from launchnotice.wire import cose
from launchnotice.wire.geo import Polygon, shape_problems
from launchnotice.wire.message import parse, parse_payload
from launchnotice.wire.notices import LaunchNotification
from tests.support import NOW, Centre, launch, make_centre, make_channel, make_mandate, open_endpoint

GOALS = {
    "receive_added_v": 0.60,
    "receive_classic_1": 1.30,
    "receive_hybrid_2": 1.10,
    "submit_classic_1": 1.40,
    "junk_v": 0.10,
    "import": 2.0,
}


class Figures(NamedTuple):
    """Medians in nanoseconds: the bare cryptography and the whole call."""

    bare: float
    whole: float


class Side(NamedTuple):
    """A sender with its keys and a receiver."""

    us: Endpoint
    ru: Endpoint
    centre: Centre
    officers: list[str]


def representative(**more: Any) -> LaunchNotification:
    """A notice under the 1988 agreement that uses what practice uses: 25 fields with its payload."""
    values: dict[str, Any] = {
        "purpose": Purpose.TRAINING,
        "basis": NoticeBasis.OBLIGATION,
        "launch_count": 2,
        "remark": "Annual training launch of two missiles from one site. " * 5,
    }
    return launch(**{**values, **more})


def side(suite: Suite, officers: int) -> Side:
    us, ru = make_centre("US", suite), make_centre("RU", suite)
    channel = make_channel([us, ru], suite, officers=officers)
    mandates = [make_mandate(channel, us), make_mandate(channel, ru)]
    ends = [open_endpoint(channel, centre, mandates=mandates) for centre in (us, ru)]
    return Side(ends[0], ends[1], us, [f"officer-{n + 1}" for n in range(officers)])


def signed(one: Side, now: int) -> Draft:
    draft = one.us.draft(representative(), now, one.officers)
    mandate = one.us.mandate()
    assert mandate is not None
    for label in one.officers:
        draft = draft.review(one.us.channel, mandate).sign(one.centre.keys[label])
    return draft


def timed(call: Callable[[], object]) -> int:
    start = perf_counter_ns()
    call()
    return perf_counter_ns() - start


def bare_checks(one: Side, data: bytes) -> Callable[[], None]:
    """The raw signature checks of a message with keys that are loaded, everything else prepared."""
    unverified = parse(data)
    mandate = one.us.mandate()
    assert mandate is not None
    checks = []
    for line, signature in zip(unverified.manifest, unverified.envelope.signatures, strict=True):
        verify = loaded(mandate.keyring[line.kid].key)
        signed_bytes = cose.to_be_signed(unverified.envelope.body_header, line, unverified.envelope.payload)
        checks.append((verify, signature, signed_bytes))

    def run() -> None:
        for verify, signature, signed_bytes in checks:
            verify(signature, signed_bytes)

    return run


@cache
def loaded(key: PublicKey) -> Callable[[bytes, bytes], None]:
    return key._loaded().verify


def measure_receive(suite: Suite, officers: int, rounds: int) -> Figures:
    """All messages are made first; then, message by message, both are run, each first in turn."""
    one = side(suite, officers)
    sent = [one.us.submit(signed(one, NOW + n), NOW + n).sends[-1].data for n in range(rounds)]
    bare: list[int] = []
    whole: list[int] = []
    for n, (data, checks) in enumerate([(data, bare_checks(one, data)) for data in sent]):
        receive = partial(one.ru.receive, data, NOW + n)
        for call, times in ((checks, bare), (receive, whole))[:: 1 if n % 2 else -1]:
            times.append(timed(call))
    assert one.ru.health(NOW).open_exchanges >= rounds
    return Figures(statistics.median(bare), statistics.median(whole))


def measure_submit(rounds: int) -> Figures:
    """Submitting must check the officer's signature, make the system's and check that before it is sealed."""
    one = side(Suite.CLASSIC, 1)
    mandate = one.us.mandate()
    assert mandate is not None
    system = one.centre.keys["system"][0]
    bare, whole = [], []
    for n in range(rounds):
        draft = Draft.load(signed(one, NOW + n).data)
        line = next(x for x in parse_payload(draft.payload)[0].manifest if x.kid in draft.signatures)
        verify = loaded(mandate.keyring[line.kid].key)
        tbs = cose.to_be_signed(draft.header, line, draft.payload)
        signature = draft.signatures[line.kid]
        own = loaded(system.key)

        def cryptography() -> None:
            verify(signature, tbs)  # noqa: B023 - called at once
            own(system.sign(tbs), tbs)  # noqa: B023 - called at once

        bare.append(timed(cryptography))
        whole.append(timed(lambda: one.us.submit(draft, NOW + n)))  # noqa: B023 - called at once
    return Figures(statistics.median(bare), statistics.median(whole))


def measure_junk(rounds: int) -> tuple[float, dict[str, float]]:
    """The dearest of several kinds of bytes that fall before any signature work."""
    one = side(Suite.CLASSIC, 1)
    data = one.us.submit(signed(one, NOW), NOW).sends[-1].data
    kinds = {
        "random": os.urandom(len(data)),
        "truncated": data[:-1],
        "cut_in_half": data[: len(data) // 2],
        "cut_in_a_signature": data[:-90],
        "trailing": data + b"\x00",
        "other_tag": b"\xd2" + data[2:],
        "nested": b"\xd8\x62" + b"\x81" * 5_000,
        "other_channel": data.replace(one.us.channel.id, bytes(32)),
    }
    costs = {}
    for name, junk in kinds.items():
        assert one.ru.receive(junk, NOW).refusal is not None
        costs[name] = statistics.median(timed(lambda: one.ru.receive(junk, NOW)) for _ in range(rounds))  # noqa: B023 - called at once
    return max(costs.values()), costs


def measure_import(rounds: int) -> float:
    """Import time of the package over that of its dependencies' parts, in fresh processes in turn."""
    bare = "import cbor2; from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa"
    times: dict[str, list[int]] = {bare: [], "import launchnotice": []}
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(rounds + 1):
        for statement, found in times.items():
            code = f"from time import perf_counter_ns as t; s = t(); {statement}; print(t() - s)"
            run = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
            )
            found.append(int(run.stdout))
    first, second = (statistics.median(found[1:]) for found in times.values())
    return second / first


def measure_shape(rounds: int) -> float:
    """Examining a polygon of four points, which a notice with one adds to `receive`."""
    corners = ((0, 0), (0, 9_000), (9_000, 9_000), (9_000, 0))
    box = tuple((124_560_000 + y, -434_340_000 + x) for y, x in corners)
    body = representative(impact_areas=(Polygon(points=box),))
    return statistics.median(timed(lambda: shape_problems(body)) for _ in range(rounds))


def figures(rounds: int) -> dict[str, float]:
    classic = measure_receive(Suite.CLASSIC, 1, rounds)
    hybrid = measure_receive(Suite.HYBRID, 2, rounds // 2)
    submit = measure_submit(rounds)
    v = classic.bare / 2
    junk, kinds = measure_junk(rounds)
    return {
        "receive_added_v": (classic.whole - classic.bare) / v,
        "receive_classic_1": classic.whole / classic.bare,
        "receive_hybrid_2": hybrid.whole / hybrid.bare,
        "submit_classic_1": submit.whole / submit.bare,
        "junk_v": junk / v,
        "import": measure_import(max(rounds // 40, 5)),
        "v_us": v / 1_000,
        "polygon_4_us": measure_shape(rounds) / 1_000,
        **{f"junk_{name}_us": cost / 1_000 for name, cost in kinds.items()},
    }


def command(doc: str | None, figures: Callable[[int], dict[str, float]]) -> int:
    """Measure what the arguments say and print it, with what is a goal of this benchmark."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds")
    args = parser.parse_args()
    found = figures(60 if args.quick else 600)
    if args.json:
        print(json.dumps(found))
        return 0
    for name, value in found.items():
        goal = GOALS.get(name)
        verdict = "" if goal is None else f"{goal:.2f} {'PASS' if value <= goal else 'FAIL'}"
        print(f"{name} {value:.3f} {verdict}".rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(command(__doc__, figures))
