------------------------------ MODULE Delivery ------------------------------
(***************************************************************************)
(* One stream of notices from A to B in one epoch, and the signals that    *)
(* come back.  Either side may crash between any two effects; nothing is   *)
(* lost from a journal here (Restore.tla is about that).                   *)
(*                                                                         *)
(* A notice's id stands for its hash: `book[id]` is what was hashed, its   *)
(* place in the chain.  Each draft is another text, so no two ids have one *)
(* content.  Signing is randomised: `sig` tells two signatures apart.      *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  MaxSeq,      \* notices in A's stream
  MaxDrafts,   \* texts that A's officers sign: more than MaxSeq lets a draft be lost and written anew
  MaxLies,     \* notices that A's stolen keys sign beside the stream
  MaxLate,     \* statements that B's officers make after the acknowledgement
  MaxCrashes,  \* crashes of both sides together
  Replay,      \* TRUE: what was ever released arrives at any time, any number of times
               \* FALSE: a link that loses; what is lost arrives only if it is sent again
  Fault        \* the rule that is left out, or "none"

VARIABLES
  book,     \* what was drafted: a sequence of [seq, prev]; the index is the id, prev 0 is the genesis
  lies,     \* ids that stolen keys made
  signed,   \* <<id, seq>> that A's system ever signed (history)
  jA,       \* A's journal, folded
  mA,       \* A's memory: reserved here and not in the journal (a fault), signed and not yet sealed
  outA,     \* committed, to be released
  jB, mB, outB,   \* the same of B; in memory what is in hand, what is to be shown, and held (a fault)
  ever,     \* all messages ever released
  flight,   \* messages on the link (if not Replay)
  asnew,    \* <<id, n>>: how often B's screen showed a notice as new (history)
  arrived,  \* ids that B's endpoint was handed, and was running to the end of the call (history)
  crashes

vars == <<book, lies, signed, jA, mA, outA, jB, mB, outB, ever, flight, asnew, arrived, crashes>>
sideA == <<book, lies, signed, jA, mA, outA>>
sideB == <<jB, mB, outB, asnew, arrived>>

Ids == 1..(MaxDrafts + MaxLies)
Notice(i) == [t |-> "notice", id |-> i]
\* `r` tells apart the bytes of two receipts for one notice.
Receipt(i, place, r) == [t |-> "receipt", id |-> i, place |-> place, r |-> r]
Ack(i) == [t |-> "ack", id |-> i]
\* What B says after the acknowledgement, and A's word that it has it, in a sync.
Rejection(i) == [t |-> "rejection", id |-> i]
Listing(i) == [t |-> "listing", id |-> i]
\* Places that an honest stream can give: one notice alone has no gap before it.
Places == IF MaxSeq = 1 THEN {"accepted"} ELSE {"accepted", "held"}
\* Bytes that can be on the link when no keys are stolen and no rule is left out.
Bytes == {Notice(i) : i \in Ids} \cup {Receipt(i, p, 0) : i \in Ids, p \in Places} \cup {Ack(i) : i \in Ids}
         \cup (IF MaxLate = 0 THEN {} ELSE {Rejection(i) : i \in Ids} \cup {Listing(i) : i \in Ids})

Last(s) == s[Len(s)]
Fresh == [inhand |-> {}, show |-> {}, held |-> {}]

Init ==
  /\ book = <<>> /\ lies = {} /\ signed = {}
  /\ jA = [reserved |-> <<>>, sealed |-> {}, got |-> {}, givenUp |-> {}]
  /\ mA = [reserved |-> 0, signed |-> 0, list |-> {}]
  /\ jB = [accepted |-> <<>>, held |-> {}, disputed |-> {}, fork |-> 0, receipts |-> {}, acks |-> {},
            late |-> {}, listed |-> {}]
  /\ mB = Fresh
  /\ outA = {} /\ outB = {} /\ ever = {} /\ flight = {}
  /\ asnew = [i \in Ids |-> 0] /\ arrived = {} /\ crashes = 0

-----------------------------------------------------------------------------
(* The link.                                                               *)

Put(messages) ==
  /\ ever' = ever \cup messages
  /\ flight' = IF Replay THEN {} ELSE flight \cup messages

OnLink(m) == m \in IF Replay THEN ever ELSE flight
Take(m) == ever' = ever /\ flight' = flight \ {m}

Lose(m) == ~Replay /\ m \in flight /\ flight' = flight \ {m} /\ UNCHANGED <<ever, sideA, sideB, crashes>>

-----------------------------------------------------------------------------
(* A: reserve, sign, seal, release (R-SIGN-9, R-DUR-1).                    *)

Stream == IF mA.reserved = 0 THEN jA.reserved ELSE Append(jA.reserved, mA.reserved)
Unsealed == {i \in Ids : \E s \in DOMAIN Stream : Stream[s] = i} \ jA.sealed

\* Officers have signed a draft; its position is reserved before the system signs.
Reserve ==
  /\ Len(book) < MaxDrafts + Cardinality(lies) /\ Len(Stream) < MaxSeq /\ Unsealed = {}
  /\ LET id == Len(book) + 1 IN
     /\ book' = Append(book, [seq |-> Len(Stream) + 1, prev |-> IF Stream = <<>> THEN 0 ELSE Last(Stream)])
     /\ IF Fault = "sign-before-reserve"
        THEN mA' = [mA EXCEPT !.reserved = id] /\ jA' = jA
        ELSE jA' = [jA EXCEPT !.reserved = Append(@, id)] /\ mA' = mA
  /\ UNCHANGED <<lies, signed, outA, sideB, ever, flight, crashes>>

Sign ==
  /\ mA.signed = 0
  /\ \E i \in Unsealed :
     /\ mA' = [mA EXCEPT !.signed = i]
     /\ signed' = signed \cup {<<i, book[i].seq>>}
     /\ outA' = IF Fault = "release-before-commit" THEN outA \cup {Notice(i)} ELSE outA
  /\ UNCHANGED <<book, lies, jA, sideB, ever, flight, crashes>>

Seal ==
  /\ mA.signed # 0
  /\ jA' = [jA EXCEPT !.sealed = @ \cup {mA.signed}, !.reserved = Stream]
  /\ mA' = [mA EXCEPT !.reserved = 0, !.signed = 0]
  /\ outA' = outA \cup {Notice(mA.signed)}
  /\ UNCHANGED <<book, lies, signed, sideB, ever, flight, crashes>>

ReleaseA == outA # {} /\ Put(outA) /\ outA' = {} /\ UNCHANGED <<book, lies, signed, jA, mA, sideB, crashes>>

\* Identical bytes again, until the recipient has given what it owes, an acknowledgement, and its receipt,
\* which the acknowledgement may overtake (R-RETRY-1).
Owed(i) ==
  /\ i \in jA.sealed \ jA.givenUp
  /\ CASE Fault = "receipt-ends-repetition" -> <<"receipt", i>> \notin jA.got
       [] Fault = "acknowledgement-ends-repetition" -> <<"ack", i>> \notin jA.got
       [] OTHER -> {<<"ack", i>>, <<"receipt", i>>} \ jA.got # {}
\* All deadlines have passed and were told: time must not end the repetition (R-RETRY-4).
GiveUp(i) ==
  /\ Fault = "overdue-ends-repetition" /\ Owed(i)
  /\ jA' = [jA EXCEPT !.givenUp = @ \cup {i}]
  /\ UNCHANGED <<book, lies, signed, mA, outA, sideB, ever, flight, crashes>>
Repeat(i) ==
  /\ Owed(i) /\ Notice(i) \notin outA /\ ~OnLink(Notice(i))
  /\ Put({Notice(i)}) /\ UNCHANGED <<sideA, sideB, crashes>>

\* Signals are facts, written once: a set (R-SIG-4).  Of what is not repeated any more, A lists each that
\* comes, also one that it knew, from memory alone (R-OFFER-2).
TakeSignal(m) ==
  /\ OnLink(m) /\ Take(m) /\ m.id \in jA.sealed
  /\ jA' = [jA EXCEPT !.got = @ \cup {<<m.t, m.id>>}]
  /\ mA' = IF m.t # "rejection" \/ Owed(m.id) \/ Fault = "nothing-listed" THEN mA
           ELSE [mA EXCEPT !.list = @ \cup {m.id}]
  /\ UNCHANGED <<book, lies, signed, outA, sideB, crashes>>

List(i) ==
  /\ i \in mA.list
  /\ mA' = [mA EXCEPT !.list = @ \ {i}]
  /\ Put({Listing(i)})
  /\ UNCHANGED <<book, lies, signed, jA, outA, sideB, crashes>>

\* Stolen keys contradict the stream.
Lie ==
  /\ Cardinality(lies) < MaxLies
  /\ \E s \in 1..MaxSeq, p \in {0} \cup DOMAIN book :
     /\ (s = 1) = (p = 0)
     /\ p # 0 => book[p].seq = s - 1
     /\ book' = Append(book, [seq |-> s, prev |-> p])
     /\ lies' = lies \cup {Len(book) + 1}
     /\ Put({Notice(Len(book) + 1)})
  /\ UNCHANGED <<signed, jA, mA, outA, sideB, crashes>>

CrashA ==
  /\ crashes < MaxCrashes /\ crashes' = crashes + 1
  /\ mA' = [reserved |-> 0, signed |-> 0, list |-> {}]
  /\ outA' = {}
  /\ UNCHANGED <<book, lies, signed, jA, sideB, ever, flight>>

-----------------------------------------------------------------------------
(* B: judge (section 6.2), commit, show and release.                       *)

Held == jB.held \cup mB.held
KnownIn(j) == {j.accepted[s] : s \in DOMAIN j.accepted} \cup j.held \cup j.disputed
Known == KnownIn(jB) \cup Held

\* The gap before held notices closes (R-STREAM-5); a prev that does not join is a fork (R-FORK-2).
RECURSIVE Drain(_)
Drain(j) ==
  LET next == Len(j.accepted) + 1
      waiting == {h \in j.held : book[h].seq = next}
  IN IF waiting = {} \/ next = j.fork THEN j
     ELSE LET h == CHOOSE h \in waiting : TRUE
          IN IF book[h].prev = Last(j.accepted) \/ Fault = "accept-without-prev"
             THEN Drain([j EXCEPT !.accepted = Append(@, h), !.held = @ \ {h}])
             ELSE [j EXCEPT !.fork = Len(j.accepted)]

Disputed(j, i, position) ==
  IF Fault = "contradiction-dropped" THEN j
  ELSE [j EXCEPT !.disputed = @ \cup {i}, !.fork = IF @ = 0 \/ position < @ THEN position ELSE @]

\* The journal after a notice that is not known yet.
Judged(j, i) ==
  LET n == book[i]
      expect == Len(j.accepted) + 1
      head == IF j.accepted = <<>> THEN 0 ELSE Last(j.accepted)
  IN CASE j.fork # 0 /\ n.seq >= j.fork -> Disputed(j, i, j.fork)
       [] n.seq = expect /\ (n.prev = head \/ Fault = "accept-without-prev") ->
            Drain([j EXCEPT !.accepted = Append(@, i)])
       [] n.seq = expect -> Disputed(j, i, n.seq - 1)
       [] n.seq < expect -> Disputed(j, i, n.seq)
       [] OTHER ->
            IF \E h \in j.held : book[h].seq = n.seq THEN Disputed(j, i, n.seq)
            ELSE IF Fault = "gap-dropped" THEN j
            ELSE [j EXCEPT !.held = @ \cup {i}]

Place(j, i) == IF i \in j.disputed THEN "disputed" ELSE IF i \in j.held THEN "held" ELSE "accepted"
Stated(i) ==
  {m \in jB.receipts : m.id = i} \cup {Ack(j) : j \in jB.acks \cap {i}} \cup {Rejection(j) : j \in jB.late \cap {i}}

\* Bytes come in; they are judged, and the journal holds what was decided, before anything is seen of it.
Receive(i) ==
  /\ OnLink(Notice(i)) /\ Take(Notice(i))
  /\ mB' = [mB EXCEPT !.inhand = @ \cup {i},
                     !.show = IF Fault = "show-before-commit" /\ i \notin Known THEN @ \cup {i} ELSE @]
  /\ UNCHANGED <<sideA, jB, outB, asnew, arrived, crashes>>

Commit(i) ==
  /\ i \in mB.inhand
  /\ arrived' = arrived \cup {i}
  /\ IF i \in Known
     THEN \* A duplicate: what was stated about it goes again, byte for byte (R-RCPT-3).
          LET old == {x \in jB.receipts : Fault = "receipt-anew" /\ x.id = i}
              anew == {Receipt(i, m.place, 1) : m \in old}
          IN /\ jB' = [jB EXCEPT !.receipts = @ \cup anew]
             /\ mB' = [mB EXCEPT !.inhand = @ \ {i}]
             /\ outB' = outB \cup anew \cup (IF Fault = "duplicate-unanswered" THEN {} ELSE Stated(i))
     ELSE LET j == Judged([jB EXCEPT !.held = Held], i)
              inMemory == Fault = "held-in-memory"
              shown == KnownIn(j) \ (KnownIn(jB) \cup Held)
          IN /\ jB' = IF inMemory THEN [j EXCEPT !.held = {}] ELSE j
             /\ mB' = [inhand |-> mB.inhand \ {i}, held |-> IF inMemory THEN j.held ELSE {},
                       show |-> IF Fault = "show-before-commit" THEN mB.show ELSE mB.show \cup shown]
             /\ outB' = outB
  /\ UNCHANGED <<sideA, asnew, ever, flight, crashes>>

\* The host shows the event as new, and afterwards confirms that it has.
Show(i) ==
  /\ i \in mB.show
  /\ mB' = [mB EXCEPT !.show = @ \ {i}]
  /\ asnew' = [asnew EXCEPT ![i] = @ + 1]
  /\ UNCHANGED <<sideA, jB, outB, arrived, ever, flight, crashes>>

\* The machine owes one receipt for what it keeps (R-RCPT-1); sealed in the journal, then released.
StateReceipt(i) ==
  /\ i \in Known /\ ~\E m \in jB.receipts : m.id = i
  /\ LET m == Receipt(i, Place([jB EXCEPT !.held = Held], i), 0) IN
     /\ jB' = [jB EXCEPT !.receipts = @ \cup {m}]
     /\ outB' = outB \cup {m}
  /\ UNCHANGED <<sideA, mB, asnew, arrived, ever, flight, crashes>>

\* An officer has read it; held and disputed notices are read as well.
Acknowledge(i) ==
  /\ i \in Known \ jB.acks /\ i \notin mB.show
  /\ jB' = [jB EXCEPT !.acks = @ \cup {i}]
  /\ outB' = outB \cup {Ack(i)}
  /\ UNCHANGED <<sideA, mB, asnew, arrived, ever, flight, crashes>>

\* An officer disputes what was acknowledged.
Reject(i) ==
  /\ i \in jB.acks \ jB.late /\ Cardinality(jB.late) < MaxLate
  /\ jB' = [jB EXCEPT !.late = @ \cup {i}]
  /\ outB' = outB \cup {Rejection(i)}
  /\ UNCHANGED <<sideA, mB, asnew, arrived, ever, flight, crashes>>

\* Its signer offers it until a sync lists it (R-OFFER-1); the notice may not be repeated any more.
Offer(i) ==
  /\ i \in jB.late \ jB.listed /\ Rejection(i) \notin outB /\ ~OnLink(Rejection(i))
  /\ Fault # "late-signal-sent-once"
  /\ Put({Rejection(i)}) /\ UNCHANGED <<sideA, sideB, crashes>>

TakeListing(i) ==
  /\ OnLink(Listing(i)) /\ Take(Listing(i))
  /\ jB' = [jB EXCEPT !.listed = @ \cup ({i} \cap jB.late)]
  /\ UNCHANGED <<sideA, mB, outB, asnew, arrived, crashes>>

ReleaseB == outB # {} /\ Put(outB) /\ outB' = {} /\ UNCHANGED <<sideA, jB, mB, asnew, arrived, crashes>>

\* What was not confirmed is presented again with a mark, which does not count as new.
CrashB ==
  /\ crashes < MaxCrashes /\ crashes' = crashes + 1
  /\ mB' = Fresh
  /\ outB' = {}
  /\ jB' = IF Fault = "table-forgotten"
           THEN [jB EXCEPT !.accepted = <<>>, !.held = {}, !.disputed = {}, !.fork = 0] ELSE jB
  /\ UNCHANGED <<sideA, asnew, arrived, ever, flight>>

-----------------------------------------------------------------------------
Deliver(m) ==
  CASE m.t = "notice" -> Receive(m.id) [] m.t = "listing" -> TakeListing(m.id) [] OTHER -> TakeSignal(m)

Next ==
  \/ Reserve \/ Sign \/ Seal \/ ReleaseA \/ Lie \/ CrashA
  \/ ReleaseB \/ CrashB
  \/ \E i \in Ids : Repeat(i) \/ Commit(i) \/ Show(i) \/ StateReceipt(i) \/ Acknowledge(i)
                   \/ Reject(i) \/ Offer(i) \/ List(i) \/ GiveUp(i)
  \/ \E m \in ever : Deliver(m) \/ Lose(m)

Spec == Init /\ [][Next]_vars

\* Each side does what it has to do, at last; crashes and losses are never owed.
Diligent ==
  /\ WF_vars(Reserve) /\ WF_vars(Sign) /\ WF_vars(Seal) /\ WF_vars(ReleaseA) /\ WF_vars(ReleaseB)
  /\ \A i \in Ids : WF_vars(Repeat(i)) /\ WF_vars(Commit(i)) /\ WF_vars(Show(i))
               /\ WF_vars(StateReceipt(i)) /\ WF_vars(Acknowledge(i)) /\ WF_vars(Offer(i)) /\ WF_vars(List(i))

\* Strong: what is sent again and again arrives at last.  Weak: only what the link keeps holding arrives,
\* and a link that loses never has to hold anything.
SpecStrong == Spec /\ Diligent /\ \A m \in Bytes : SF_vars(m \in ever /\ Deliver(m))
SpecWeak == Spec /\ Diligent /\ \A m \in Bytes : WF_vars(m \in ever /\ Deliver(m))

-----------------------------------------------------------------------------
(* Safety.                                                                 *)

Honest == {i \in DOMAIN book : i \notin lies}

\* No two different notices of an honest sender leave it under one position.
NoForkByHonest ==
  \A i, j \in Honest : Notice(i) \in ever /\ Notice(j) \in ever /\ book[i].seq = book[j].seq => i = j

\* The system signs at most one id for a position (R-SIGN-10).
SealedOnce == \A x, y \in signed : x[2] = y[2] => x = y

\* Bytes outside are in the journal of their signer, and what a screen showed is in B's (R-DUR-1).
DurableBeforeVisible ==
  /\ \A m \in ever : CASE m.t = "notice" -> m.id \in jA.sealed \cup lies
                       [] m.t = "receipt" -> m \in jB.receipts
                       [] m.t = "rejection" -> m.id \in jB.late
                       [] m.t = "listing" -> <<"rejection", m.id>> \in jA.got
                       [] OTHER -> m.id \in jB.acks
  /\ \A i \in Ids : asnew[i] > 0 => i \in KnownIn(jB)

AtMostOnceAsNew == \A i \in Ids : asnew[i] <= 1

\* One receipt's bytes for a notice (R-RCPT-1, R-SIGN-11).
ReceiptOnce == \A m, n \in ever : m.t = "receipt" /\ n.t = "receipt" /\ m.id = n.id => m = n

\* What arrived is kept and thus shown, whatever its place in the chain.
NothingDropped == arrived \subseteq Known

\* What is accepted is one chain.
ChainJoins ==
  \A s \in DOMAIN jB.accepted :
    LET n == book[jB.accepted[s]] IN n.seq = s /\ n.prev = IF s = 1 THEN 0 ELSE jB.accepted[s - 1]

\* Two ids for one position, one of them accepted: a proof is kept, and the epoch is disputed.
Named(i) == {<<book[i].seq, i>>} \cup (IF book[i].seq = 1 THEN {} ELSE {<<book[i].seq - 1, book[i].prev>>})
Split(i) == {x \in Named(i) : x[1] \in DOMAIN jB.accepted /\ jB.accepted[x[1]] # x[2]}
OneHistory == \A i \in arrived : Split(i) # {} => jB.fork # 0

\* The dispute begins at the first position for which two ids are known.
ForkIsLowest == \A i \in arrived : \A x \in Split(i) : jB.fork # 0 /\ jB.fork <= x[1]

\* The same for any two that arrived, also behind a gap: section 6.3 read alone.
Contradict(i, j) == \E x \in Named(i), y \in Named(j) : x[1] = y[1] /\ x[2] # y[2]
OneHistoryAtOnce == \A i, j \in arrived : Contradict(i, j) => jB.fork # 0

\* An honest sender is accused of nothing.
NoFalseFork == lies = {} => jB.fork = 0

-----------------------------------------------------------------------------
(* Liveness: crashes are few, and the link carries again and again.        *)

NothingLost == \A i \in Ids : (i \in jA.sealed) ~> (<<"ack", i>> \in jA.got)
AckComesHome == \A i \in Ids : (i \in jB.acks) ~> (<<"ack", i>> \in jA.got)
ReceiptComesHome == \A i \in Ids : (i \in Known) ~> (<<"receipt", i>> \in jA.got)
LateComesHome == \A i \in Ids : (i \in jB.late) ~> (<<"rejection", i>> \in jA.got)
OffersEnd == \A i \in Ids : (i \in jB.late) ~> (i \in jB.listed)
HeadsAgree == <>[](jB.accepted = jA.reserved /\ Len(jB.accepted) = MaxSeq /\ jB.held = {})

-----------------------------------------------------------------------------
(* Good ends, stated as if they could not be reached.                      *)

NeverSettledAfterCrashes ==
  ~(/\ crashes = MaxCrashes /\ Len(jA.reserved) = MaxSeq
    /\ \A s \in 1..MaxSeq : <<"ack", jA.reserved[s]>> \in jA.got)
NeverHeldThenJoined ==
  ~(\E m \in jB.receipts, s \in DOMAIN jB.accepted : m.place = "held" /\ m.id = jB.accepted[s])
NeverListedAfterACrash == ~(jB.listed # {} /\ crashes = MaxCrashes)
NeverProven == ~(jB.fork # 0)
=============================================================================
