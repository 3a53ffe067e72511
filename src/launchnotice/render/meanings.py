"""What events, findings and needs mean, in words for whoever is on duty at night.

Each code has one sentence: what happened, and what to do if there is something to do. Facts, no verdicts.
"""

from __future__ import annotations

from typing import Final

from launchnotice.registry import EventCode, FindingCode, Need

EVENTS: Final[dict[EventCode, str]] = {
    EventCode.MANDATE: "the list of this party's keys was accepted",
    EventCode.EPOCH: "we begin a new run of our own numbers",
    EventCode.RESERVED: "our message has its place and waits for the system's signature",
    EventCode.SEALED: "our message is signed and on its way",
    EventCode.NOTICE: "a notice arrived",
    EventCode.IN_ORDER: "a notice shown earlier has taken its place",
    EventCode.FLOODING: "this party sends more than is kept; what comes out of order is NOT SHOWN",
    EventCode.FORK: "this party signed TWO DIFFERENT NOTICES for one place; the proof is kept",
    EventCode.ROOT_FORK: "this party's authority signed TWO LISTS OF KEYS; the proof is kept",
    EventCode.ENDED: "this party's authority said which notices of a run of numbers stand",
    EventCode.DISOWNED: "its authority says that this notice, shown earlier, DOES NOT STAND",
    EventCode.ABANDONED: "its sender went on without it, perhaps lost it; it stays in force",
    EventCode.RETURNED: "a message of ours came back that our journal had lost; it was kept again",
    EventCode.CLAIMED: "this party knows of a notice of ours that our journal does not have",
    EventCode.SYNCED: "this party told how far we had come before our journal was restored",
    EventCode.SIGNAL: "a statement about a notice arrived",
    EventCode.OVERDUE: "what is owed for a notice has not come in time",
    EventCode.REMINDER: "the window of this launch opens soon; see that the watch on duty knows",
}
"""What happened; of the routine ones the line of the event says it all."""

ROUTINE: Final = frozenset(
    {
        EventCode.MANDATE,
        EventCode.EPOCH,
        EventCode.RESERVED,
        EventCode.SEALED,
        EventCode.NOTICE,
        EventCode.IN_ORDER,
        EventCode.SIGNAL,
        EventCode.OVERDUE,
    }
)
"""Events of an ordinary day."""

FINDINGS: Final[dict[FindingCode, str]] = {
    FindingCode.CHAIN_GAP: "notices before it have not come yet; they are asked for",
    FindingCode.DISPUTED: "two different notices were signed for one place, this one or one before",
    FindingCode.UNINTELLIGIBLE: "not all of it can be read here",
    FindingCode.UNKNOWN_FIELDS: "it has fields that this version does not know",
    FindingCode.SUPERSEDED_MANDATE: "signed with a list of keys that its sender had replaced",
    FindingCode.EXPIRED_MANDATE: "signed after its list of keys ran out",
    FindingCode.UNCONFIRMED_EPOCH: "its sender's machine began anew; its authority has not confirmed it yet",
    FindingCode.CLOCK_BRACKET: "a time in it does not fit our clock",
    FindingCode.LATE: "it came later than the agreement asks",
    FindingCode.OUT_OF_SCOPE: "the agreement does not ask for it",
    FindingCode.MISSING: "the agreement asks for something that it does not say",
    FindingCode.NOT_ALLOWED: "it says something that the agreement does not allow",
    FindingCode.AREA_FORM: "an area has a form that the agreement does not name",
    FindingCode.AREA_SHAPE: "an area cannot be drawn as it stands",
    FindingCode.STATED_TWICE: "this party has stated something else about the same notice",
    FindingCode.STATED_AGAIN: "this party states it again after its machine began anew",
    FindingCode.OTHER_BYTES: "the receipt is for other bytes than we sent",
    FindingCode.WITHHELD: "its sender keeps something back, with a commitment to it",
    FindingCode.SINGLE_SIGNATURE: "one officer alone signed it",
    FindingCode.UNKNOWN_REFERENCE: "it names a notice that we do not have",
    FindingCode.NOT_OWNER: "it names a notice that is another party's",
    FindingCode.DISCLOSURE_MISMATCH: "what is disclosed is not what was withheld",
    FindingCode.DISOWNED: "its sender's authority says that it does not stand",
    FindingCode.ABANDONED: "its sender has gone on without it; in force until it is withdrawn",
    FindingCode.MAY_REPEAT: "its sender lost its memory, and may have said this before",
    FindingCode.TOO_MANY_EPOCHS: "its sender's machine began anew too often unconfirmed; call",
    FindingCode.MANDATE_UNCONFIRMED: "we lost our memory; compare this party's list of keys by voice",
    FindingCode.WITHOUT_EFFECT: "its list of keys had been replaced when it came; it counts for nothing",
    FindingCode.ROOT_FORK: "its authority signed two lists of keys; nobody knows which one is right",
    FindingCode.EARLY: "it came earlier than the agreement provides for",
    FindingCode.OUTSIDE_LIMIT: "a number lies outside what the agreement sets",
    FindingCode.ALLOWANCE: "more was not notified than the agreement lets this party withhold",
    FindingCode.NOT_IN_FORCE: "it was issued when the agreement was not in force",
    FindingCode.OUT_OF_PHASE: "what it is about had already ended; that stays as it is",
    FindingCode.NOT_NEWEST: "it replaces a version that had been replaced; it counts as the newest",
    FindingCode.AFTER_LAPSE: "it came after the last time announced for the launch",
    FindingCode.OUTSIDE_WINDOW: "the launch took place at a time that was not announced",
    FindingCode.NOT_NOTIFIED: "it reports a launch of which no notice was given",
    FindingCode.NOT_ASKED: "it answers a question that another party was asked",
}
"""What is to be noted; said where a finding compares no values of its own."""

NEEDS: Final[dict[Need, str]] = {
    Need.ACKNOWLEDGE: "read this notice, then acknowledge or reject it",
    Need.REPLY: "we were asked; send a reply",
    Need.REPORT: "our launch has to be reported; say what became of it",
    Need.UNINTELLIGIBLE: "not all of it can be read here: read what can be, reject it and call",
    Need.OVERDUE: "this party has not answered our notice in time; call",
    Need.REJECTED: "this party disputes our notice; call",
    Need.SYSTEM_SIGNATURE: "our message waits for the system's signature and HAS NOT GONE OUT",
    Need.SYSTEM_KEY: "our list of keys lacks this machine's; nothing more is signed here",
    Need.DISPUTED_STREAM: "this party told two stories; only its authority can end that; call",
    Need.ROOT_FORK: "this party has two lists of keys; only a new channel ends that; call",
    Need.UNCONFIRMED_EPOCHS: "this party's machine began anew too often; ask its authority",
    Need.TRUST: "we lost our memory; compare the id of this party's list of keys by voice",
    Need.MANDATE: "our list of keys is missing or runs out; the authority must issue one",
}
"""What an officer does about it."""
