/**
 * The path MTU of a way: the largest packet that goes to the home agent and comes back, found by halving. Packets
 * are not fragmented on their way; errors of routers (RFC 8201, RFC 1191) are not needed and not believed.
 */
import { type Answer, askAgain, type Prober } from "./prober.ts";
import type { Way } from "./report.ts";

/** What every link carries: RFC 8200 §5, and for IPv4 what hosts must take (RFC 791 §3.1). */
const LEAST: Readonly<Record<Way, number>> = { Ipv6: 1280, UdpIpv6: 1280, Ipv4: 576, UdpIpv4: 576 };
/** A size counts as too large when so many of it are lost. */
const TRIES = 2;

/** @param known an answer that came by this way: its round trip says how long to wait */
export async function measurePathMtu(
  prober: Prober, way: Way, linkMtu: number, known: Answer,
): Promise<number | undefined> {
  const timeoutMs = Math.max(250, known.roundTripMs * 3);
  const passes = async (bytes: number) =>
    (await askAgain(prober, { way, bytes }, timeoutMs, TRIES)) !== undefined;
  if (await passes(linkMtu)) return linkMtu;
  let passed = LEAST[way];
  if (linkMtu <= passed || !(await passes(passed))) return undefined;
  let lost = linkMtu;
  while (lost - passed > 1) {
    const bytes = (passed + lost) >> 1;
    if (await passes(bytes)) passed = bytes;
    else lost = bytes;
  }
  return passed;
}
