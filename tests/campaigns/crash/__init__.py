"""Crashes at every boundary of journal, anchor, signer and host, and what must hold after each (P3, P4).

- `trip`: where a process can die, and wrappers that let it die there.
- `stores`: journals and anchors that outlive a process, in memory or in files; power loss.
- `life`: one life of an endpoint, from opening to crash; `child`: the same in a process that is killed.
- `book`: a journal read without the endpoint. `world`: two parties, their hosts and the link.
- `stories`: what happens; `damage`: files that are torn, cut, rolled back; `run`: the whole campaign.
- `planted`: how it looks for the faults of `patches`, each put into a copy of the package.
"""
