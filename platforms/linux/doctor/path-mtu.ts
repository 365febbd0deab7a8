/**
 * The path MTU of a way: the largest packet that goes to the home agent and comes back, found by halving. Packets
 * are not fragmented on their way. Errors of routers (RFC 8201, RFC 1191) are not needed; what the kernels of both ends
 * have learnt by them within the last minutes counts, as it does for the daemons.
 */
import { type Answer, askAgain, type Prober } from "./prober.ts";
import type { Way } from "./report.ts";

/** What every link carries: RFC 8200 §5, and for IPv4 about what hosts must take (RFC 791 §3.1). */
const LEAST: Readonly<Record<Way, number>> = { Ipv6: 1280, UdpIpv6: 1280, Ipv4: 572, UdpIpv4: 572 };
/** Mobility Headers are so many octets, times a number; the headers in front of them leave this rest. */
const STEP = 8;
const REST: Readonly<Record<Way, number>> = { Ipv6: 0, UdpIpv6: 0, Ipv4: 4, UdpIpv4: 4 };
/** A Mobility Header has no room for more (RFC 6275 §6.1.1). */
const MOST = 2048;
/** A size counts as too large when so many of it are lost. */
const TRIES = 2;

/**
 * Octets of IP packets: of a path that takes what the interface takes, the interface's MTU, else what passed.
 * Undefined: not even the least that every path must carry passes.
 * @param known an answer that came by this way: its round trip says how long to wait
 */
export async function measurePathMtu(
  prober: Prober, way: Way, linkMtu: number, known: Answer,
): Promise<number | undefined> {
  const timeoutMs = Math.max(250, known.roundTripMs * 3);
  const passes = async (bytes: number) =>
    (await askAgain(prober, { way, bytes }, timeoutMs, TRIES)) !== undefined;
  const possible = (bytes: number) => bytes - (((bytes - REST[way]) % STEP) + STEP) % STEP;
  const largest = possible(Math.min(linkMtu, MOST));
  if (await passes(largest)) return linkMtu > MOST ? largest : linkMtu;
  let passed = LEAST[way];
  if (largest <= passed || !(await passes(passed))) return undefined;
  let lost = largest;
  while (lost - passed > STEP) {
    const bytes = possible((passed + lost) >> 1);
    if (await passes(bytes)) passed = bytes;
    else lost = bytes;
  }
  return passed;
}
