"""Several nodes of one centre on one journal: threads and processes that compete, die, and lose commits.

`stores`: a journal that is seeded, opened by several, rolled back. `node`: one node, in a thread or a
process. `centre`: two nodes, their peer and what travels between them, in rounds. `checks`: what must
hold of the journal, of what was signed and of what was released. `scenes`: what happens to a centre.
`run`: all scenes, counted.
"""
