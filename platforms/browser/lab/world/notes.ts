/** Events of the cores as sentences; those that say nothing to a person are left out. */
import type { CoreEvent } from "../../../../bindings/events.ts";
import { encapsulationText, obstacleText } from "../../../../bindings/path-names.ts";
import type { UplinkStatus } from "../../../../bindings/status.ts";
import type { Note } from "../contract.ts";

type Encapsulation = UplinkStatus["encapsulation"];
type Obstacle = UplinkStatus["paths"][Encapsulation];
type Sentence = (fields: CoreEvent["fields"]) => string | undefined;
type Weight = Note["weight"];

const seconds = (value: unknown) => `${String(value)} s`;

const SENTENCES: Partial<Readonly<Record<CoreEvent["name"], readonly [Weight, Sentence]>>> = {
  CareofFormed: ["ordinary", ({ careofAddress }) => `has the care-of address ${careofAddress}`],
  CareofDuplicate: ["important", ({ careofAddress }) => `finds that somebody else has ${careofAddress}`],
  CareofLost: ["ordinary", ({ careofAddress }) => `loses the care-of address ${careofAddress}`],
  Ipv4Uplink: ["ordinary", ({ address }) => (address === "::" ? "has no IPv4 address any more" : `has the IPv4 address ${address}`)],
  RouterLost: ["ordinary", ({ router }) => `no longer hears the router ${router}`],
  BindingUpdateSent: ["ordinary", ({ sequence, lifetimeS, transmission }) =>
    `sends Binding Update ${sequence}${Number(transmission) > 1 ? ` once more (${transmission})` : ""}, ` +
    (lifetimeS === 0 ? "to deregister" : `lifetime ${seconds(lifetimeS)}`)],
  BindingAcknowledged: ["ordinary", ({ sequence, status, meaning, lifetimeS }) =>
    Number(status) >= 128 ? `hears that Binding Update ${sequence} was refused: ${meaning}`
      : lifetimeS === 0 ? `hears that its binding is deleted (Binding Update ${sequence})`
      : `hears that Binding Update ${sequence} was accepted for ${seconds(lifetimeS)}`],
  BindingExpired: ["important", ({ homeAddress }) => `let the binding of ${homeAddress} expire`],
  RegistrationState: ["important", ({ state, before }) => registrationSentence(String(state), String(before))],
  BindingAccepted: ["important", ({ homeAddress, careofAddress, change }) =>
    change === "refreshed" ? undefined : `binds ${homeAddress} to ${careofAddress}${change === "moved" ? ", where it has moved" : ""}`],
  BindingRefused: ["important", ({ homeAddress, meaning, reason }) => `refuses to bind ${homeAddress}: ${meaning} (${reason})`],
  BindingEnded: ["important", ({ homeAddress, why }) => `forgets the binding of ${homeAddress}: ${why}`],
  RefreshRequested: ["ordinary", ({ homeAddress }) => `is asked to refresh the binding of ${homeAddress}`],
  PathMtu: ["ordinary", ({ peer, octets }) => `learns that ${octets} octets are the most on the way to ${peer}`],
  PeerUnreachable: ["ordinary", ({ peer, meaning }) => `hears about ${peer}: ${meaning}`],
  BindingError: ["important", ({ source }) => `hears from ${source} that there is no binding`],
  PeerState: ["ordinary", ({ peer, state }) => peerSentence(String(peer), String(state))],
  HomeReached: ["important", () => "finds itself on its home link"],
  HomeLeft: ["important", () => "has left its home link"],
  PathChosen: ["important", ({ encapsulation, before, obstacle }) => {
    if (encapsulation === before) return undefined;
    const why = obstacleText(obstacle as Obstacle, before as Encapsulation);
    return `sends by ${encapsulationText(encapsulation as Encapsulation)}${why === undefined ? "" : `: ${why}`}`;
  }],
  NatDetected: ["important", ({ nat, keepaliveS }) =>
    nat ? `is behind a NAT, which is to hear of it every ${seconds(keepaliveS)} at least` : "is behind no NAT"],
  MappingChanged: ["important", ({ homeAddress, port, silenceS, adviceS }) =>
    `sees that the NAT of ${homeAddress} gave it port ${port} after ${seconds(silenceS)} of silence, and advises ${seconds(adviceS)}`],
  Ipv4HomeAddress: ["ordinary", ({ ipv4HomeAddress, meaning }) =>
    ipv4HomeAddress === "::" ? `has no IPv4 home address: ${meaning}` : `has the IPv4 home address ${ipv4HomeAddress}`],
  HomeAddressDuplicate: ["important", ({ homeAddress }) => `may not use ${homeAddress}: somebody else has it`],
};

/** What an event tells a person; undefined: nothing. */
export function noteOf(event: CoreEvent): Pick<Note, "text" | "weight"> | undefined {
  const [weight, sentence] = SENTENCES[event.name] ?? [];
  const text = sentence?.(event.fields);
  return text === undefined ? undefined : { text, weight: weight! };
}

function registrationSentence(state: string, before: string): string | undefined {
  switch (state) {
    case "Registered": return before === "Registered" || before === "Updating" ? undefined : "is registered";
    case "Registering": return "registers its care-of address";
    case "Refused": return "was refused, and tries again later";
    case "AtHome": return "is at home: no tunnel, no binding";
    case "Duplicate": return "may not use its home address";
    case "Idle": return "has no care-of address to register";
    default: return undefined;
  }
}

function peerSentence(peer: string, state: string): string | undefined {
  switch (state) {
    case "Testing": return `tests the direct way to ${peer}`;
    case "Optimised": return `takes the direct way to ${peer}`;
    case "Tunnelled": return `sends to ${peer} through the home agent`;
    case "Refused": return `${peer} does not take the direct way`;
    default: return undefined;
  }
}
