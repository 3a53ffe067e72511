"""Every bound of LNP/1 in one table: its name, its value and why it is that (spec section 3.4).

Sizes are bytes, counts are counts, times are seconds.
"""

from __future__ import annotations

from typing import Final

# Objects -------------------------------------------------------------------------------
MAX_MESSAGE: Final = 65_536
"""A message. 16 hybrid identities take 16 × (3,309 + 64 + headers) = 56 KiB of it, 13 hybrid-high ones
13 × (4,627 + 96 + headers) = 62 KiB; with more of those the sender itself refuses it (R-PAY-9)."""
MAX_MANDATE: Final = 262_144
"""A mandate: 32 hybrid identities take 66 KiB of keys, 16 signers 56 KiB of signatures; hybrid-high ones
87 and 76."""
MAX_DESCRIPTOR: Final = 4_194_304
"""A descriptor: 256 parties × 16 authority identities × 2 thumbprints take 280 KiB, the agreement more."""
MAX_DRAFT: Final = 262_144
"""A draft: a message or mandate before its last signature, with its signers' kids."""
MAX_DEPTH: Final = 16
"""Nested arrays and maps; the deepest object of LNP/1, a descriptor, has 8. (cbor2's own default is 400.)"""
ITEM_SIZE: Final = 8
"""An object has at most one item in its arrays and maps for so many bytes of its cap: 8,192 in a message,
where 32 areas of 100 points need 6,400. 64 KiB of one-byte items took 12 ms to refuse, these take 2."""
ARRAY_ITEMS: Final = 4
"""At most one in so many of those items is an array or map: 64 KiB of empty arrays took 90 ms to refuse.
A sync of 256 parties whose streams all have gaps has 1,540."""

# Identities ----------------------------------------------------------------------------
MAX_SIGNERS: Final = 16
"""Identities that sign one message: bounds the signature checks that a message can ask for."""
MAX_IDENTITIES: Final = 32
"""Identities in one mandate: three shifts with spares; their enrolment checks stay under 50 ms."""
MAX_PARTIES: Final = 256
"""Parties of a channel. The Hague Code of Conduct has 145 subscribing states."""

# Text ----------------------------------------------------------------------------------
MAX_CODE: Final = 16
"""A party code: ISO 3166 letters or an agreed abbreviation."""
MAX_LABEL: Final = 64
"""A label of an identity, a channel or a place."""
MAX_REMARK: Final = 1_024
"""A free remark; a NOTAM's item E is limited to 1,800 characters, a telegram to far less."""
MAX_STATEMENT: Final = 8_192
"""A longer text that is the content itself: an outline of policy, a statement."""

# Streams -------------------------------------------------------------------------------
MAX_HELD: Final = 1_024
"""Notices of a party held behind gaps of all its epochs; beyond, their ids alone are journalled."""
MAX_NOTED: Final = 4_096
"""Ids noted of a party in all its epochs; with the last of them an event says that a signer floods."""
MAX_EPOCHS: Final = 1_024
"""Epochs of a party that are known, neither confirmed nor ended by a mandate: one restore a day for three
years. Each takes memory for good."""
MAX_SYNC_ITEMS: Final = 64
"""Messages sent again in answer to one sync: 64 × 64 KiB bounds the bytes that a request can draw."""
MAX_TOLD: Final = 16
"""Heads of other streams in one notice: with all 255 that may have moved, a notice to all would grow as the
square of the members. A sync has all."""
MAX_HEARD: Final = 1_024
"""Heads beyond what is known, remembered of all members: what is forgotten is told again."""
PROOF_OFFERS: Final = 10
"""Times that the proof of a fork is offered to a member, from 10 seconds to an hour apart."""
MAX_PROOF: Final = 4_194_304
"""The proof of a fork: two notices, and mandates up to the version that they name."""
SUPERSEDED_FOR: Final = 2_592_000
"""30 days in which a signal or emergency notice under a replaced mandate counts: the link was down."""
MAX_RIVALS: Final = 64
"""Mandates of a party kept beside its chain: one proves that its authority signed two stories."""

# Time ----------------------------------------------------------------------------------
DRAFT_LIFETIME: Final = 3_600
"""A draft older than this is stale: the officers sign what is true now."""
CLOCK_BRACKET: Final = 120
"""A time further than this outside the bracket of sending and return is a finding."""
RETRY_FIRST: Final = 30
"""First repetition of unanswered bytes; doubles each time."""
RETRY_RECEIVED: Final = 300
"""First repetition after the receipt: a person is at work, the link is known to carry."""
RETRY_MAX: Final = 3_600
"""Longest time between two repetitions while anything is owed."""
RETRY_OVER: Final = 86_400
"""Time between two repetitions of what announced a launch that is over: nothing is urgent any more."""
SYNC_FIRST: Final = 10
"""First repetition of a sync for the same gap; doubles each time up to RETRY_MAX."""
CHALLENGE_AGAIN: Final = 86_400
"""Time between two challenges to a member that has answered, while no mandate confirms the restored epoch:
what was on its way since before the restore may have arrived there after the answer."""
REMIND_FIRST: Final = 86_400
"""Time before a window opens at which a recipient is reminded: a day, so that the next shift knows."""
REMIND_LAST: Final = 3_600
"""Time before a window opens at which a recipient is reminded again."""
SIGN_RETRY: Final = 5
"""Wait before a signer that had no signature yet is asked again."""
SYNC_PAUSE: Final = 1
"""Time between two answers to one sync of a member."""
MAX_ANSWERS: Final = 4
"""Different syncs of one member that are answered within SYNC_PAUSE."""
