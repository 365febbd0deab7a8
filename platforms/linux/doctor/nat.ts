/**
 * What can be known of a NAT, or a firewall that keeps states, from the answers to probes (RFC 4787).
 *
 *   is there one        the home agent sees another address or port than ours
 *   port preservation   the port that it sees is ours                                          §4.2.1
 *   pooling             several sockets are seen at one address, or at several                  §4.1
 *   mapping             one socket asks two addresses, and is seen at one port, or at two       §4.1
 *   filtering           without a NAT: an answer goes to a socket that has sent nothing          §5
 *                       with one: to a socket that has sent to the other address only
 *
 * Address-dependent and address-and-port-dependent behaviour cannot be told apart, since a home agent has one port.
 */
import { type Answer, askAgain, type Prober } from "./prober.ts";
import type { NatResult, Way } from "./report.ts";

const TIMEOUT_MS = 700;
const TRIES = 3;
/** Sockets whose mappings are compared. */
const COMPARED = 4;

/**
 * @param known the answer to the first socket
 * @param spare the first of three sockets that have sent nothing yet
 */
export async function measureNat(prober: Prober, way: Way, known: Answer, spare: number): Promise<NatResult> {
  const ask = (socket: number, more = {}) =>
    askAgain(prober, { way, socket, ...more }, Math.max(TIMEOUT_MS, known.roundTripMs * 2), TRIES);
  const { destinations } = prober;
  if (known.seenAddress === undefined) return { present: undefined, addresses: [], destinations, unknown: [NO_PROBES] };
  const others = await Promise.all(Array.from({ length: COMPARED - 1 }, (_, index) => ask(index + 1)));
  const seen = [known, ...others];
  const addresses = [...new Set(seen.flatMap((answer) => answer?.seenAddress ?? []))];
  const preserved = seen.flatMap((answer, socket) =>
    (answer ? [answer.seenPort === prober.localPort(socket, way)] : []));
  const present = !prober.localAddresses(way).includes(known.seenAddress) || preserved.includes(false);
  const common = { present, addresses, destinations };
  if (!present) {
    const unsolicited = await ask(0, { answerPort: prober.localPort(spare, way) });
    return { ...common, filtering: unsolicited ? "endpoint-independent" : "depends on the destination", unknown: [] };
  }
  const pooling = addresses.length > 1 ? "arbitrary" : "paired";
  const kind = { ...common, portPreservation: !preserved.includes(false), pooling } as const;
  if (destinations < 2) return { ...kind, unknown: [ONE_DESTINATION] };
  const elsewhere = await ask(0, { destination: 1 });
  if (elsewhere === undefined) return { ...kind, unknown: [SILENT_DESTINATION] };
  const independent = elsewhere.seenPort === known.seenPort && elsewhere.seenAddress === known.seenAddress;
  const mapping = independent ? "endpoint-independent" : "depends on the destination";
  const opened = await ask(spare, { destination: 1 });
  if (!independent) return { ...kind, mapping, unknown: [NO_FILTERING] };
  if (opened === undefined) return { ...kind, mapping, unknown: [SILENT_DESTINATION] };
  const admitted = await ask(0, { answerPort: opened.seenPort });
  return { ...kind, mapping, filtering: admitted ? "endpoint-independent" : "depends on the destination", unknown: [] };
}

const NO_PROBES = "The home agent does not know probes, so it does not say how it sees this host.";
const ONE_DESTINATION =
  "Mapping and filtering behaviour (RFC 4787 §4.1, §5) cannot be known with one address of the home agent.";
const SILENT_DESTINATION =
  "Mapping and filtering behaviour (RFC 4787 §4.1, §5) is not known: the home agent does not answer at its second address.";
const NO_FILTERING = "Filtering behaviour (RFC 4787 §5) cannot be seen behind a mapping that depends on the destination.";
