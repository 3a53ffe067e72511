------------------------------ MODULE Restore -------------------------------
(***************************************************************************)
(* A's stream to B, and either side's journal put back from an old copy.   *)
(* A journal is a sequence of entries and the state a fold over it; the    *)
(* anchor stands beside it, and no copy brings it back.  Bytes leave after *)
(* the commit and the anchor.  A restored side opens an epoch with a       *)
(* random id before it signs; it asks the other side what it may have      *)
(* seen, and what it may have said.                                        *)
(*                                                                         *)
(* `book` says what each notice's id is the hash of.  What was ever        *)
(* released arrives at any time, any number of times (`ever`); loss is     *)
(* that it does not.  Reservation, seal and showing are one step with the  *)
(* commit here; Delivery.tla takes them apart.                             *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  MaxNotices,   \* texts that A's officers sign
  MaxRestartsA, MaxRestartsB,  \* restarts of each side, with the journal as it is or a copy put back
  MaxCopiesA, MaxCopiesB,      \* copies that an operator takes; the empty journal is always at hand
  MaxRandom,    \* random ids that A can draw
  Peer,         \* "absent", "listens" or "speaks": how much of B there is, where it is about A
  Anchored,     \* FALSE: no anchor; a journal that is not empty counts as restored at every start
  Fault         \* the rule that is left out, or "none"

VARIABLES
  book,      \* sequence of [epoch, seq, prev, prior]; the index is the id; prior = [epoch, head] at seq 1
  j,         \* journals: j.A, j.B
  anchor,    \* what the anchor names: position and digest, modelled as the journal up to there
  copies,    \* copies[p]: set of journals
  restored,  \* what the look at the anchor said at the last start
  out,       \* committed, to be released
  ever,      \* all messages ever released
  asnew,     \* asnew[id]: how often B's screen showed it without a mark
  arrived,   \* ids that arrived at B since its journal was last put back
  drawn,     \* random ids drawn (history)
  blind,     \* a copy was put back that the anchor could not tell from the journal
  restarts

vars == <<book, j, anchor, copies, restored, out, ever, asnew, arrived, drawn, blind, restarts>>

Side == {"A", "B"}
Range(s) == {s[i] : i \in DOMAIN s}
Prefix(s, t) == Len(s) <= Len(t) /\ SubSeq(t, 1, Len(s)) = s
Last(s) == s[Len(s)]

Notice(i) == [t |-> "notice", id |-> i]
\* A signal is written once for (B's epoch, notice); `r` tells two signings of one apart.
Signal(i, e, r) == [t |-> "signal", id |-> i, epoch |-> e, r |-> r]
Challenge(n) == [t |-> "challenge", nonce |-> n]
Answer(n, e, s) == [t |-> "answer", nonce |-> n, epoch |-> e, seq |-> s]

\* Entries.  A: an epoch, an own notice, a fact of B, an own notice that came back.
\* B: an epoch, a notice kept, a signal, an answer to a challenge.
Opened(e, why) == [e |-> "epoch", epoch |-> e, why |-> why]
Own(i) == [e |-> "own", id |-> i]
Fact(i) == [e |-> "fact", id |-> i]
Back(i) == [e |-> "back", id |-> i]
Kept(i) == [e |-> "kept", id |-> i]
Stated(m) == [e |-> "stated", signal |-> m]
Synced(e, s) == [e |-> "synced", epoch |-> e, seq |-> s]

Init ==
  /\ book = <<>>
  /\ j = [p \in Side |-> <<>>] /\ anchor = [p \in Side |-> <<>>] /\ copies = [p \in Side |-> {<<>>}]
  /\ restored = [p \in Side |-> FALSE] /\ out = [p \in Side |-> {}]
  /\ ever = {} /\ asnew = [i \in 1..MaxNotices |-> 0] /\ arrived = {} /\ drawn = {} /\ blind = FALSE
  /\ restarts = [p \in Side |-> 0]

-----------------------------------------------------------------------------
(* Folds.                                                                  *)

Ids(journal, kind) == {x.id : x \in {y \in Range(journal) : y.e = kind}}
Epochs(journal) == SelectSeq(journal, LAMBDA x : x.e = "epoch")
Current(journal) == Last(Epochs(journal)).epoch
HasEpoch(journal) == Epochs(journal) # <<>>
\* A's notices of an epoch that its journal holds, and the last of them; 0 is the genesis.
OwnIn(journal, e) == {i \in Ids(journal, "own") \cup Ids(journal, "back") : book[i].epoch = e}
HeadOf(journal, e) ==
  LET mine == OwnIn(journal, e) IN
  IF mine = {} THEN 0 ELSE CHOOSE i \in mine : \A k \in mine : book[k].seq <= book[i].seq
SeqOf(i) == IF i = 0 THEN 0 ELSE book[i].seq
Highest(journal) ==
  LET opened == {x.epoch[1] : x \in Range(Epochs(journal))}
      numbers == opened \cup {book[i].epoch[1] : i \in Ids(journal, "back")} \cup {0}
  IN CHOOSE n \in numbers : \A k \in numbers : k <= n

\* Drawn once and never again: what 16 random bytes are good for.  How two of them compare is chance;
\* it is left open only where a rule looks at it, since it multiplies the states.
Fresh(number) ==
  LET left == (1..MaxRandom) \ drawn IN
  IF Fault = "epoch-without-random" THEN {<<number, 0>>}
  ELSE {<<number, r>> : r \in {x \in left : Fault = "mark-by-order" \/ \A y \in left : x <= y}}

\* Faults: a restored side goes on in the epoch of the copy.
GoesOn == Fault \in {"signs-in-old-epoch", "signals-in-old-epoch", "handshake-at-start"}

\* Entries that let a side sign: none, or the epoch that it must open before (R-RESTORE-2).
Openings(p) ==
  IF HasEpoch(j[p]) /\ (~restored[p] \/ GoesOn) THEN {<<>>}
  ELSE {<<Opened(e, IF restored[p] THEN "restored" ELSE "first")>> : e \in Fresh(Highest(j[p]) + 1)}

\* Durable, then visible: append, and what is to go out waits for the anchor.
Commit(p, opening, entries, messages) ==
  /\ j' = [j EXCEPT ![p] = @ \o opening \o entries]
  /\ restored' = [restored EXCEPT ![p] = @ /\ opening = <<>> /\ ~GoesOn]
  /\ out' = [out EXCEPT ![p] = @ \cup messages]
  /\ drawn' = drawn \cup {x.epoch[2] : x \in Range(opening)}

-----------------------------------------------------------------------------
(* Storage.                                                                *)

Copy(p) ==
  /\ Cardinality(copies[p]) <= IF p = "A" THEN MaxCopiesA ELSE MaxCopiesB
  /\ j[p] \notin copies[p] /\ copies' = [copies EXCEPT ![p] = @ \cup {j[p]}]
  /\ UNCHANGED <<book, j, anchor, restored, out, ever, asnew, arrived, blind, restarts, drawn>>

\* A restored journal's anchor is left alone until it holds the new epoch.
WriteAnchor(p) ==
  /\ Anchored /\ ~restored[p] /\ (out[p] # {} \/ Fault = "anchor-after-release") /\ anchor[p] # j[p]
  /\ anchor' = [anchor EXCEPT ![p] = j[p]]
  /\ UNCHANGED <<book, j, copies, restored, out, ever, asnew, arrived, blind, restarts, drawn>>

Release(p) ==
  /\ out[p] # {}
  /\ Anchored /\ Fault # "anchor-after-release" => anchor[p] = j[p]
  /\ ever' = ever \cup out[p]
  /\ out' = [out EXCEPT ![p] = {}]
  /\ UNCHANGED <<book, j, anchor, copies, restored, asnew, arrived, blind, restarts, drawn>>

\* The journal must hold what the anchor names (R-RESTORE-1); ahead of it is a plain crash.
LooksRestored(p, journal) ==
  IF ~Anchored THEN journal # <<>>
  ELSE IF Fault = "anchor-without-digest" THEN Len(journal) < Len(anchor[p])
  ELSE ~Prefix(anchor[p], journal)

\* A crash, and a start with the journal as it is or with a copy.
Restart(p) ==
  /\ restarts[p] < IF p = "A" THEN MaxRestartsA ELSE MaxRestartsB
  /\ \E journal \in copies[p] \cup {j[p]} :
     /\ journal = j[p] => out[p] # {} \/ restored[p] \/ anchor[p] # j[p] \/ Fault = "mark-ends-at-restart"
     /\ j' = [j EXCEPT ![p] = journal]
     /\ restored' = [restored EXCEPT ![p] = LooksRestored(p, journal)]
     /\ blind' = (blind \/ (journal # j[p] /\ ~LooksRestored(p, journal)))
     /\ arrived' = IF p = "B" THEN Ids(journal, "kept") ELSE arrived
     \* What is sealed and was perhaps not released is taken in hand again.
     /\ out' = [out EXCEPT ![p] =
                 IF LooksRestored(p, journal) THEN {}
                 ELSE {Notice(i) : i \in Ids(SubSeq(journal, Len(anchor[p]) + 1, Len(journal)), "own")}]
  /\ restarts' = [restarts EXCEPT ![p] = @ + 1]
  /\ UNCHANGED <<book, anchor, copies, ever, asnew, drawn>>

-----------------------------------------------------------------------------
(* A.                                                                      *)

Submit ==
  /\ Len(book) < MaxNotices
  /\ ~(Fault = "handshake-at-start" /\ restored["A"])
  /\ \E o \in Openings("A") :
     LET before == j["A"]
         after == before \o o
         e == Current(after)
         head == HeadOf(after, e)
         priors == {x.epoch : x \in Range(Epochs(before))} \ {e}
         prior == IF priors = {} THEN <<0, 0>> ELSE
                    CHOOSE x \in priors : \A y \in priors : y[1] <= x[1]
         id == Len(book) + 1
     IN /\ book' = Append(book, [epoch |-> e, seq |-> SeqOf(head) + 1, prev |-> head,
                                 prior |-> prior, last |-> HeadOf(before, prior)])
        /\ Commit("A", o, <<Own(id)>>, {Notice(id)})
  /\ UNCHANGED <<anchor, copies, ever, asnew, arrived, blind, restarts>>

\* Own notices of earlier epochs are not repeated of A's own accord (R-RESTORE-4).
Repeat(i) ==
  /\ i \in Ids(j["A"], "own") /\ i \notin Ids(j["A"], "fact") /\ ~restored["A"] /\ Notice(i) \notin ever
  /\ Fault = "old-entries-repeated" \/ book[i].epoch = Current(j["A"])
  /\ Notice(i) \notin out["A"]
  /\ out' = [out EXCEPT !["A"] = @ \cup {Notice(i)}]
  /\ UNCHANGED <<book, j, anchor, copies, restored, ever, asnew, arrived, blind, restarts, drawn>>

TakeSignal(m) ==
  /\ m.t = "signal" /\ m.id \in Ids(j["A"], "own") \cup Ids(j["A"], "back") /\ m.id \notin Ids(j["A"], "fact")
  /\ j' = [j EXCEPT !["A"] = Append(@, Fact(m.id))]
  /\ UNCHANGED <<book, anchor, copies, restored, out, ever, asnew, arrived, blind, restarts, drawn>>

\* B, or the link, hands back a notice that A lost.
TakeBack(m) ==
  /\ m.t = "notice" /\ m.id \notin Ids(j["A"], "own") \cup Ids(j["A"], "back")
  /\ m.id \in Ids(j["B"], "kept")
  /\ j' = [j EXCEPT !["A"] = Append(@, Back(m.id))]
  /\ UNCHANGED <<book, anchor, copies, restored, out, ever, asnew, arrived, blind, restarts, drawn>>

\* The fault: ask B where the stream stands, and go on there.
Handshake ==
  /\ Fault = "handshake-at-start" /\ restored["A"]
  /\ LET lost == {i \in Ids(j["B"], "kept") : i \notin Ids(j["A"], "own")} IN
     \/ lost = {} /\ HasEpoch(j["A"]) /\ restored' = [restored EXCEPT !["A"] = FALSE] /\ j' = j
     \/ /\ \E i \in lost :
            LET opening == IF HasEpoch(j["A"]) THEN <<>> ELSE <<Opened(book[i].epoch, "first")>>
            IN j' = [j EXCEPT !["A"] = @ \o opening \o <<Own(i)>>]
        /\ restored' = restored
  /\ UNCHANGED <<book, anchor, copies, out, ever, asnew, arrived, blind, restarts, drawn>>

\* An answer is signed, so a restored A opens its epoch first; it names A's head (R-SYNC-6).
GiveAnswer(m) ==
  /\ m.t = "challenge" /\ ~\E a \in ever \cup out["A"] : a.t = "answer" /\ a.nonce = m.nonce
  /\ \E o \in Openings("A") :
     LET after == j["A"] \o o IN
     Commit("A", o, <<>>, {Answer(m.nonce, Current(after), SeqOf(HeadOf(after, Current(after))))})
  /\ UNCHANGED <<book, anchor, copies, ever, asnew, arrived, blind, restarts>>

-----------------------------------------------------------------------------
(* B.                                                                      *)

KeptIn(journal, e) == {i \in Ids(journal, "kept") : book[i].epoch = e}
\* Two histories of one epoch, as Delivery.tla finds them; only a sender that forked gives any.
Contradict(i, k) ==
  /\ book[i].epoch = book[k].epoch /\ i # k
  /\ book[i].seq = book[k].seq \/ (book[i].seq + 1 = book[k].seq /\ book[k].prev # i)
\* The first notice of an epoch is accepted whatever prior head it names.
PriorMisfit(i) ==
  /\ Fault = "first-judged-by-prior-head" /\ book[i].seq = 1
  /\ \E k \in KeptIn(j["B"], book[i].prior) : book[k].seq > SeqOf(book[i].last)
Disputed ==
  LET all == Ids(j["B"], "kept") IN {i \in all : PriorMisfit(i) \/ \E k \in all : Contradict(i, k)}

\* Since the last restore that opened an epoch, and the answer to its challenge.
RestoredAt(journal) ==
  LET at == {n \in DOMAIN journal : journal[n].e = "epoch" /\ journal[n].why = "restored"} IN
  IF at = {} THEN 0 ELSE CHOOSE n \in at : \A k \in at : k <= n
Answers(journal) == {n \in DOMAIN journal : n > RestoredAt(journal) /\ journal[n].e = "synced"}

\* Epochs that come after e for certain: their openings name it, or one that comes after it.
RECURSIVE Follows(_, _)
Follows(x, e) ==
  LET first == {i \in DOMAIN book : book[i].epoch = x /\ book[i].seq = 1} IN
  IF first = {} THEN FALSE ELSE
  LET p == book[CHOOSE i \in first : TRUE].prior IN p = e \/ (p # <<0, 0>> /\ Follows(p, e))

\* A notice that cannot have been signed before the answer: beyond the head that it names.
Later(i, a) ==
  LET e == book[i].epoch IN
  \/ e = a.epoch /\ book[i].seq > a.seq
  \/ IF Fault = "mark-by-order" THEN e[1] > a.epoch[1] \/ (e[1] = a.epoch[1] /\ e[2] > a.epoch[2])
     ELSE Follows(e, a.epoch)

PerhapsSeen(i) ==
  \/ restored["B"]
  \/ /\ RestoredAt(j["B"]) # 0 /\ Fault # "mark-ends-at-restart"
     /\ ~\E n \in Answers(j["B"]) : Later(i, j["B"][n])

Receive(m) ==
  /\ Peer # "absent" /\ m.t = "notice" /\ m.id \notin Ids(j["B"], "kept")
  /\ arrived' = arrived \cup {m.id}
  /\ LET e == book[m.id].epoch
         newest == {book[k].epoch[1] : k \in Ids(j["B"], "kept")}
         dropped == Fault = "old-epoch-dropped" /\ \E n \in newest : n > e[1]
     IN IF dropped THEN UNCHANGED <<j, asnew>>
        ELSE /\ j' = [j EXCEPT !["B"] = Append(@, Kept(m.id))]
             /\ asnew' = [asnew EXCEPT ![m.id] = IF PerhapsSeen(m.id) THEN @ ELSE @ + 1]
  /\ UNCHANGED <<book, anchor, copies, restored, out, ever, blind, restarts, drawn>>

\* A receipt and an acknowledgement are alike here: one signal.
State(i) ==
  /\ Peer = "speaks" /\ i \in Ids(j["B"], "kept")
  /\ LET before == {x.signal : x \in {y \in Range(j["B"]) : y.e = "stated"}} IN
     /\ ~\E m \in before : m.id = i
     /\ \E o \in Openings("B") :
        LET e == Current(j["B"] \o o)
            r == Cardinality({m \in ever : m.t = "signal" /\ m.id = i /\ m.epoch = e})
            m == Signal(i, e, r)
        IN Commit("B", o, <<Stated(m)>>, {m})
  /\ UNCHANGED <<book, anchor, copies, ever, asnew, arrived, blind, restarts>>

\* What B's nonce asks for, it asks anew after each restore.
Nonce == IF RestoredAt(j["B"]) = 0 THEN 0 ELSE j["B"][RestoredAt(j["B"])].epoch[2]
Ask ==
  /\ \E o \in Openings("B") :
     LET after == j["B"] \o o
         nonce == Last(Epochs(after)).epoch[2]
     IN /\ RestoredAt(after) # 0 /\ Answers(after) = {}
        /\ Challenge(nonce) \notin ever \cup out["B"]
        /\ Commit("B", o, <<>>, {Challenge(nonce)})
  /\ UNCHANGED <<book, anchor, copies, ever, asnew, arrived, blind, restarts>>

TakeAnswer(m) ==
  /\ m.t = "answer" /\ ~restored["B"] /\ m.nonce = Nonce /\ Answers(j["B"]) = {}
  /\ j' = [j EXCEPT !["B"] = Append(@, Synced(m.epoch, m.seq))]
  /\ UNCHANGED <<book, anchor, copies, restored, out, ever, asnew, arrived, blind, restarts, drawn>>

-----------------------------------------------------------------------------
Next ==
  \/ \E p \in Side : Copy(p) \/ WriteAnchor(p) \/ Release(p) \/ Restart(p)
  \/ Submit \/ Handshake \/ Ask
  \/ \E i \in DOMAIN book : Repeat(i) \/ State(i)
  \/ \E m \in ever : TakeSignal(m) \/ TakeBack(m) \/ GiveAnswer(m) \/ Receive(m) \/ TakeAnswer(m)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
Released == {m.id : m \in {x \in ever : x.t = "notice"}}

\* No two different notices of an honest sender leave it under one (epoch, seq).
NoForkByHonest ==
  \A i, k \in Released : book[i].epoch = book[k].epoch /\ book[i].seq = book[k].seq => i = k

\* One signal's bytes for a notice in an epoch of its signer.
SignalOnce ==
  \A m, n \in {x \in ever : x.t = "signal"} : m.id = n.id /\ m.epoch = n.epoch => m = n

\* Unmarked once; a copy that the anchor cannot tell from the journal is no restore for anybody.
AtMostOnceAsNew == ~blind => \A i \in DOMAIN asnew : asnew[i] <= 1
AtMostOnceAsNewAlways == \A i \in DOMAIN asnew : asnew[i] <= 1

\* What arrived is kept, and thus shown, also of an epoch that is over.
NoneDroppedOldEpoch == arrived \subseteq Ids(j["B"], "kept")

\* A sender that keeps the rules is accused of nothing.
NoFalseFork == Disputed = {}

\* The system signs at most one id for a position, whether or not it leaves.
SealedOnceAlways ==
  \A i, k \in DOMAIN book : book[i].epoch = book[k].epoch /\ book[i].seq = book[k].seq => i = k

-----------------------------------------------------------------------------
(* Good ends, stated as if they could not be reached.                      *)

NeverSettledAfterBothRestored ==
  ~(/\ restarts["A"] > 0 /\ restarts["B"] > 0
    /\ \E i \in Ids(j["A"], "own") : book[i].epoch[1] > 1 /\ i \in Ids(j["A"], "fact")
    /\ \E n \in Answers(j["B"]) : TRUE)
NeverHandedBack == ~(\E i \in Ids(j["A"], "back") : i \in Ids(j["A"], "fact"))
NeverUnmarkedAgain ==
  ~(RestoredAt(j["B"]) # 0 /\ \E i \in Ids(j["B"], "kept") : asnew[i] = 1 /\ ~PerhapsSeen(i))
=============================================================================
