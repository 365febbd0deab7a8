import { describe, expect, it } from "vitest";
import { NextHeader } from "../../core-as/abi/codes.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { formatAnyAddress, parseAnyAddress } from "../../bindings/address.ts";
import { ACCESS, CAREOF, EPOCH, HOME_ADDRESS, HOME_AGENT, type Node, hex } from "./harness.ts";
import { AGENT_IPV4, NAT, NAT_PORT, PUBLIC, askByIpv6, askByUdp, dualStackAgent } from "./messages-ipv4.ts";
import { ntp } from "./messages.ts";
import { codec } from "./network.ts";

const NONCE = "0102030405060708";

interface ProbeOptions { source?: string; home?: string | null; bytes?: number; answerPort?: number; kind?: number; magic?: string }

/** A probe to the home agent; its checksum is the codec's. */
function probe({ source = CAREOF, home = HOME_ADDRESS, bytes = 48, answerPort = 0, kind = 1, magic = "6d657874" }: ProbeOptions = {}): Uint8Array {
  const data = new Uint8Array(bytes - 6);
  data.set(Buffer.from(`${kind.toString(16).padStart(2, "0")}00${magic}${answerPort.toString(16).padStart(4, "0")}0000${NONCE}`, "hex"));
  return codec.encode([
    { name: "ipv6", fields: { source, destination: HOME_AGENT, hopLimit: 64 } },
    ...(home === null ? [] : [{ name: "destination-options", options: [{ name: "home-address", fields: { address: home } }] }]),
    { name: "experimental-mobility-message", fields: { data } },
  ]);
}

/** What an answer says. */
function read(packet: Uint8Array) {
  const layers = codec.dissect(packet);
  const message = layers.find(({ name }) => name === "experimental-mobility-message");
  if (!message) return { layers: layers.map(({ name }) => name) };
  const octets = packet.subarray(message.offset);
  return {
    source: formatAnyAddress(packet.subarray(8, 24)), destination: formatAnyAddress(packet.subarray(24, 40)), kind: octets[6],
    nonce: hex(octets.subarray(16, 24)), seen: formatAnyAddress(octets.subarray(32, 48)),
    seenPort: octets[14] * 256 + octets[15], seconds: BigInt(`0x${hex(octets.subarray(24, 28))}`),
    problems: layers.flatMap(({ problem }) => (problem ? [problem] : [])), bytes: packet.length,
  };
}

const SECONDS = ntp(EPOCH + 1000) >> 32n;

function askByDatagram(agent: Node, options: ProbeOptions = {}, from = NAT, port = NAT_PORT) {
  agent.datagrams = [];
  const payload = probe({ source: HOME_ADDRESS, home: null, ...options });
  agent.engine.receiveDatagrams(agent.now, ACCESS, payload, { address: parseAnyAddress(from), port });
  return agent.datagrams;
}

describe("a probe", () => {
  it("by IPv6 is answered by IPv6, as long as it is", () => {
    const agent = dualStackAgent();
    for (const bytes of [48, 1432]) {
      const request = probe({ bytes });
      agent.receive(ACCESS, request);
      const [{ device, packet }] = agent.take();
      expect(read(packet)).toEqual({
        source: HOME_AGENT, destination: CAREOF, kind: 2, nonce: NONCE, seen: CAREOF, seenPort: 0, seconds: SECONDS, problems: [],
        bytes: request.length,
      });
      expect(device).toBe(ACCESS);
      const routing = codec.dissect(packet).find(({ name }) => name.startsWith("routing"))!;
      expect(routing.fields.find(({ name }) => name === "homeAddress")!.value).toBe(HOME_ADDRESS);
    }
  });

  it("by UDP is answered to where it came from, or to the port that it names", () => {
    const agent = dualStackAgent();
    const [first] = askByDatagram(agent);
    expect([formatAnyAddress(first.address), first.port]).toEqual([NAT, NAT_PORT]);
    expect(read(first.payload)).toMatchObject({ destination: HOME_ADDRESS, seen: NAT, seenPort: NAT_PORT, kind: 2, problems: [], bytes: 88 });
    const [second] = askByDatagram(agent, { answerPort: 7777 });
    expect([formatAnyAddress(second.address), second.port]).toEqual([NAT, 7777]);
    expect(read(second.payload)).toMatchObject({ seen: NAT, seenPort: NAT_PORT });
    // Afterwards all goes on as it was.
    expect(askByUdp(agent)).toMatchObject({ status: 0, to: NAT, port: NAT_PORT });
  });

  it("through the tunnel is answered through the tunnel", () => {
    const agent = dualStackAgent();
    const inner = probe({ source: HOME_ADDRESS, home: null });
    askByIpv6(agent);
    agent.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source: CAREOF, destination: HOME_AGENT, nextHeader: NextHeader.Ipv6 } }, { name: "payload", fields: { data: inner } },
    ]));
    const [native] = agent.take();
    expect(formatAnyAddress(native.packet.subarray(24, 40))).toBe(CAREOF);
    expect(read(native.packet.subarray(40))).toMatchObject({ destination: HOME_ADDRESS, seen: CAREOF, kind: 2, problems: [] });

    askByUdp(agent, { from: PUBLIC, claimed: PUBLIC });
    agent.receive(ACCESS, codec.encode([
      { name: "ipv4", fields: { source: PUBLIC, destination: AGENT_IPV4, protocol: NextHeader.Ipv6 } }, { name: "payload", fields: { data: inner } },
    ]));
    const [plain] = agent.take();
    expect(plain.packet.subarray(16, 20).join(".")).toBe(PUBLIC);
    expect(read(plain.packet.subarray(20))).toMatchObject({ destination: HOME_ADDRESS, seen: PUBLIC, seenPort: 0, kind: 2, problems: [] });
  });

  it("is answered for the home agent's own mobile nodes alone, and only a question", () => {
    const agent = dualStackAgent();
    agent.receive(ACCESS, probe({ home: "2001:db8:100::99" }));
    agent.receive(ACCESS, probe({ home: "2001:db8:999::1" }));
    agent.receive(ACCESS, probe({ kind: 2 }));
    agent.receive(ACCESS, probe({ kind: 9 }));
    expect(agent.take()).toEqual([]);
    expect(agent.refused(Reason.ProbeRefused)).toBe(4);
  });

  it("is answered within a limit", () => {
    const agent = dualStackAgent();
    for (let index = 0; index < 500; index++) agent.receive(ACCESS, probe());
    expect(agent.take()).toHaveLength(100);
    expect(agent.refused(Reason.ProbeRefused)).toBe(400);
    agent.advance(1000);
    agent.receive(ACCESS, probe());
    expect(agent.take()).toHaveLength(1);
  });

  it("is answered by a Binding Error where probes are off, like what others experiment with (6275-9.2-4)", () => {
    const off = dualStackAgent({ serve: { probes: false } });
    off.receive(ACCESS, probe());
    expect(read(off.take()[0].packet)).toEqual({ layers: ["ipv6", "binding-error"] });
    expect(off.refused(Reason.ProbeRefused)).toBe(1);
    const [by] = askByDatagram(off);
    expect([formatAnyAddress(by.address), by.port, read(by.payload)]).toEqual([NAT, NAT_PORT, { layers: ["ipv6", "binding-error"] }]);

    const agent = dualStackAgent();
    agent.receive(ACCESS, probe({ magic: "00000000" }));
    agent.receive(ACCESS, probe({ bytes: 40 }));
    expect(agent.take().map(({ packet }) => read(packet))).toEqual([{ layers: ["ipv6", "binding-error"] }, { layers: ["ipv6", "binding-error"] }]);
    expect(agent.refused(Reason.MobilityTypeUnrecognized)).toBe(2);
  });
});
