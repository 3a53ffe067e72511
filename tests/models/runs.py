"""What is checked: each run is one configuration with what TLC has to find.

- *holds*: every state is reached and no property is refuted; `states` is the least number of them.
- *fault*: a rule is left out, and exactly the named property is refuted.
- *limit*: no rule is left out, and what is not promised is refuted, to say where promises end.
- *reach*: a good end, stated as if it could not be reached, is reached.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from tests.models.checker import HOLDS, MODELS


class Run(NamedTuple):
    """One configuration.

    Attributes:
        kind: holds, fault, limit or reach. `name`: of the configuration file.
        module: the model. `expected`: `holds`, or the property that is refuted.
        quick: whether it belongs to the short run. `states`: the least number of distinct states.
    """

    kind: str
    name: str
    module: str
    expected: str
    quick: bool = True
    states: int = 0

    @property
    def config(self) -> Path:
        folder = {"holds": "", "fault": "faults", "limit": "limits", "reach": "reach"}[self.kind]
        return MODELS / folder / f"{self.name}.cfg"


LARGE: Final = 100_000
FULL: Final = False
"""Not part of the short run."""


def _holds(name: str, module: str, states: int, *, quick: bool = True) -> Run:
    return Run("holds", name, module, HOLDS, quick, states)


RUNS: Final = (
    _holds("delivery-quick", "Delivery", 40_000),
    _holds("delivery-crashes", "Delivery", LARGE, quick=FULL),
    _holds("delivery-lies", "Delivery", 80_000, quick=FULL),
    _holds("delivery-strong", "Delivery", 900),
    _holds("delivery-late", "Delivery", 2_000),
    Run("limit", "delivery-weak", "Delivery", "NothingLost"),
    Run("fault", "receipt-ends-repetition", "Delivery", "AckComesHome"),
    Run("fault", "acknowledgement-ends-repetition", "Delivery", "ReceiptComesHome"),
    Run("fault", "overdue-ends-repetition", "Delivery", "AckComesHome"),
    Run("fault", "late-signal-sent-once", "Delivery", "LateComesHome"),
    Run("fault", "nothing-listed", "Delivery", "OffersEnd"),
    Run("fault", "duplicate-unanswered", "Delivery", "AckComesHome"),
    Run("fault", "release-before-commit", "Delivery", "DurableBeforeVisible"),
    Run("fault", "sign-before-reserve", "Delivery", "SealedOnce"),
    Run("fault", "table-forgotten", "Delivery", "AtMostOnceAsNew"),
    Run("fault", "show-before-commit", "Delivery", "AtMostOnceAsNew"),
    Run("fault", "held-in-memory", "Delivery", "AtMostOnceAsNew"),
    Run("fault", "accept-without-prev", "Delivery", "ChainJoins"),
    Run("fault", "contradiction-dropped", "Delivery", "OneHistory"),
    Run("fault", "gap-dropped", "Delivery", "NothingDropped"),
    Run("fault", "receipt-anew", "Delivery", "ReceiptOnce"),
    Run("limit", "contradiction-behind-a-gap", "Delivery", "OneHistoryAtOnce"),
    Run("limit", "dispute-begins-late", "Delivery", "ForkIsLowest"),
    Run("reach", "settled-after-crashes", "Delivery", "NeverSettledAfterCrashes"),
    Run("reach", "listed-after-a-crash", "Delivery", "NeverListedAfterACrash"),
    Run("reach", "held-then-joined", "Delivery", "NeverHeldThenJoined"),
    Run("reach", "fork-proven", "Delivery", "NeverProven"),
    _holds("restore-quick", "Restore", 2_000),
    _holds("restore-sender", "Restore", 15_000, quick=FULL),
    _holds("restore-receiver", "Restore", 60_000, quick=FULL),
    _holds("restore-without-anchor", "Restore", 60_000, quick=FULL),
    _holds("restore-both-two", "Restore", LARGE, quick=FULL),
    Run("fault", "handshake-at-start", "Restore", "NoForkByHonest"),
    Run("fault", "epoch-without-random", "Restore", "NoForkByHonest"),
    Run("fault", "signs-in-old-epoch", "Restore", "NoForkByHonest"),
    Run("fault", "old-entries-repeated", "Restore", "NoForkByHonest"),
    Run("fault", "anchor-after-release", "Restore", "NoForkByHonest"),
    Run("fault", "anchor-without-digest", "Restore", "NoForkByHonest"),
    Run("fault", "signals-in-old-epoch", "Restore", "SignalOnce"),
    Run("fault", "first-judged-by-prior-head", "Restore", "NoFalseFork"),
    Run("fault", "old-epoch-dropped", "Restore", "NoneDroppedOldEpoch"),
    Run("fault", "mark-ends-at-restart", "Restore", "AtMostOnceAsNew"),
    Run("fault", "mark-by-order", "Restore", "AtMostOnceAsNew"),
    Run("limit", "copy-ahead-of-the-anchor", "Restore", "AtMostOnceAsNewAlways"),
    Run("limit", "signed-and-never-released", "Restore", "SealedOnceAlways"),
    Run("reach", "handed-back", "Restore", "NeverHandedBack"),
    Run("reach", "unmarked-again", "Restore", "NeverUnmarkedAgain"),
    Run("reach", "settled-after-both-restored", "Restore", "NeverSettledAfterBothRestored", FULL),
    _holds("hand-back-quick", "HandBack", 400),
    _holds("hand-back", "HandBack", 30_000, quick=FULL),
    Run("fault", "asked-once", "HandBack", "HeldComesBack"),
    Run("reach", "late-after-the-answer", "HandBack", "NeverLate"),
    _holds("mandates-quick", "Mandates", 15_000),
    _holds("mandates", "Mandates", LARGE, quick=FULL),
    Run("fault", "stands-by-position", "Mandates", "NothingStolenCounts"),
    Run("fault", "unnamed-epoch-stands", "Mandates", "NothingStolenCounts"),
    Run("fault", "late-stolen-notice", "Mandates", "OrderDecidesNothing"),
    Run("fault", "known-not-marked", "Mandates", "OrderDecidesNothing"),
    Run("fault", "mandate-gap", "Mandates", "OrderDecidesNothing"),
    Run("fault", "disowned-contradicts", "Mandates", "DisputesAreEvidence"),
    Run("limit", "mandate-forgotten", "Mandates", "NothingLateDisowned"),
    Run("limit", "said-and-forgotten", "Mandates", "NothingSaidDisowned"),
    Run("reach", "theft-ended", "Mandates", "NeverEnded"),
    _holds("relay-quick", "Relay", 3_000),
    _holds("relay-direct", "Relay", 10_000, quick=FULL),
    _holds("relay-lies", "Relay", LARGE, quick=FULL),
    Run("fault", "dissemination-settles", "Relay", "SettledIsRead"),
    Run("fault", "relay-speaks-for-recipient", "Relay", "SettledIsRead"),
    Run("fault", "path-is-author", "Relay", "ShownIsSigned"),
    Run("fault", "relayed-is-new", "Relay", "AtMostOnceAsNew"),
    Run("fault", "dissemination-shown", "Relay", "ShownHasCome"),
    Run("limit", "relay-keeps-back", "Relay", "ComesHome"),
    Run("reach", "settled-through-the-relay", "Relay", "NeverAllSettled"),
)
