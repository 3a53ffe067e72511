"""Two to five parties over a network that does its worst, checked against a small model of its own.

- `model`: what was authorised, signed, released and shown, read from bytes alone.
- `site`: one party: a journal and a key that outlive its nodes. `node`: one of these, and where it dies.
- `bodies`: what officers say. `calls`: what must hold after each call. `world`: what can happen.
- `rest`: the network heals; what must hold in the end.
- `schedule`: events drawn at random. `run`: the whole campaign.
- `planted`: how it looks for the faults of `patches`, each put into a copy of the package.
"""
