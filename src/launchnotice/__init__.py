"""launchnotice: the reference implementation of LNP/1, the Launch Notification Protocol.

States tell each other, in advance and beyond doubt, that a missile or space launch is
coming and is not an attack. A pure library: no sockets, no clock, no threads.

- `Endpoint` is what an application embeds; `Draft` and `Review` are what officers sign.
- `notices`, `signals` and `geo` hold what a message can say, `registry` every number and code.
- Explicit parts, imported on use: `launchnotice.ceremony` (mandates), `launchnotice.keyfile`
  (encrypted key files), `launchnotice.journal.memory`, `.sqlite` and `.anchor`,
  `launchnotice.render.text`, `launchnotice.testing`.
"""

from launchnotice import registry
from launchnotice.core.decide import peek
from launchnotice.core.events import Event
from launchnotice.draft import Draft, Review, Stale
from launchnotice.endpoint import Endpoint
from launchnotice.engine.sealing import Send
from launchnotice.errors import (
    Conflict,
    Corrupt,
    JournalError,
    LaunchnoticeError,
    Refused,
    UsageError,
)
from launchnotice.pact.agreement import Agreement
from launchnotice.pact.agreementfile import load_agreement, parse_agreement
from launchnotice.pact.channel import Channel, Descriptor, Party
from launchnotice.pact.findings import Finding
from launchnotice.pact.mandate import Identity, Mandate
from launchnotice.registry import SPEC_VERSION
from launchnotice.views import Step
from launchnotice.wire import coordinates, geo, notices, signals, times
from launchnotice.wire.keys import PublicKey, Signer, SigningKey
from launchnotice.wire.keys import generate as generate_keys

__version__ = "0.1.0"

__all__ = [
    "SPEC_VERSION",
    "Agreement",
    "Channel",
    "Conflict",
    "Corrupt",
    "Descriptor",
    "Draft",
    "Endpoint",
    "Event",
    "Finding",
    "Identity",
    "JournalError",
    "LaunchnoticeError",
    "Mandate",
    "Party",
    "PublicKey",
    "Refused",
    "Review",
    "Send",
    "Signer",
    "SigningKey",
    "Stale",
    "Step",
    "UsageError",
    "coordinates",
    "generate_keys",
    "geo",
    "load_agreement",
    "notices",
    "parse_agreement",
    "peek",
    "registry",
    "signals",
    "times",
]
