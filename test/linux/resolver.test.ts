/** The home agent of a mobile node by its name, from a name server of the test. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAddress, parseIpv4Address } from "../../bindings/address.ts";
import { type HomeAgentAddresses, HomeAgentResolver } from "../../platforms/linux/resolver.ts";
import { eventually } from "./system/namespace.ts";

const [A, AAAA, SRV] = [1, 28, 33];
const NO_SUCH_NAME = 3;

/** Answers from a table; counts what it was asked. */
class NameServer {
  readonly asked: string[] = [];
  readonly records = new Map<string, Buffer[]>();
  ttl = 300;
  #socket!: Socket;

  async listen(): Promise<string> {
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (query, { port, address }) => this.#socket.send(this.#answer(query), port, address));
    this.#socket.bind(0, "127.0.0.1");
    await once(this.#socket, "listening");
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  set(name: string, type: number, ...data: Uint8Array[]): void {
    this.records.set(`${name} ${type}`, data.map((each) => Buffer.from(each)));
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += 1 + query[at]) labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
    const type = query.readUInt16BE(at + 1);
    const name = labels.join(".").toLowerCase();
    this.asked.push(`${name} ${type}`);
    const data = this.records.get(`${name} ${type}`) ?? [];
    const isKnown = [...this.records.keys()].some((key) => key.startsWith(`${name} `));
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(0x8180 | (isKnown ? 0 : NO_SUCH_NAME), 2);
    head.writeUInt16BE(data.length, 6);
    head.fill(0, 8, 12);
    const answers = data.map((each) => {
      const record = Buffer.alloc(12);
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(type, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt32BE(this.ttl, 6);
      record.writeUInt16BE(each.length, 10);
      return Buffer.concat([record, each]);
    });
    return Buffer.concat([head, query.subarray(12, at + 5), ...answers]);
  }
}

function srv(priority: number, weight: number, target: string): Buffer {
  const name = target.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([Buffer.from([0, priority, 0, weight, 0x10, 0x5f]), ...name, Buffer.of(0)]);
}

describe("a home agent by its name", () => {
  let server: NameServer;
  let resolver: HomeAgentResolver | undefined;
  let nameServers: string[];
  const found: HomeAgentAddresses[] = [];
  const conditions: (string | undefined)[] = [];
  const lookingUp: boolean[] = [];

  beforeEach(async () => {
    server = new NameServer();
    nameServers = [await server.listen()];
    for (const list of [found, conditions, lookingUp]) list.splice(0);
  });
  afterEach(() => {
    resolver?.close();
    server.close();
  });

  function start(name: string, isService = false): HomeAgentResolver {
    resolver = new HomeAgentResolver({ name, isService, nameServers }, {
      found: (addresses) => void found.push(addresses),
      condition: (warning) => void conditions.push(warning),
      lookingUp: (isLookingUp) => void lookingUp.push(isLookingUp),
    });
    resolver.start();
    return resolver;
  }

  it("has the addresses of its AAAA and A records (RFC 5555 §2.1)", async () => {
    server.set("ha1.example.com", AAAA, parseAddress("2001:db8:100::1"));
    server.set("ha1.example.com", A, parseIpv4Address("192.0.2.1").subarray(12));
    start("ha1.example.com");
    await eventually(() => found[0]);
    expect(found).toEqual([{ address: "2001:db8:100::1", ipv4Address: "192.0.2.1" }]);
    expect(lookingUp).toEqual([false]);
    expect(conditions).toEqual([undefined]);
  });

  it("is one that the SRV records _mip6._ipv6 of a domain name, the smallest priority first (5555-2.1-1)", async () => {
    server.set("_mip6._ipv6.example.com", SRV, srv(20, 0, "ha2.example.com"), srv(10, 0, "ha1.example.com"),
      srv(5, 0, "gone.example.com"));
    for (const number of [1, 2]) server.set(`ha${number}.example.com`, AAAA, parseAddress(`2001:db8:100::${number}`));
    start("example.com", true);
    await eventually(() => found[0]);
    expect(found).toEqual([{ address: "2001:db8:100::1", ipv4Address: undefined }]);
    expect(server.asked[0]).toBe(`_mip6._ipv6.example.com ${SRV}`);
  });

  it("that is not found yet is looked up again, and at once when a network has come", async () => {
    const watch = start("ha1.example.com");
    await eventually(() => conditions[0]);
    expect(conditions[0]).toBe("the home agent ha1.example.com cannot be found: ENOTFOUND; it is looked up again and again");
    expect(lookingUp).toEqual([]); // the routes are out of the way since the start
    server.set("ha1.example.com", A, parseIpv4Address("192.0.2.1").subarray(12));
    watch.observe({ name: "Ipv4Uplink", fields: { address: "10.0.0.7" } });
    await eventually(() => found[0]);
    expect(found).toEqual([{ address: undefined, ipv4Address: "192.0.2.1" }]);
    expect(conditions.at(-1)).toMatch(/^ha1\.example\.com has no AAAA record/);
  });

  it("is looked up around the tunnel when it does not answer, and not too often", async () => {
    server.set("ha1.example.com", AAAA, parseAddress("2001:db8:100::1"));
    const watch = start("ha1.example.com");
    await eventually(() => found[0]);
    watch.observe({ name: "BindingUpdateSent", fields: { transmission: 3 } });
    expect(server.asked.length).toBe(2); // asked half a minute ago at the least
    const realNow = performance.now.bind(performance);
    performance.now = () => realNow() + 31_000;
    try {
      server.set("ha1.example.com", AAAA, parseAddress("2001:db8:100::2"));
      watch.observe({ name: "BindingUpdateSent", fields: { transmission: 2 } });
      watch.observe({ name: "BindingUpdateSent", fields: { transmission: 3 } });
      await eventually(() => found[1]);
    } finally {
      performance.now = realNow;
    }
    expect(found[1].address).toBe("2001:db8:100::2");
    expect(lookingUp).toEqual([false, true, false]);
  });
});
