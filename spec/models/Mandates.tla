------------------------------ MODULE Mandates ------------------------------
(***************************************************************************)
(* How a dispute ends.  A thief signs with stolen keys of a party, in the  *)
(* epochs of that time.  The party's authority answers with a mandate of   *)
(* new keys that names the last notice that stands; the party goes on in   *)
(* a new epoch.  Its journal may have been put back before that, so that   *)
(* it names less than it once said.  Mandates and notices reach a          *)
(* receiver in any order, any number of times.                             *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  MaxNotices,   \* notices, of the party and the thief together
  MaxMandates,  \* versions
  Fault         \* the rule that is left out, or "none"

VARIABLES
  book,      \* sequence of [epoch, seq, prev, version, by]; the index is the id, prev 0 the genesis
  mandates,  \* sequence of [reason, stands]; stands[e]: last notice of epoch e that stands, 0 for none
  epoch,     \* the party's epoch
  own,       \* ids that its journal holds
  restored,  \* whether it was put back
  known,     \* receiver: ids kept
  held,      \* receiver: highest version held, all before it too
  marked     \* receiver: ids that it told its officers are disowned

vars == <<book, mandates, epoch, own, restored, known, held, marked>>

Epochs == 1..(MaxMandates + 1)
SeqOf(i) == IF i = 0 THEN 0 ELSE book[i].seq
HeadOf(S, e) ==
  LET mine == {i \in S : book[i].epoch = e} IN
  IF mine = {} THEN 0 ELSE CHOOSE i \in mine : \A k \in mine : book[k].seq <= book[i].seq
RECURSIVE Past(_)
Past(i) == IF i = 0 THEN {} ELSE {i} \cup Past(book[i].prev)

Init ==
  /\ book = <<>> /\ mandates = <<[reason |-> "initial", stands |-> [e \in Epochs |-> 0]]>>
  /\ epoch = 1 /\ own = {} /\ restored = FALSE /\ known = {} /\ held = 1 /\ marked = {}

-----------------------------------------------------------------------------
(* The party and its thief.                                                *)

Write ==
  /\ Len(book) < MaxNotices
  /\ LET head == HeadOf(own, epoch) IN
     book' = Append(book, [epoch |-> epoch, seq |-> SeqOf(head) + 1, prev |-> head,
                           version |-> Len(mandates), by |-> "party"])
  /\ own' = own \cup {Len(book) + 1}
  /\ UNCHANGED <<mandates, epoch, restored, known, held, marked>>

\* Keys of the versions before the last compromise are stolen; of the first, while there was none.
Ending == {v \in DOMAIN mandates : mandates[v].reason = "compromise"}
Stolen == IF Ending = {} THEN DOMAIN mandates ELSE {v \in DOMAIN mandates : \E u \in Ending : v < u}
Steal ==
  /\ Len(book) < MaxNotices
  /\ \E v \in Stolen, e \in 1..epoch, p \in {0} \cup DOMAIN book :
     /\ p # 0 => book[p].epoch = e
     /\ book' = Append(book, [epoch |-> e, seq |-> SeqOf(p) + 1, prev |-> p, version |-> v, by |-> "thief"])
  /\ UNCHANGED <<mandates, epoch, own, restored, known, held, marked>>

\* A copy without the last own notice; what is signed next has a new epoch.
PutBack ==
  /\ ~restored /\ own # {} /\ epoch < MaxMandates
  /\ restored' = TRUE /\ own' = own \ {HeadOf(own, epoch)} /\ epoch' = epoch + 1
  /\ UNCHANGED <<book, mandates, known, held, marked>>

\* The authority looks into the journal: what it holds stands, of every epoch; the next epoch begins.
Appoint(reason) ==
  /\ Len(mandates) < MaxMandates
  /\ mandates' = Append(mandates, [reason |-> reason, stands |-> [e \in Epochs |-> HeadOf(own, e)]])
  /\ epoch' = IF reason = "routine" THEN epoch ELSE epoch + 1
  /\ UNCHANGED <<book, own, restored, known, held, marked>>

-----------------------------------------------------------------------------
(* The receiver.                                                           *)

\* Outside what stands by a mandate that ends a compromise (R-MAND-15): signed under an earlier version, in no
\* history that it names.
Outside(i, v) ==
  /\ mandates[v].reason = "compromise" /\ book[i].version < v
  \* An epoch of which nothing is named has nothing that stands.
  /\ Fault = "unnamed-epoch-stands" => mandates[v].stands[book[i].epoch] # 0
  /\ IF Fault = "stands-by-position" THEN book[i].seq > SeqOf(mandates[v].stands[book[i].epoch])
     ELSE i \notin Past(mandates[v].stands[book[i].epoch])
Disowned(i, version) == \E v \in 1..version : Outside(i, v)

\* A notice under a version not held is refused; the next sync brings the mandate (R-PAY-1).
Receive(i) ==
  /\ i \notin known /\ book[i].version <= held
  /\ known' = known \cup {i}
  /\ marked' = IF Disowned(i, held) /\ Fault # "late-stolen-notice" THEN marked \cup {i} ELSE marked
  /\ UNCHANGED <<book, mandates, epoch, own, restored, held>>

\* Versions come without holes (R-MAND-5); what falls outside is told with an event of its own.
TakeMandate(v) ==
  /\ v \in DOMAIN mandates /\ v > held /\ (v = held + 1 \/ Fault = "mandate-gap")
  /\ held' = v
  /\ marked' = IF Fault = "known-not-marked" THEN marked
               ELSE marked \cup {i \in known : Outside(i, v) \/ (Fault # "mandate-gap" /\ Disowned(i, v))}
  /\ UNCHANGED <<book, mandates, epoch, own, restored, known>>

Next ==
  \/ Write \/ Steal \/ PutBack \/ Appoint("routine") \/ Appoint("compromise")
  \/ \E i \in DOMAIN book : Receive(i)
  \/ \E v \in 1..MaxMandates : TakeMandate(v)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* What the receiver told is a function of what it holds, in whatever order that came.
OrderDecidesNothing == marked = {i \in known : Disowned(i, held)}

\* Once the receiver holds the mandate that ends a theft, no notice of the thief counts.
NothingStolenCounts ==
  \A i \in known : book[i].by = "thief" /\ (\E v \in Ending : v <= held /\ book[i].version < v) => i \in marked

\* What the party said and its journal holds is never disowned.
NothingOwnDisowned == \A i \in marked : i \notin own

\* Two histories that both count: never, once the theft is answered.
Counts(i) == i \in known \ marked
OneHistoryCounts ==
  (\E v \in Ending : v = held) =>
    \A i, k \in known : Counts(i) /\ Counts(k) /\ book[i].epoch = book[k].epoch /\ book[i].seq = book[k].seq
                          /\ book[i].version < held /\ book[k].version < held => i = k

\* Also what a restored party no longer knows that it said is disowned: the authority cannot tell it.
NothingSaidDisowned == \A i \in marked : book[i].by = "thief"

NeverEnded ==
  ~(\E i \in marked, k \in known \ marked : book[i].seq = book[k].seq /\ book[i].epoch = book[k].epoch)
=============================================================================
