------------------------------ MODULE Mandates ------------------------------
(***************************************************************************)
(* How a dispute ends.  A thief signs with stolen keys of a party, in the  *)
(* epochs of that time.  The party's authority answers with a mandate of   *)
(* new keys that names the last notice that stands; the party goes on in   *)
(* a new epoch.  Its journal may have been put back before that, so that   *)
(* it names less than it once said, or after it, so that its machine       *)
(* signs under a mandate that is replaced.  Mandates and notices reach a   *)
(* receiver in any order, any number of times.                             *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  MaxNotices,   \* notices, of the party and the thief together
  MaxMandates,  \* versions
  Fault         \* the rule that is left out, or "none"

VARIABLES
  book,      \* sequence of [epoch, seq, prev, version, by, late]; the index is the id, prev 0 the genesis;
             \* late: signed under a mandate that a compromise had replaced
  mandates,  \* sequence of [reason, stands]; stands[e]: last notice of epoch e that stands, 0 for none
  epoch,     \* the party's epoch
  listed,    \* the version that the party's machine signs under
  own,       \* ids that its journal holds
  restored,  \* whether it was put back
  known,     \* receiver: ids kept
  held,      \* receiver: highest version held, all before it too
  marked,    \* receiver: ids that it told its officers are disowned
  disputed   \* receiver: places, as <<epoch, seq>>, that it takes for contradicted

party == <<mandates, epoch, listed, own, restored>>
receiver == <<known, held, marked, disputed>>
vars == <<book, party, receiver>>

Epochs == 1..(MaxMandates + 1)
SeqOf(i) == IF i = 0 THEN 0 ELSE book[i].seq
HeadOf(S, e) ==
  LET mine == {i \in S : book[i].epoch = e} IN
  IF mine = {} THEN 0 ELSE CHOOSE i \in mine : \A k \in mine : book[k].seq <= book[i].seq
RECURSIVE Past(_)
Past(i) == IF i = 0 THEN {} ELSE {i} \cup Past(book[i].prev)

Init ==
  /\ book = <<>> /\ mandates = <<[reason |-> "initial", stands |-> [e \in Epochs |-> 0]]>>
  /\ epoch = 1 /\ listed = 1 /\ own = {} /\ restored = FALSE
  /\ known = {} /\ held = 1 /\ marked = {} /\ disputed = {}

\* Keys of the versions before the last compromise are stolen; of the first, while there was none.
Ending == {v \in DOMAIN mandates : mandates[v].reason = "compromise"}
Stolen == IF Ending = {} THEN DOMAIN mandates ELSE {v \in DOMAIN mandates : \E u \in Ending : v < u}

-----------------------------------------------------------------------------
(* The party and its thief.                                                *)

Write ==
  /\ Len(book) < MaxNotices
  /\ LET head == HeadOf(own, epoch) IN
     book' = Append(book, [epoch |-> epoch, seq |-> SeqOf(head) + 1, prev |-> head, version |-> listed,
                           by |-> "party", late |-> \E v \in Ending : listed < v])
  /\ own' = own \cup {Len(book) + 1}
  /\ UNCHANGED <<mandates, epoch, listed, restored, receiver>>

Steal ==
  /\ Len(book) < MaxNotices
  /\ \E v \in Stolen, e \in 1..epoch, p \in {0} \cup DOMAIN book :
     /\ p # 0 => book[p].epoch = e
     /\ book' = Append(book, [epoch |-> e, seq |-> SeqOf(p) + 1, prev |-> p, version |-> v,
                              by |-> "thief", late |-> FALSE])
  /\ UNCHANGED <<party, receiver>>

\* A copy without the last own notice, or without the newest mandates; what is signed next has a new epoch.
PutBack ==
  /\ ~restored /\ epoch < MaxMandates
  /\ own # {} \/ listed > 1
  /\ restored' = TRUE /\ own' = own \ {HeadOf(own, epoch)} /\ epoch' = epoch + 1
  /\ listed' \in 1..listed
  /\ UNCHANGED <<book, mandates, receiver>>

\* The machine is given the newest mandate again; what an older one let it open ends with it.
Learn ==
  /\ listed < Len(mandates) /\ listed' = Len(mandates)
  /\ epoch' = IF \E v \in Ending : listed < v THEN epoch + 1 ELSE epoch
  /\ epoch' \in Epochs
  /\ UNCHANGED <<book, mandates, own, restored, receiver>>

\* The authority looks into the journal: what it holds stands, of every epoch; the next epoch begins.
Appoint(reason) ==
  /\ Len(mandates) < MaxMandates /\ listed = Len(mandates)
  /\ mandates' = Append(mandates, [reason |-> reason, stands |-> [e \in Epochs |-> HeadOf(own, e)]])
  /\ listed' = Len(mandates')
  /\ epoch' = IF reason = "routine" THEN epoch ELSE epoch + 1
  /\ epoch' \in Epochs
  /\ UNCHANGED <<book, own, restored, receiver>>

-----------------------------------------------------------------------------
(* The receiver.                                                           *)

\* The first notice of a history, from its last one downwards, that is not among those known; 0 if all are.
RECURSIVE Lacking(_, _)
Lacking(i, S) == IF i = 0 \/ i \notin S THEN i ELSE Lacking(book[i].prev, S)

\* Outside what stands by a mandate that ends a compromise (R-MAND-15), as far as the notices of S show what
\* stands (R-MAND-24): signed under an earlier version, and no part of the history that it names; or under its own
\* keys or later ones, in an epoch that it ended.
Outside(i, v, S) ==
  LET last == mandates[v].stands[book[i].epoch]
      lowest == Lacking(last, S)
  IN /\ mandates[v].reason = "compromise" /\ (book[i].version < v \/ last # 0)
     \* An epoch of which nothing is named has nothing that stands.
     /\ Fault = "unnamed-epoch-stands" => last # 0
     /\ IF Fault = "stands-by-position" THEN book[i].seq > SeqOf(last)
        ELSE /\ i \notin Past(last)
             /\ book[i].version >= v \/ book[i].seq > SeqOf(last) \/ book[i].seq >= SeqOf(lowest)
Disowned(i, version, S) == \E v \in 1..version : Outside(i, v, S)

Place(i) == <<book[i].epoch, book[i].seq>>
\* Places of two notices that both may stand.
Contradicted(S) == {Place(i) : i \in {k \in S : \E l \in S : l # k /\ Place(l) = Place(k)}}

\* A notice under a version not held is refused; the next sync brings the mandate (R-PAY-1).
Receive(i) ==
  /\ i \notin known /\ book[i].version <= held
  /\ LET now == known \cup {i}
         outside == {k \in now : Disowned(k, held, now)}
     IN /\ known' = now
        /\ marked' = IF Fault = "late-stolen-notice" THEN marked ELSE marked \cup outside
        /\ disputed' =
             IF Fault = "disowned-contradicts" /\ i \notin marked' /\ \E k \in known : Place(k) = Place(i)
             THEN disputed \cup {Place(i)}
             ELSE (disputed \cup {Place(i)}) \cap Contradicted(now \ marked')
  /\ UNCHANGED <<book, party, held>>

\* Versions come without holes (R-MAND-5); what falls outside is told with an event of its own.
TakeMandate(v) ==
  /\ v \in DOMAIN mandates /\ v > held /\ (v = held + 1 \/ Fault = "mandate-gap")
  /\ held' = v
  /\ marked' = IF Fault = "known-not-marked" THEN marked
               ELSE marked \cup {i \in known : Outside(i, v, known)
                                               \/ (Fault # "mandate-gap" /\ Disowned(i, v, known))}
  /\ disputed' = IF Fault = "disowned-contradicts" THEN disputed
                 ELSE disputed \cap Contradicted(known \ marked')
  /\ UNCHANGED <<book, party, known>>

Next ==
  \/ Write \/ Steal \/ PutBack \/ Learn \/ Appoint("routine") \/ Appoint("compromise")
  \/ \E i \in DOMAIN book : Receive(i)
  \/ \E v \in 1..MaxMandates : TakeMandate(v)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* What the receiver told is a function of what it holds, in whatever order that came.
OrderDecidesNothing == marked = {i \in known : Disowned(i, held, known)}

\* And so is what it takes for contradicted: a place of two notices of which neither is disowned.
DisputesAreEvidence == disputed = Contradicted(known \ marked)

\* Once the receiver holds the mandate that ends a theft, and what stands, no notice of the thief counts.
NothingStolenCounts ==
  \A i \in known : book[i].by = "thief"
    /\ (\E v \in Ending : v <= held /\ book[i].version < v /\ Past(mandates[v].stands[book[i].epoch]) \subseteq known)
    => i \in marked

\* Then nothing that stands is disputed any more.
TheftLeavesNoDispute ==
  \A v \in Ending : v = held /\ (\A e \in Epochs : Past(mandates[v].stands[e]) \subseteq known)
    => \A i \in known \ marked : book[i].version < v => Place(i) \notin disputed

\* What the party said and its journal holds is never disowned, unless its machine had forgotten the mandate.
NothingOwnDisowned == \A i \in marked : i \notin own \/ book[i].late

\* Two histories that both count: never.
Counts(i) == i \in known \ marked /\ Place(i) \notin disputed
OneHistoryCounts == \A i, k \in known : Counts(i) /\ Counts(k) /\ Place(i) = Place(k) => i = k

\* Also what is said under a forgotten mandate is disowned: it is said anew.
NothingLateDisowned == \A i \in marked : ~book[i].late

\* Also what a restored party no longer knows that it said is disowned: the authority cannot tell it.
NothingSaidDisowned == \A i \in marked : book[i].by = "thief"

NeverEnded ==
  ~(\E i \in marked, k \in known \ marked : book[i].seq = book[k].seq /\ book[i].epoch = book[k].epoch)
=============================================================================
