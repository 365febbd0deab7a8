/** IPv6 packets of the captures of others. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readCapture } from "../../bindings/pcapng.ts";

/** As large as a slot of both subjects. */
const MAX_BYTES = 2048;

/** The IPv6 packets of all captures below a folder that are whole enough to be given to somebody. */
export function capturedPackets(folder: string): Uint8Array[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".pcap"));
  return files.flatMap((file) => [...readCapture(readFileSync(join(folder, file)))].map(({ octets }) => ipv6In(octets)))
    .filter((packet): packet is Uint8Array => packet !== undefined && packet.length >= 40 && packet.length <= MAX_BYTES);
}

/** The IPv6 packet of a captured frame: raw, or behind an Ethernet header. */
function ipv6In(octets: Uint8Array): Uint8Array | undefined {
  for (const at of [0, 14, 18]) {
    const isThere = at === 0 || (octets[at - 2] === 0x86 && octets[at - 1] === 0xdd);
    if (isThere && octets[at] >> 4 === 6) return octets.slice(at);
  }
  return undefined;
}
