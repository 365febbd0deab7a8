/** Who may come in, who may stay, and what each may send: with a clock of the test, and sockets that it plays. */
import { describe, expect, it } from "vitest";
import { forwardedFrom } from "../../platforms/portable/admission.ts";
import type { Connection, ServerSocket } from "../../platforms/portable/connection.ts";
import { type ConnectionLimits, Connections } from "../../platforms/portable/connections.ts";
import { Relay, type RelaySocket } from "../../platforms/portable/relay.ts";
import { ManualClock } from "./manual-clock.ts";

class PlayedSocket implements ServerSocket {
  bufferedBytes = 0;
  readonly sent: Uint8Array[] = [];
  closed: { code: number; reason: string } | undefined;
  terminated = false;
  pings = 0;
  send(message: Uint8Array): void { this.sent.push(message); }
  close(code: number, reason: string): void { this.closed = { code, reason }; }
  terminate(): void { this.terminated = true; }
  ping(): void { this.pings++; }
}

function bed(limits: ConnectionLimits = {}) {
  const clock = new ManualClock();
  const taken: Uint8Array[] = [];
  const trusted = new Set<Connection>();
  const owner = {
    opened: () => {}, take: (_: Connection, payload: Uint8Array) => void taken.push(payload.slice()),
    isTrusted: (connection: Connection) => trusted.has(connection), ended: () => {},
  };
  const connections = new Connections(owner, limits, clock);
  const request = { isUpgrade: true, path: "/mext", from: "203.0.113.5" };
  const connect = (from = request.from) => {
    const socket = new PlayedSocket();
    const denial = connections.check({ ...request, from });
    return { socket, denial, connection: denial === undefined ? connections.accept(socket, from) : undefined };
  };
  return { clock, taken, trusted, connections, request, connect };
}

const octets = (length: number) => new Uint8Array(length).fill(0x60);

describe("requests", () => {
  it.each([
    ["another path", { path: "/" }, 404, "wrong path"],
    ["no WebSocket", { isUpgrade: false }, 426, "no WebSocket request"],
    ["a page of somebody else", { origin: "https://evil.example" }, 403, "wrong origin"],
  ])("%s: refused and counted", (_, change, status, text) => {
    const { connections, request } = bed({ origins: ["https://lab.example"] });
    expect(connections.check({ ...request, ...change })).toEqual({ status, text });
    expect(connections.status().refused).toEqual({ [text]: 1 });
  });

  it("pages of the right origin, and programs without one, may come", () => {
    const { connections, request } = bed({ origins: ["https://lab.example"] });
    expect(connections.check({ ...request, origin: "https://lab.example" })).toBeUndefined();
    expect(connections.check(request)).toBeUndefined();
  });

  it.each([
    ["an IPv4 address", "203.0.113.5", "::ffff:203.0.113.5"],
    ["64 bits of IPv6", "2001:db8:1:2::5", "2001:db8:1:2:ffff:1:2:3"],
  ])("%s has a share of the connections", (_, from, same) => {
    const { connect, connections } = bed({ maxConnectionsOfAddress: 2 });
    expect(connect(from).denial).toBeUndefined();
    expect(connect(same).denial).toBeUndefined();
    expect(connect(from).denial).toMatchObject({ status: 429 });
    expect(connect("2001:db8:1:3::5").denial).toBeUndefined();
    expect(connections.status()).toMatchObject({ connections: 3, refused: { "too many connections of an address": 1 } });
  });

  it.each([
    [undefined, undefined], ["", undefined], ["203.0.113.5", "203.0.113.5"], ["evil, 203.0.113.5", "203.0.113.5"],
    ["203.0.113.5:50000", "203.0.113.5"], ["2001:db8::5", "2001:db8::5"], ["[2001:db8::5]:50000", "2001:db8::5"],
    ["[2001:db8::5]", "2001:db8::5"],
  ])("forwarded for %s come from %s", (header, from) => {
    expect(forwardedFrom(header)).toBe(from);
  });

  it("new connections of an address have a rate, and other addresses do not suffer", () => {
    const { connect, connections, clock } = bed({ newConnectionsPerSecond: 5, maxConnectionsOfAddress: 1000 });
    const granted = Array.from({ length: 3000 }, () => connect()).filter(({ denial }) => denial === undefined);
    expect(granted.length).toBe(20);
    expect(connect("198.51.100.7").denial).toBeUndefined();
    clock.advance(1000);
    expect(connect().denial).toBeUndefined();
    expect(connections.status().refused).toEqual({ "too many new connections of an address": 2980 });
  });

  it("strangers get half of the places: the rest is for those who have a key", () => {
    const { connect, trusted, connections } = bed({ maxConnections: 10 });
    const all = Array.from({ length: 5 }, (_, index) => connect(`198.51.100.${index}`));
    expect(connect("198.51.100.9").denial?.text).toBe("too many unauthenticated connections");
    trusted.add(all[0].connection!);
    all[0].connection!.message(octets(40));
    expect(connect("198.51.100.9").denial).toBeUndefined();
    expect(connections.status()).toMatchObject({ connections: 6, trusted: 1 });
  });
});

describe("connections", () => {
  it("that nobody knows are closed, and cut off when they do not close", () => {
    const { connect, clock, connections } = bed();
    const { socket } = connect();
    clock.advance(9000);
    expect(socket.closed).toBeUndefined();
    clock.advance(2000);
    expect(socket.closed).toEqual({ code: 1008, reason: "not authenticated" });
    expect(socket.terminated).toBe(false);
    clock.advance(3000);
    expect(socket.terminated).toBe(true);
    expect(connections.status()).toMatchObject({ connections: 0, closed: { "not authenticated": 1 } });
    clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  it("that cannot be cut off keep their places until they close", () => {
    const { clock, connections, connect } = bed({ maxConnections: 4, newConnectionsPerSecond: 100 });
    const peers = ["203.0.113.1", "203.0.113.2"].map((from) => connect(from));
    for (const { socket } of peers) Object.assign(socket, { terminate: undefined });
    clock.advance(20_000);
    expect(connections.status()).toMatchObject({ connections: 2, closed: { "not authenticated": 2 } });
    expect(connect("203.0.113.3").denial).toEqual({ status: 503, text: "too many unauthenticated connections" });
    for (const { connection } of peers) connection!.closed();
    expect(connections.status().connections).toBe(0);
    expect(connect("203.0.113.3").denial).toBeUndefined();
  });

  it("that are no longer known get the same time again", () => {
    const { connect, clock, trusted } = bed();
    const { socket, connection } = connect();
    trusted.add(connection!);
    clock.advance(60_000);
    trusted.delete(connection!);
    connection!.alive();
    clock.advance(9000);
    expect(socket.closed).toBeUndefined();
    clock.advance(2500);
    expect(socket.closed?.reason).toBe("not authenticated");
  });

  it("that do not answer pings are closed; that say nothing for ten minutes as well", () => {
    const { connect, clock, trusted } = bed();
    const [deaf, silent] = [connect(), connect()];
    for (const { connection } of [deaf, silent]) trusted.add(connection!);
    for (let second = 0; second < 80; second++) {
      clock.advance(1000);
      silent.connection!.alive();
    }
    expect(deaf.socket.closed?.reason).toBe("does not answer pings");
    expect(silent.socket).toMatchObject({ closed: undefined, pings: 2 });
    for (let second = 0; second < 600; second++) {
      clock.advance(1000);
      silent.connection!.alive();
    }
    expect(silent.socket.closed?.reason).toBe("idle");
  });

  it.each([
    ["text", "hello", 1003, "text message"], ["a megabyte", octets(1 << 20), 1009, "message too large"],
    ["one octet too much", octets(2049), 1009, "message too large"],
  ])("that send %s are closed", (_, message, code, reason) => {
    const { connect, connections, taken } = bed();
    const { socket, connection } = connect();
    connection!.message(message);
    connection!.message(octets(40)); // is not heard any more
    expect(socket.closed).toEqual({ code, reason });
    expect(taken).toEqual([]);
    connection!.closed();
    connection!.closed(); // a runtime may say it twice
    expect(connections.status()).toMatchObject({ connections: 0, closed: { [reason]: 1 } });
  });

  it("empty messages, and too many of a stranger, are dropped and counted", () => {
    const { connect, connections, taken, clock } = bed();
    const { connection, socket } = connect();
    connection!.message(octets(0));
    for (let index = 0; index < 1000; index++) connection!.message(octets(40));
    expect(taken.length).toBe(40);
    expect(connections.status().dropped).toEqual({ empty: 1, "too many messages": 960 });
    clock.advance(1000);
    connection!.message(octets(40));
    expect(taken.length).toBe(41);
    expect(socket.closed).toBeUndefined();
  });

  it("one that ends while its message is taken is not counted any more", () => {
    const { connect, connections, trusted, taken } = bed();
    const { connection } = connect();
    trusted.add(connection!);
    connection!.message(octets(40));
    expect(connections.status()).toMatchObject({ connections: 1, trusted: 1 });
    taken.push = (...payloads) => {
      trusted.delete(connection!);
      connection!.failed();
      return payloads.length;
    };
    connection!.message(octets(40));
    connection!.closed();
    expect(connections.status()).toMatchObject({ connections: 0, trusted: 0, closed: { "socket failed": 1 } });
  });

  it("what a slow reader does not take is dropped", () => {
    const { connect, connections } = bed({ maxBufferedBytes: 10_000 });
    const { connection, socket } = connect();
    socket.bufferedBytes = 9900;
    connection!.send(octets(100));
    connection!.send(octets(101));
    expect(socket.sent.length).toBe(1);
    expect(connections.status()).toMatchObject({ sent: 1, dropped: { "slow reader": 1 } });
  });

  it("all are closed at the end, and no new one is taken", () => {
    const { connect, connections, clock } = bed();
    const { socket } = connect();
    connections.close();
    expect(socket.closed).toEqual({ code: 1001, reason: "server stops" });
    expect(connect().denial?.status).toBe(503);
    clock.advance(20_000);
    expect(connections.status().connections).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe("a relay", () => {
  function relayBed() {
    const clock = new ManualClock();
    const sockets: { toAgent: Uint8Array[]; answer: (payload: Uint8Array) => void; failed: (error: unknown) => void; closed: boolean }[] = [];
    const relay = new Relay({
      clock,
      openSocket: (answer, failed): RelaySocket => {
        const opened = { toAgent: [] as Uint8Array[], answer, failed, closed: false };
        sockets.push(opened);
        return { send: (payload) => void opened.toAgent.push(payload), close: () => { opened.closed = true; } };
      },
    });
    const connect = () => {
      const socket = new PlayedSocket();
      return { socket, connection: relay.connections.accept(socket, "203.0.113.5") };
    };
    return { clock, sockets, relay, connect };
  }

  it("has a socket for each connection, and closes it with the connection", () => {
    const { sockets, connect, relay } = relayBed();
    const [one, other] = [connect(), connect()];
    one.connection.message(octets(40));
    other.connection.message(octets(50));
    sockets[0].answer(octets(60));
    expect(sockets.map(({ toAgent }) => toAgent.map(({ length }) => length))).toEqual([[40], [50]]);
    expect(one.socket.sent.map(({ length }) => length)).toEqual([60]);
    expect(other.socket.sent).toEqual([]);
    one.connection.closed();
    expect(sockets.map(({ closed }) => closed)).toEqual([true, false]);
    sockets[0].answer(octets(60)); // late
    expect(relay.status()).toMatchObject({ connections: 1, sent: 1 });
  });

  it("closes what the home agent never answers, and lets others stay", () => {
    const { sockets, connect, clock, relay } = relayBed();
    const [good, bad] = [connect(), connect()];
    for (const { connection } of [good, bad]) connection.message(octets(40));
    sockets[0].answer(octets(40));
    for (let second = 0; second < 15; second++) {
      clock.advance(1000);
      bad.connection.message(octets(40));
    }
    expect(bad.socket.closed?.reason).toBe("not authenticated");
    expect(sockets[1].closed).toBe(true);
    expect(good.socket.closed).toBeUndefined();
    expect(relay.status()).toMatchObject({ trusted: 1 });
  });

  it("limits the rate of one that is known, and closes one whose socket fails", () => {
    const { sockets, connect, relay } = relayBed();
    const { socket, connection } = connect();
    connection.message(octets(40));
    sockets[0].answer(octets(40));
    for (let index = 0; index < 5000; index++) connection.message(octets(40));
    expect(sockets[0].toAgent.length).toBeLessThanOrEqual(1000);
    sockets[0].failed({ code: "ECONNREFUSED" });
    expect(socket.closed).toBeUndefined();
    sockets[0].failed({ code: "ENETUNREACH" });
    expect(socket.closed?.reason).toBe("socket failed");
    expect(relay.status().failures).toEqual({ ECONNREFUSED: 1, ENETUNREACH: 1 });
  });
});
