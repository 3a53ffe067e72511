"""CBOR diagnostic notation as the specification shows it."""

from launchnotice.render.diagnostic import notation as diagnostic

__all__ = ["diagnostic"]
