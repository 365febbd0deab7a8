import { describe, expect, it } from "vitest";
import { parseAnyAddress } from "../../bindings/address.ts";
import { probe, setWallClock } from "../../bindings/commands.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { ACCESS, EPOCH, TUNNEL } from "./harness.ts";
import { AGENT_IPV4, DualNetwork, PRIVATE_IPV4, PUBLIC_IPV4 } from "./dual-stack.ts";

function dualStack(options: ConstructorParameters<typeof DualNetwork>[0] = {}) {
  const network = new DualNetwork(options);
  network.linkUp();
  network.ipv6();
  network.ipv4(PUBLIC_IPV4);
  network.pump();
  return network;
}
const answers = (network: DualNetwork) => network.mobile.events.filter(({ name }) => name === "ProbeAnswered").map(({ fields }) => fields);

describe("a probe that people ask for", () => {
  it.each(["Ipv6", "UdpIpv6", "Ipv4", "UdpIpv4"] as const)("is answered over %s, with what the home agent saw", (encapsulation) => {
    const network = dualStack();
    network.advance(5000);
    probe(network.mobile.engine, { device: ACCESS, encapsulation, number: 77 }, network.mobile.now);
    network.pump();
    expect(answers(network)).toEqual([{
      number: 77, seenAddress: encapsulation.endsWith("6") ? "2001:db8:a::17" : PUBLIC_IPV4,
      seenPort: encapsulation.startsWith("Udp") ? 50_000 : 0, roundTripMs: 0, clockAheadMs: expect.closeTo(0, 0),
    }]);
  });

  it("shows the address that a NAT gives", () => {
    const network = dualStack();
    network.useNat();
    network.ipv4(PRIVATE_IPV4);
    probe(network.mobile.engine, { device: ACCESS, encapsulation: "UdpIpv4", number: 1 }, network.mobile.now);
    network.pump();
    expect(answers(network)).toMatchObject([{ seenAddress: "203.0.113.9", seenPort: 30_000 }]);
  });

  it("shows how far the home agent's clock is ahead, and how long the way is", () => {
    const network = dualStack();
    setWallClock(network.agent.engine, EPOCH + network.agent.now + 90_000, network.agent.now);
    probe(network.mobile.engine, { device: ACCESS, encapsulation: "UdpIpv4", number: 1 }, network.mobile.now);
    network.mobile.now += 40; // on its way
    network.agent.now += 20;
    network.pump();
    expect(answers(network)).toMatchObject([{ clockAheadMs: expect.closeTo(90_000, -0.7), roundTripMs: 40 }]);
  });

  it.each([["Ipv6", 1280], ["Ipv6", 1400], ["UdpIpv6", 1400], ["Ipv4", 1400], ["UdpIpv4", 576], ["UdpIpv4", 1400]] as const)(
    "over %s is as long as wanted, %i octets with all headers, or a little less", (encapsulation, bytes) => {
      const network = dualStack();
      const from = network.log.length;
      probe(network.mobile.engine, { device: ACCESS, encapsulation, number: 1, bytes }, network.mobile.now);
      network.pump();
      const outer = { Ipv6: 0, UdpIpv6: 48, Ipv4: 0, UdpIpv4: 28 }[encapsulation];
      const sent = network.log.slice(from).map(({ packet }) => packet.length + outer);
      expect(Math.max(...sent)).toBeLessThanOrEqual(bytes);
      expect(Math.max(...sent)).toBeGreaterThan(bytes - 8);
      expect(answers(network)).toHaveLength(1);
    },
  );

  it("may want its answer at another port", () => {
    const network = dualStack();
    probe(network.mobile.engine, { device: ACCESS, encapsulation: "UdpIpv4", number: 1, answerPort: 50_001 }, network.mobile.now);
    const [question] = network.mobile.datagrams.splice(0);
    network.agent.engine.receiveDatagrams(network.agent.now, ACCESS, question.payload, { address: parseAnyAddress(PUBLIC_IPV4), port: 50_000 });
    const [answer] = network.agent.datagrams.splice(0);
    expect(answer).toMatchObject({ port: 50_001 });
    network.mobile.engine.receiveDatagrams(network.mobile.now, ACCESS, answer.payload, { address: parseAnyAddress(AGENT_IPV4), port: 4191 });
    expect(answers(network)).toHaveLength(1);
  });

  it("is answered by a Binding Error where the home agent does not know probes", () => {
    const network = dualStack({ serve: { probes: false } });
    probe(network.mobile.engine, { device: ACCESS, encapsulation: "Ipv6", number: 5 }, network.mobile.now);
    network.pump();
    expect(answers(network)).toMatchObject([{ number: 5, seenAddress: "::", clockAheadMs: NaN }]);
  });

  it("is refused where it makes no sense", () => {
    const network = new DualNetwork();
    const ask = (settings: object) => probe(network.mobile.engine, { device: ACCESS, encapsulation: "Ipv6", number: 1, ...settings }, network.mobile.now);
    expect(() => ask({ device: 9 })).toThrow("UnknownDevice");
    expect(() => ask({ device: TUNNEL })).toThrow("UnknownDevice");
    expect(() => ask({ encapsulation: 4 as never })).toThrow();
    expect(() => ask({ bytes: 70_000 })).toThrow("OutOfRange");
    expect(() => ask({ answerPort: 65_536 })).toThrow("OutOfRange");
    expect(() => ask({})).toThrow("NotFound"); // no address yet
    expect(() => ask({ encapsulation: "UdpIpv4" })).toThrow("NotFound");
  });
});

describe("an answer", () => {
  it("counts once, soon, and with our own nonce", () => {
    const network = dualStack();
    probe(network.mobile.engine, { device: ACCESS, encapsulation: "UdpIpv4", number: 1 }, network.mobile.now);
    const [question] = network.mobile.datagrams.splice(0);
    network.agent.engine.receiveDatagrams(network.agent.now, ACCESS, question.payload, { address: parseAnyAddress(PUBLIC_IPV4), port: 50_000 });
    const [answer] = network.agent.datagrams.splice(0);
    const give = () => network.mobile.engine.receiveDatagrams(network.mobile.now, ACCESS, answer.payload, { address: parseAnyAddress(AGENT_IPV4), port: 4191 });
    const forged = answer.payload.slice();
    forged[40 + 20] ^= 1; // in its nonce, and in the checksum the other way
    forged[40 + 5] ^= 0;
    network.mobile.engine.receiveDatagrams(network.mobile.now, ACCESS, forged, { address: parseAnyAddress(AGENT_IPV4), port: 4191 });
    expect(answers(network)).toHaveLength(0);
    give();
    expect(answers(network)).toHaveLength(1);
    give();
    expect(answers(network)).toHaveLength(1);
    expect(network.mobile.refused(Reason.ProbeUnexpected)).toBe(1);
  });

  it("of a stranger is none", () => {
    const network = dualStack();
    probe(network.mobile.engine, { device: ACCESS, encapsulation: "UdpIpv4", number: 1 }, network.mobile.now);
    const [question] = network.mobile.datagrams.splice(0);
    network.agent.engine.receiveDatagrams(network.agent.now, ACCESS, question.payload, { address: parseAnyAddress(PUBLIC_IPV4), port: 50_000 });
    const [answer] = network.agent.datagrams.splice(0);
    network.mobile.engine.receiveDatagrams(network.mobile.now, ACCESS, answer.payload, { address: parseAnyAddress("192.0.2.66"), port: 4191 });
    expect(answers(network)).toHaveLength(0);
  });
});

describe("after a registration", () => {
  const throughTunnel = (network: DualNetwork) => network.log.filter(({ kind, packet }) => kind === "tunnel4" && packet[9] === 41);

  it("a path without UDP is checked once, and later only kept open for the sake of firewalls", () => {
    const network = new DualNetwork();
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    network.advance(10_000);
    expect(throughTunnel(network)).toHaveLength(1);
    network.advance(600_000);
    const atMs = throughTunnel(network).map((sent) => sent.atMs);
    const silences = atMs.slice(2).map((each, index) => each - atMs[index + 1]);
    for (const silenceMs of silences) expect(silenceMs, "a Binding Update puts it off").toSatisfy((ms: number) => ms >= 110_000 && ms <= 220_000);
    expect(atMs.length).toBeGreaterThan(4);
  });

  it("what comes out of the tunnel ends the check", () => {
    const network = new DualNetwork({ serve: { probes: false } });
    network.linkUp();
    network.ipv4(PUBLIC_IPV4);
    network.pump();
    expect(network.carries()).toBe(true);
    network.advance(10_000);
    expect(throughTunnel(network).length).toBeLessThan(4);
    expect(network.update.encapsulation).toBe("Ipv4");
  });

  it("nothing is checked where IPv6 is all there is", () => {
    const network = new DualNetwork({ reach: { ipv4: false } });
    network.linkUp();
    network.ipv6();
    network.advance(10_000);
    expect(network.log).toHaveLength(1);
  });
});
