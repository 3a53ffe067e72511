------------------------------- MODULE Relay -------------------------------
(***************************************************************************)
(* Notices of an author reach a recipient through a relay.  The relay is a *)
(* party of the channel: it has no keys but its own, passes on what it     *)
(* holds, or keeps it back, repeats it, and lets it overtake, and says by  *)
(* a dissemination that it passed it on.  It may also make up anything     *)
(* that its own keys sign, and put another's name to it.  There may be a   *)
(* direct link as well.                                                    *)
(*                                                                         *)
(* A link loses anything; what it carries is a set, so that it also        *)
(* repeats and reorders.  Bytes do not depend on their path.               *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Notices,  \* ids of the author's notices
  Direct,   \* whether author and recipient have a link of their own
  Lies,     \* what the relay signs itself, honest or not
  Passes,   \* whether the relay passes on at last what it gets again and again
  Fault     \* the rule that is left out, or "none"

VARIABLES
  said,   \* notices that the author signed
  link,   \* what is on its way: [what, notice, by, to]; `by` is who signed it, `to` where it arrives
  hands,  \* what the relay holds, of others and of its own
  came,   \* notices whose bytes reached the recipient
  shown,  \* how often the recipient showed each as new
  read,   \* notices that an officer of the recipient acknowledged
  home    \* signals that the author has, with their signers

vars == <<said, link, hands, came, shown, read, home>>

Whats == {"notice", "receipt", "acknowledgement", "dissemination"}
Parties == {"author", "relay", "recipient"}
Item(what, i, by) == [what |-> what, notice |-> i, by |-> by]
Packet(item, to) == [what |-> item.what, notice |-> item.notice, by |-> item.by, to |-> to]
\* Ways that lead from one party to another.
Ways(from, to) == {"relay"} \cup (IF Direct THEN {to} ELSE {})
Sent(items, from, to) == {Packet(item, way) : item \in items, way \in Ways(from, to)}

\* What ends the repetition to the recipient (R-RETRY-1): its own acknowledgement and its own receipt.
Settled(i) ==
  \/ /\ Item("receipt", i, "recipient") \in home
     /\ Item("acknowledgement", i, "recipient") \in home
  \/ Fault = "dissemination-settles" /\ Item("dissemination", i, "relay") \in home
  \/ /\ Fault = "relay-speaks-for-recipient"
     /\ \E by \in Parties : Item("receipt", i, by) \in home /\ Item("acknowledgement", i, by) \in home

Init ==
  /\ said = {} /\ link = {} /\ hands = {} /\ came = {} /\ read = {} /\ home = {}
  /\ shown = [i \in Notices |-> 0]

-----------------------------------------------------------------------------
(* The author.                                                             *)

Say(i) ==
  /\ i \notin said /\ said' = said \cup {i}
  /\ link' = link \cup Sent({Item("notice", i, "author")}, "author", "recipient")
  /\ UNCHANGED <<hands, came, shown, read, home>>

\* Identical bytes, until the recipient has given what it owes.
Repeat(i) ==
  /\ i \in said /\ ~Settled(i)
  /\ link' = link \cup Sent({Item("notice", i, "author")}, "author", "recipient")
  /\ UNCHANGED <<said, hands, came, shown, read, home>>

TakeSignal(m) ==
  /\ m \in link /\ m.to = "author" /\ link' = link \ {m}
  /\ home' = IF m.what = "notice" \/ m.notice \notin said THEN home
             ELSE home \cup {Item(m.what, m.notice, m.by)}
  /\ UNCHANGED <<said, hands, came, shown, read>>

-----------------------------------------------------------------------------
(* The relay.                                                              *)

RelayTakes(m) ==
  /\ m \in link /\ m.to = "relay" /\ link' = link \ {m}
  /\ hands' = hands \cup {Item(m.what, m.notice, m.by)}
  /\ UNCHANGED <<said, came, shown, read, home>>

\* The bytes as they came, as often as it likes; what else it hands over is refused for its addressee.
Routes(item) ==
  IF item.what = "notice" THEN {"recipient"}
  ELSE IF item.what = "dissemination" THEN {"author", "recipient"} ELSE {"author"}
PassOn(item, to) ==
  /\ item \in hands /\ to \in Routes(item)
  /\ link' = link \cup {Packet(item, to)}
  /\ UNCHANGED <<said, hands, came, shown, read, home>>

\* Its own signals about what it holds, honest or not; and a notice in the author's name, signed by itself.
MakeUp(what, i) ==
  /\ what # "notice" => Item("notice", i, "author") \in hands
  /\ hands' = hands \cup {Item(what, i, "relay")}
  /\ UNCHANGED <<said, link, came, shown, read, home>>

-----------------------------------------------------------------------------
(* The recipient.                                                          *)

Signals(i) == {Item("receipt", i, "recipient")}
              \cup (IF i \in read THEN {Item("acknowledgement", i, "recipient")} ELSE {})

\* Whose notice it is says its signature, and not its path; a duplicate draws what was stated, byte for byte.
TakeNotice(m) ==
  /\ m \in link /\ m.to = "recipient" /\ m.what = "notice"
  /\ LET authentic == m.by = "author" \/ Fault = "path-is-author"
         new == m.notice \notin came \/ Fault = "relayed-is-new"
     IN IF ~authentic
        THEN /\ link' = link \ {m} /\ UNCHANGED <<came, shown>>
        ELSE /\ link' = (link \ {m}) \cup Sent(Signals(m.notice), "recipient", "author")
             /\ came' = came \cup {m.notice}
             /\ shown' = IF new /\ shown[m.notice] < 2 THEN [shown EXCEPT ![m.notice] = @ + 1] ELSE shown
  /\ UNCHANGED <<said, hands, read, home>>

\* Signals are addressed to the author: at the recipient they are refused, and change nothing.
RefuseSignal(m) ==
  /\ m \in link /\ m.to = "recipient" /\ m.what # "notice" /\ link' = link \ {m}
  /\ shown' = IF Fault = "dissemination-shown" /\ m.what = "dissemination" /\ shown[m.notice] = 0
              THEN [shown EXCEPT ![m.notice] = 1] ELSE shown
  /\ UNCHANGED <<said, hands, came, read, home>>

Acknowledge(i) ==
  /\ i \in came \ read /\ read' = read \cup {i}
  /\ link' = link \cup Sent({Item("acknowledgement", i, "recipient")}, "recipient", "author")
  /\ UNCHANGED <<said, hands, came, shown, home>>

-----------------------------------------------------------------------------

Lose ==
  /\ \E m \in link : link' = link \ {m}
  /\ UNCHANGED <<said, hands, came, shown, read, home>>

Packets == [what : Whats, notice : Notices, by : Parties, to : Parties]
Honest(i) ==
  {Item("notice", i, "author"), Item("receipt", i, "recipient"), Item("acknowledgement", i, "recipient")}

Next ==
  \/ Lose
  \/ \E i \in Notices : Say(i) \/ Repeat(i) \/ Acknowledge(i) \/ \E what \in Lies : MakeUp(what, i)
  \/ \E m \in link : TakeSignal(m) \/ RelayTakes(m) \/ TakeNotice(m) \/ RefuseSignal(m)
  \/ \E item \in hands, to \in {"author", "recipient"} : PassOn(item, to)

\* What is sent again and again arrives at last, and people read what they are shown.
Arrives(item) ==
  /\ SF_vars(RelayTakes(Packet(item, "relay")))
  /\ IF item.what = "notice" THEN SF_vars(TakeNotice(Packet(item, "recipient")))
     ELSE SF_vars(TakeSignal(Packet(item, "author")))
  /\ Passes => \A to \in Routes(item) : WF_vars(PassOn(item, to))
Fair ==
  \A i \in Notices : WF_vars(Repeat(i)) /\ WF_vars(Acknowledge(i)) /\ \A item \in Honest(i) : Arrives(item)

Spec == Init /\ [][Next]_vars /\ Fair

-----------------------------------------------------------------------------

TypeOK ==
  /\ link \subseteq Packets /\ said \subseteq Notices /\ came \subseteq Notices /\ read \subseteq came

\* What is shown is what the author signed: the relay can neither make up nor change anything.
ShownIsSigned == \A i \in Notices : shown[i] > 0 => i \in said

\* On whatever paths it comes, it is shown as new once.
AtMostOnceAsNew == \A i \in Notices : shown[i] <= 1

\* A dissemination stands for no notice: what is shown has come.
ShownHasCome == \A i \in Notices : shown[i] > 0 => i \in came

\* Nor for the recipient's word: only what its officer read is settled.
SettledIsRead == \A i \in said : Settled(i) => i \in read

\* The recipient's own receipt and acknowledgement come home.
ComesHome ==
  \A i \in Notices :
    i \in said ~> {Item("receipt", i, "recipient"), Item("acknowledgement", i, "recipient")} \subseteq home

NeverAllSettled == ~(said = Notices /\ \A i \in Notices : Settled(i) /\ Item("dissemination", i, "relay") \in home)
=============================================================================
