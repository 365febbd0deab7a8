import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { addNode, setDevice, setHomeAgent, setLink } from "../../bindings/commands.ts";
import { type Engine, Role } from "../../bindings/engine.ts";
import { readBindings } from "../../bindings/status.ts";
import { EngineHost, type Host } from "../../platforms/linux/engine-host.ts";
import { Journal } from "../../platforms/linux/journal.ts";
import { ACCESS, HOME_ADDRESS, HOME_AGENT, mobileNode, module, SECURITY, TUNNEL } from "../engine/harness.ts";
import { isFor, routerAdvertisement } from "../engine/network.ts";

/** Collects what the core sends and keeps. */
class Collector implements Host {
  engine!: Engine;
  attached = 0;
  readonly sent: Uint8Array[] = [];
  constructor(private readonly journal: Journal) {}
  attach(engine: Engine): void {
    this.engine = engine;
    this.attached++;
  }
  transmit(_device: number, pointer: number, lengthBytes: number): void {
    this.sent.push(this.engine.memory.slice(pointer, pointer + lengthBytes));
  }
  keep(record: Uint8Array): void {
    this.journal.append(record);
  }
  event(): void {}
  addAddress(): void {}
  removeAddress(): void {}
  addDefaultRoute(): void {}
  removeDefaultRoute(): void {}
  addRoute(): void {}
  removeRoute(): void {}
  addNeighbour(): void {}
  useTunnel(): void {}
  hearGroups(): void {}
  sendDatagrams(): void {}
  sendArp(): void {}
  tunnelMtu(): void {}
}

/** A Binding Update of a mobile node whose clock shows the present time. */
function bindingUpdate(): Uint8Array {
  const node = mobileNode({ security: { ...SECURITY, replayProtection: "sequence" } as typeof SECURITY });
  setLink(node.engine, ACCESS, true, node.now);
  node.receive(ACCESS, routerAdvertisement());
  return node
    .take()
    .map(({ packet }) => packet)
    .find((packet) => isFor(packet, HOME_AGENT))!;
}

describe("engine host", () => {
  let warnings: string[];
  let folder: string;
  beforeEach(() => {
    warnings = [];
    folder = mkdtempSync(join(tmpdir(), "mext-engine-host-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function start(
    journal = new Journal(),
    connect?: (engine: Engine) => void,
  ): { host: EngineHost; collector: Collector } {
    const collector = new Collector(journal);
    const host = new EngineHost({
      module,
      role: Role.HomeAgent,
      host: collector,
      journal,
      configure(engine, nowMs) {
        setHomeAgent(
          engine,
          {
            address: parseAddress(HOME_AGENT),
            homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64 }],
            maxLifetimeMs: 600_000,
            refreshAdviceMs: 0,
            replayWindowMs: 7000,
          },
          nowMs,
        );
        const security = { ...SECURITY, replayProtection: "sequence" } as typeof SECURITY;
        addNode(engine, { id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security }, nowMs);
      },
      connect(engine, nowMs) {
        setDevice(engine, { index: TUNNEL, kind: "tunnel", mtu: 1460, up: true }, nowMs);
        setDevice(engine, { index: ACCESS, kind: "access", mtu: 1500, up: true }, nowMs);
        connect?.(engine);
      },
      report: (warning) => warnings.push(warning),
    });
    return { host, collector };
  }

  const bind = (host: EngineHost) =>
    host.call((engine, nowMs) => engine.receive(nowMs, ACCESS, bindingUpdate()));
  const homeAddresses = (host: EngineHost) => readBindings(host.engine).map(({ homeAddress }) => homeAddress);
  const trap = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };

  it("replaces a core that trapped: the binding is still there, and the next packet is handled", () => {
    const { host, collector } = start();
    bind(host);
    const [before] = readBindings(host.engine);
    const trapped = host.engine;
    host.call(trap);
    expect(host.engine).not.toBe(trapped);
    expect(collector.attached).toBe(2);
    expect(host.traps).toBe(1);
    expect(warnings).toEqual([expect.stringContaining("the core trapped (unreachable)")]);
    const [after] = readBindings(host.engine);
    expect(after.careofAddress).toBe(before.careofAddress);
    expect(after.sequence).toBe(before.sequence);
    expect(Math.abs(after.remainingMs - before.remainingMs)).toBeLessThan(1000);

    const sent = collector.sent.length;
    bind(host); // another sequence number at random: acknowledged, or refused as out of window, but answered
    expect(collector.sent.length).toBe(sent + 1);
  });

  it("recovers from a real trap inside the core too", () => {
    const { host } = start();
    bind(host);
    // a query buffer beyond the memory: what a bug in the core would do
    host.call((engine) => {
      engine.exports.findBinding(0xfffffff0, 0);
    });
    expect(host.traps).toBe(1);
    expect(homeAddresses(host)).toEqual([HOME_ADDRESS]);
  });

  it("begins without the kept state when the core traps over that as well", () => {
    let rounds = 0;
    const { host } = start(new Journal(), () => {
      if (++rounds === 2) trap();
    });
    bind(host);
    host.call(trap);
    expect(rounds).toBe(3);
    expect(warnings).toHaveLength(2);
    expect(homeAddresses(host)).toEqual([]);
  });

  it("starts although the core traps over the state file, and replaces that", () => {
    const path = join(folder, "state");
    bind(start(new Journal(path)).host);
    let rounds = 0;
    const { host } = start(new Journal(path), () => {
      if (++rounds === 1) trap();
    });
    expect(warnings).toEqual(["the core trapped over the kept state (unreachable); it begins without it"]);
    expect(homeAddresses(host)).toEqual([]);
    expect(homeAddresses(start(new Journal(path)).host)).toEqual([]);
    expect(warnings).toHaveLength(1);
  });

  it("does not take other errors for traps", () => {
    const { host } = start();
    expect(() =>
      host.call(() => {
        throw new RangeError("ours");
      }),
    ).toThrow("ours");
    expect(host.traps).toBe(0);
  });

  it("finds the bindings of a killed predecessor in the state file", () => {
    const path = join(folder, "state");
    bind(start(new Journal(path)).host);
    expect(homeAddresses(start(new Journal(path)).host)).toEqual([HOME_ADDRESS]);
    expect(warnings).toEqual([]);
  });

  it("leaves a damaged tail out, says so, and writes a whole file again", () => {
    const path = join(folder, "state");
    bind(start(new Journal(path)).host);
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole, whole.subarray(13, 40)])); // half a record behind the header
    expect(homeAddresses(start(new Journal(path)).host)).toEqual([HOME_ADDRESS]);
    expect(warnings).toEqual([expect.stringMatching(/^the last 27 octets of the kept state are damaged/)]);
    start(new Journal(path));
    expect(warnings).toHaveLength(1);
  });

  it.each([0, 1, 7, 12, 20, 40])("starts from any state file: %i octets of it are left", (octets) => {
    const path = join(folder, "state");
    bind(start(new Journal(path)).host);
    writeFileSync(path, readFileSync(path).subarray(0, octets));
    expect(homeAddresses(start(new Journal(path)).host)).toEqual([]);
  });

  it("has the record of a binding in the file before its acknowledgement leaves", () => {
    const path = join(folder, "state");
    const { host, collector } = start(new Journal(path));
    const sizes: number[] = [];
    const empty = readFileSync(path).length;
    (collector as Host).drained = () => {
      if (collector.sent.length > 0) sizes.push(readFileSync(path).length);
    };
    bind(host);
    expect(sizes[0]).toBeGreaterThan(empty);
  });

  it("tells the core when the wall clock was set, and only then", () => {
    const { host } = start();
    expect(host.followWallClock()).toBe(0);
    const now = Date.now;
    try {
      Date.now = () => now() + 3_600_000;
      expect(Math.round(host.followWallClock() / 1000)).toBe(3600);
      expect(host.followWallClock()).toBe(0);
    } finally {
      Date.now = now;
    }
  });
});
