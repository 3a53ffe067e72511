"""The parts that an endpoint is made of, one job each.

`ledger` keeps journal, anchor and state together; `desk` holds drafts to the rules; `sealing`
lets the system sign last; `outbox` knows when to offer again; `sync` asks and answers.
"""
