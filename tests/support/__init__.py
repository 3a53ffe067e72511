"""What most tests need: centres with keys, a channel between them, endpoints, and a link."""

from tests.support.centres import (
    NOW,
    Centre,
    descriptor,
    launch,
    make_centre,
    make_channel,
    make_mandate,
    open_endpoint,
    pair,
    sign,
    state,
)
from tests.support.link import Pair, settle

__all__ = [
    "NOW",
    "Centre",
    "Pair",
    "descriptor",
    "launch",
    "make_centre",
    "make_channel",
    "make_mandate",
    "open_endpoint",
    "pair",
    "settle",
    "sign",
    "state",
]
