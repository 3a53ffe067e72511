"""A thief has keys of one of two to five parties, while mandates are on their way: does it gain nothing?

- `world`: the parties, their officers and authority, the thief's hands, the network with a relay in it.
- `rest`: the authority answers, the network heals; what must hold in the end.
- `run`: schedules drawn at random, and the whole campaign. `planted`: faults that it must find.
"""
