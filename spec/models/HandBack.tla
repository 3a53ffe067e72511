------------------------------ MODULE HandBack ------------------------------
(***************************************************************************)
(* What a restored A lost comes back to it, whenever it reaches B.         *)
(* A's notice is on its way when A's journal is put back from a copy that  *)
(* does not hold it.  A asks with its nonce; B answers with what it has.   *)
(* The notice may reach B before the question, or after the answer, and    *)
(* the receipt that tells of it is sent once: A does not repeat what it    *)
(* does not know.  B may be restored as well, to before it had the notice, *)
(* which the link then carries again.                                      *)
(*                                                                         *)
(* The link loses anything; what it carries is a set, so it also repeats   *)
(* and reorders.  That the authority has not yet confirmed A's epoch is    *)
(* assumed: it ends the questions (R-RESTORE-7).                           *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Notices,      \* that A signed before it was restored
  MaxRestarts,  \* of B, to before all of them
  Fault         \* the rule that is left out, or "none"

VARIABLES
  flying,    \* notices on their way to B
  kept,      \* notices in B's journal
  back,      \* notices in A's journal
  link,      \* other messages on their way
  answered,  \* A has an answer to its question
  doubt,     \* A refused a receipt for what it does not know
  restarts

vars == <<flying, kept, back, link, answered, doubt, restarts>>

Question == <<"question", 0>>
Answer(held) == <<"answer", held>>
Receipt(i) == <<"receipt", i>>
Bytes(i) == <<"bytes", i>>

Init ==
  /\ flying = Notices /\ kept = {} /\ back = {}
  /\ link = {} /\ answered = FALSE /\ doubt = FALSE /\ restarts = 0

\* B keeps what arrives, whatever epoch it is of, and states a receipt once.
Arrive(i) ==
  /\ i \in flying /\ i \notin kept
  /\ kept' = kept \cup {i} /\ link' = link \cup {Receipt(i)}
  /\ UNCHANGED <<flying, back, answered, doubt, restarts>>

\* Until there is an answer; a day after it, and so on; and when B speaks of what A does not know.
Ask ==
  /\ answered /\ Fault = "asked-once" => doubt
  /\ link' = link \cup {Question} /\ doubt' = FALSE
  /\ UNCHANGED <<flying, kept, back, answered, restarts>>

\* B answers with what it has of A's, as it has it now.
Reply ==
  /\ Question \in link
  /\ link' = (link \ {Question}) \cup {Answer(kept)} \cup {Bytes(i) : i \in kept}
  /\ UNCHANGED <<flying, kept, back, answered, doubt, restarts>>

TakeAnswer ==
  /\ \E m \in link : m[1] = "answer" /\ link' = link \ {m}
  /\ answered' = TRUE
  /\ UNCHANGED <<flying, kept, back, doubt, restarts>>

TakeReceipt(i) ==
  /\ Receipt(i) \in link /\ link' = link \ {Receipt(i)}
  /\ doubt' = (doubt \/ i \notin back)
  /\ UNCHANGED <<flying, kept, back, answered, restarts>>

TakeBack(i) ==
  /\ Bytes(i) \in link /\ link' = link \ {Bytes(i)}
  /\ back' = back \cup {i}
  /\ UNCHANGED <<flying, kept, answered, doubt, restarts>>

Lose ==
  /\ \E m \in link : link' = link \ {m}
  /\ UNCHANGED <<flying, kept, back, answered, doubt, restarts>>

\* B's journal is put back; what was ever on its way may come again.
Restart ==
  /\ restarts < MaxRestarts /\ restarts' = restarts + 1 /\ kept' = {}
  /\ UNCHANGED <<flying, back, link, answered, doubt>>

Next ==
  \/ Ask \/ Reply \/ TakeAnswer \/ Lose \/ Restart
  \/ \E i \in Notices : Arrive(i) \/ TakeReceipt(i) \/ TakeBack(i)

\* What is sent again and again arrives at last; the machine does what is due. A receipt is
\* sent once, and may be lost for good.
Fair ==
  /\ WF_vars(Ask) /\ SF_vars(Reply) /\ SF_vars(TakeAnswer)
  /\ \A i \in Notices : SF_vars(TakeBack(i))

Spec == Init /\ [][Next]_vars /\ Fair

-----------------------------------------------------------------------------

TypeOK ==
  /\ flying \subseteq Notices /\ kept \subseteq Notices /\ back \subseteq Notices
  /\ restarts \in 0..MaxRestarts

\* Nothing comes back that B never had.
OnlyWhatWasKept == back \subseteq flying

\* A notice that B goes on holding comes back to A.
HeldComesBack == \A i \in Notices : <>[](i \in kept) => <>(i \in back)

NeverLate == ~(answered /\ link = {} /\ back = {} /\ kept # {})
=============================================================================
