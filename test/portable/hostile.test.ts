/** Hostile WebSocket peers of a home agent: nothing traps, nothing leaks, everything is counted by its reason. */
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { isConnectionAddress } from "../../platforms/portable/connection-addresses.ts";
import type { Endpoint, Underlay } from "../../platforms/portable/contract.ts";
import type { WebSocketConstructor } from "../../platforms/portable/websocket-underlay.ts";
import { formatAnyAddress, parseAnyAddress } from "../../bindings/address.ts";
import { MobileNode } from "../../platforms/portable/mobile-node.ts";
import { Bed, core, echoRequest, HOME_AGENT, homeAddressOf, homeAgentConfig, ipv4HomeAddressOf, mobileNodeConfig, ping, until } from "./bed.ts";
import { HomeAgent } from "../../platforms/portable/home-agent.ts";
import { WebSocketHub } from "../../platforms/portable/websocket-hub.ts";

let bed: Bed;
/** Whatever a test did: nobody is connected any more, and the home agent is the first one. */
afterEach(async () => {
  const { agent, hub } = bed;
  const { traps } = agent.status();
  await bed.close();
  await until(() => hub.status().connections === 0);
  expect(traps).toBe(0);
});

const closeOf = (socket: WebSocket) => new Promise<{ code: number; reason: string }>((resolve) => {
  socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
});

/** A WebSocket whose messages are recorded. */
function recorder(): { Constructor: WebSocketConstructor; messages: Uint8Array[] } {
  const messages: Uint8Array[] = [];
  class Recorded extends WebSocket {
    override send(data: never, ...more: never[]): void {
      messages.push((data as Uint8Array).slice());
      super.send(data, ...more);
    }
  }
  return { Constructor: Recorded as unknown as WebSocketConstructor, messages };
}

/** A request as somebody writes it by hand; answers what comes back first, with the socket. */
async function raw(request: string): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(bed.server.port, "127.0.0.1");
  bed.keep({ close: () => socket.destroy() });
  socket.on("error", () => {});
  socket.write(request);
  const answer = await new Promise<string>((resolve) => {
    socket.once("data", (data) => resolve(String(data)));
    socket.once("close", () => resolve(""));
  });
  return { socket, answer };
}

const upgrade = (path: string) => `GET ${path} HTTP/1.1\r\nHost: any\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

describe("messages", () => {
  it.each([
    ["text", "a text message", 1003, "text message"],
    ["a megabyte", Buffer.alloc(1 << 20, 0x60), 1009, "message too large"],
    ["2049 octets", Buffer.alloc(2049, 0x60), 1009, "message too large"],
  ])("%s ends the connection", async (_, message, code, reason) => {
    bed = await Bed.open(1);
    const socket = await bed.socket();
    const closed = closeOf(socket);
    socket.send(message);
    expect((await closed).code).toBe(code);
    expect(bed.hub.status().closed).toEqual({ [reason]: 1 });
  });

  it("of no octets, of random ones, and of what looks like packets are refused, and a stranger is sent away", async () => {
    bed = await Bed.open(1, { authenticationMs: 500, strangerMessagesPerSecond: 10_000 });
    const { Constructor, messages } = recorder();
    const node = await bed.mobileNode(0, [bed.underlay({ WebSocket: Constructor })]);
    await node.registered();
    const [binding] = bed.agent.bindings;
    const socket = await bed.socket();
    const closed = closeOf(socket);
    const damaged = fc.tuple(fc.constantFrom(...messages), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(300))
      .map(([message, changes, cut]) => {
        const copy = message.slice(0, Math.max(1, message.length - (cut > 100 ? 0 : cut)));
        for (const [at, octet] of changes) copy[at % copy.length] ^= octet;
        return copy;
      });
    let sent = 0;
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), (message) => {
      socket.send(message);
      sent++;
    }), { numRuns: 1000 });
    await until(() => bed.hub.status().received + (bed.hub.status().dropped.empty ?? 0) >= sent);
    expect(bed.agent.bindings).toEqual([expect.objectContaining({ port: binding.port, careofAddress: binding.careofAddress })]);
    expect(bed.agent.status().refusals.reduce((sum, { packets }) => sum + packets, 0)).toBeGreaterThan(sent / 2);
    expect(await closed).toEqual({ code: 1008, reason: "not authenticated" });
    await ping(node, homeAddressOf(0), HOME_AGENT);
  });

  it("a flood of a stranger does not reach the core", async () => {
    bed = await Bed.open(1);
    const socket = await bed.socket();
    for (let index = 0; index < 20_000; index++) socket.send(Uint8Array.of(0x60, index));
    const { received, dropped } = await until(() => {
      const status = bed.hub.status();
      return status.received + (status.dropped["too many messages"] ?? 0) === 20_000 && status;
    }, 20_000);
    expect(received).toBeLessThan(500);
    expect(dropped["too many messages"]).toBeGreaterThan(19_500);
  });
});

describe("connections", () => {
  it.each([
    ["a wrong path", upgrade("/"), "404"], ["no WebSocket", "GET /mext HTTP/1.1\r\nHost: any\r\n\r\n", "426"],
    ["a path that is none", upgrade("//"), "404"], ["a URL", upgrade("http://[/mext"), "404"],
    ["a key that is none", upgrade("/mext").replace("dGhlIHNhbXBsZSBub25jZQ==", "x"), "400"],
    ["a version that is none", upgrade("/mext").replace("Version: 13", "Version: 99"), "400"],
  ])("%s: refused with words of HTTP", async (_, request, status) => {
    bed = await Bed.open(1);
    expect((await raw(request)).answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(bed.hub.status().connections).toBe(0);
  });

  it("a page of somebody else does not get in", async () => {
    bed = await Bed.open(1, { origins: ["https://lab.example"] });
    await expect(bed.socket({ origin: "https://evil.example" })).rejects.toThrow("403");
    await bed.socket({ origin: "https://lab.example" });
    expect(bed.hub.status()).toMatchObject({ connections: 1, refused: { "wrong origin": 1 } });
  });

  it("thousands of them: only so many get in, and all are gone at the end", async () => {
    bed = await Bed.open(1, { maxConnectionsOfAddress: 50, newConnectionsPerSecond: 100, authenticationMs: 500 });
    let refused = 0;
    for (let batch = 0; batch < 12; batch++) {
      await Promise.all(Array.from({ length: 100 }, () => bed.socket().catch(() => refused++)));
    }
    const status = bed.hub.status();
    expect(status.connections).toBeLessThanOrEqual(50);
    expect(refused).toBeGreaterThan(700);
    expect(Object.values(status.refused).reduce((sum, count) => sum + count, 0)).toBe(refused);
    const node = await bed.mobileNode(0).catch(() => undefined);
    await until(() => bed.hub.status().connections <= 1, 10_000);
    await node?.registered();
  }, 30_000);

  it("half-open ones, that never answer, are found", async () => {
    bed = await Bed.open(1, { pingMs: 300, authenticationMs: 60_000 });
    const { answer } = await raw(upgrade("/mext"));
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    await until(() => bed.hub.status().closed["does not answer pings"] === 1);
    await until(() => bed.hub.status().connections === 0);
  });

  it("broken frames end a connection", async () => {
    bed = await Bed.open(1);
    const { socket } = await raw(upgrade("/mext"));
    socket.write(Buffer.from("ff82000000", "hex")); // reserved bits, not masked
    await until(() => bed.hub.status().closed["socket failed"] === 1);
    await until(() => bed.hub.status().connections === 0);
  });

  it("one that does not read costs a bounded amount", async () => {
    bed = await Bed.open(1, { maxBufferedBytes: 100_000 });
    const socket = await bed.socket();
    const endpoint = await endpointOf(socket);
    (socket as unknown as { _socket: Socket })._socket.pause();
    const packet = new Uint8Array(1400);
    for (let index = 0; index < 20_000; index++) bed.hub.send(packet, endpoint);
    expect(bed.hub.status().dropped["slow reader"]).toBeGreaterThan(10_000);
    socket.terminate();
    await until(() => bed.hub.status().connections === 0);
    bed.hub.send(packet, endpoint);
    expect(bed.hub.status().dropped["connection gone"]).toBe(1);
  });
});

describe("identities", () => {
  it("what another connection has sent, sent again, moves nothing", async () => {
    bed = await Bed.open(2);
    const { Constructor, messages } = recorder();
    const node = await bed.mobileNode(0, [bed.underlay({ WebSocket: Constructor })]);
    await node.registered();
    await ping(node, homeAddressOf(0), HOME_AGENT);
    const before = bed.agent.bindings;
    const thief = await bed.socket();
    const heard: Uint8Array[] = [];
    thief.on("message", (data: Buffer) => heard.push(data));
    for (const message of messages) thief.send(message);
    await until(() => bed.agent.status().refusals.some(({ reason }) => reason === "MappingUnknown"));
    expect(bed.agent.bindings.map(({ careofAddress, port, sequence }) => [careofAddress, port, sequence]))
      .toEqual(before.map(({ careofAddress, port, sequence }) => [careofAddress, port, sequence]));
    await ping(node, homeAddressOf(0), HOME_AGENT);
    // what the home agent says to the thief is for nobody's home address: no packet out of a tunnel
    for (const packet of heard) expect([...packet.subarray(8, 24)]).toEqual([...parseAnyAddress(HOME_AGENT)]);
    expect(bed.hub.status()).toMatchObject({ connections: 2, trusted: 1 });
  });

  it("a node cannot bind another's home address, nor another's connection", async () => {
    bed = await Bed.open(2);
    const node = await bed.mobileNode(0);
    await node.registered();
    const [victim] = bed.agent.bindings;
    // a node of its own right, that says it is where the other one is
    const liar = bed.underlay();
    Object.defineProperty(liar, "local", { value: { address: parseAnyAddress(victim.careofAddress), port: victim.port } });
    const other = await bed.mobileNode(1, [liar]);
    await other.registered();
    const bound = bed.agent.bindings.find(({ homeAddress }) => homeAddress === homeAddressOf(1))!;
    expect([bound.careofAddress, bound.port]).not.toEqual([victim.careofAddress, victim.port]);
    await ping(node, homeAddressOf(0), HOME_AGENT);
    // and one that wants the other's home address, with its own key
    const config = { ...mobileNodeConfig(1), homeAddress: homeAddressOf(0), ipv4HomeAddress: undefined };
    const thief = await MobileNode.start({ config, core, underlays: [bed.underlay()] });
    bed.keep({ close: () => thief.abandon() });
    await until(() => thief.status().updates[0].lastStatus === 129); // administratively prohibited
    expect(bed.agent.status().refusals.find(({ reason }) => reason === "HomeAddressNotOwned")?.packets).toBe(1);
    expect(bed.agent.bindings.find(({ homeAddress }) => homeAddress === homeAddressOf(0))).toMatchObject({
      port: victim.port, careofAddress: victim.careofAddress,
    });
  });

  it("a node's own binding lets it write as nobody else, and to no connection", async () => {
    bed = await Bed.open(2);
    const underlay = bed.underlay();
    const [node, victim] = [await bed.mobileNode(0, [underlay]), await bed.mobileNode(1)];
    await Promise.all([node.registered(), victim.registered()]);
    const heard: Uint8Array[] = [];
    victim.on("packet", (packet) => heard.push(packet));
    bed.agent.on("packet", (packet) => heard.push(packet));
    const forged = [
      [HOME_AGENT, homeAddressOf(1)], [homeAddressOf(1), homeAddressOf(1)], ["2001:db8:bad::1", homeAddressOf(1)], ["fe80::1", homeAddressOf(1)],
      ["::", homeAddressOf(1)], ["::1", HOME_AGENT], ["ff02::1", homeAddressOf(1)], [HOME_AGENT, HOME_AGENT],
      [ipv4HomeAddressOf(1), ipv4HomeAddressOf(1)], ["192.0.0.64", ipv4HomeAddressOf(1)], ["192.0.0.66", "192.0.0.64"], ["127.0.0.1", ipv4HomeAddressOf(1)],
    ];
    for (const [source, destination] of forged) underlay.send(echoRequest(source, destination));
    await until(() => bed.agent.status().refusals.reduce((sum, { packets }) => sum + packets, 0) >= forged.length);
    expect(heard).toEqual([]);
    // as itself: what no mobile node has is the program's, and no other connection's
    const { careofAddress } = bed.agent.bindings.find(({ homeAddress }) => homeAddress === homeAddressOf(1))!;
    const { sent } = bed.hub.status();
    for (const destination of [formatAnyAddress(parseAnyAddress(careofAddress)), "192.0.0.66"]) node.send(echoRequest(ipv4HomeAddressOf(0), destination));
    await ping(node, homeAddressOf(0), HOME_AGENT);
    expect(heard.filter((packet) => packet[12] !== 198)).toEqual([]);
    expect(bed.hub.status().sent - sent).toBe(1); // the answer to the ping
  });

  it("a new connection does not get the endpoint of a binding", async () => {
    bed = await Bed.open(1);
    const hub = new WebSocketHub();
    hub.isBound = ({ port }) => port % 2 === 0;
    const ports: number[] = [];
    hub.receive = (_, { port }) => ports.push(port);
    const socket = { send: () => {}, bufferedBytes: 0, close: () => {}, terminate: () => {} };
    for (let count = 0; count < 10; count++) hub.connections.accept(socket, "203.0.113.1").message(Uint8Array.of(0x60));
    hub.close();
    expect(ports.filter((port) => port % 2 === 1)).toHaveLength(10);
  });

  it("nothing is forwarded from a connection without a binding", async () => {
    bed = await Bed.open(2);
    const node = await bed.mobileNode(1);
    await node.registered();
    const heard: Uint8Array[] = [];
    node.on("packet", (packet) => heard.push(packet));
    bed.agent.on("packet", (packet) => heard.push(packet));
    const stranger = await bed.socket();
    for (const [source, destination] of [[homeAddressOf(0), homeAddressOf(1)], ["2001:db8:bad::1", homeAddressOf(1)], [homeAddressOf(1), "2001:db8:1::1"]]) {
      const packet = new Uint8Array(40);
      packet.set([0x60, 0, 0, 0, 0, 0, 59, 64]);
      packet.set(parseAnyAddress(source), 8);
      packet.set(parseAnyAddress(destination), 24);
      stranger.send(packet);
    }
    await until(() => bed.agent.status().refusals.filter(({ reason }) => /NotBound|MappingUnknown/.test(reason)).reduce((sum, { packets }) => sum + packets, 0) === 3);
    expect(heard).toEqual([]);
  });

  it("UDP datagrams cannot claim to be of a connection", async () => {
    bed = await Bed.open(1);
    const { Constructor, messages } = recorder();
    const node = await bed.mobileNode(0, [bed.underlay({ WebSocket: Constructor })]);
    await node.registered();
    const [{ careofAddress, port }] = bed.agent.bindings;
    const udp: Underlay = {
      name: "played", local: { address: parseAnyAddress("0.0.0.0"), port: 4191 }, mtuBytes: 1500, isUp: true, send: () => {}, close: () => {},
    };
    const agent = await HomeAgent.start({ config: homeAgentConfig(1), core, underlays: [udp], state: bed.agent.exportState() });
    for (const message of messages) udp.receive!(message, { address: parseAnyAddress(careofAddress), port: port! });
    expect(agent.status()).toMatchObject({ dropped: { "forged address of a connection": messages.length }, refusals: [] });
    await agent.stop();
  });

  it("connections get addresses that no host has", () => {
    expect(isConnectionAddress(parseAnyAddress("192.0.0.64"))).toBe(true);
    expect(isConnectionAddress(parseAnyAddress("192.0.0.127"))).toBe(true);
    for (const other of ["192.0.0.63", "192.0.0.128", "192.0.2.64", "2001:db8::c000:40", "::c000:40"]) {
      expect(isConnectionAddress(parseAnyAddress(other)), other).toBe(false);
    }
  });
});

/** Where the home agent sees a connection. */
function endpointOf(socket: WebSocket): Promise<Endpoint> {
  const { hub } = bed;
  const receive = hub.receive;
  return new Promise((resolve) => {
    hub.receive = (_, from) => {
      hub.receive = receive;
      expect(formatAnyAddress(from.address)).toMatch(/^192\.0\.0\./);
      resolve(from);
    };
    socket.send(new Uint8Array(40));
  });
}
