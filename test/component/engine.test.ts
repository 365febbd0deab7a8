/** The engine of the component: what the simulator's nodes do not show. */
import { describe, expect, it } from "vitest";
import { formatAnyAddress, ipv4Mapped, parseAddress } from "../../bindings/address.ts";
import { readBindings, readUpdates, readUplinks } from "../../bindings/status.ts";
import { printRecord } from "../../platforms/sim/trace.ts";
import type { TopologySettings } from "../../platforms/sim/topology.ts";
import { pingHome, reaches, tell, tellRegistered } from "../sim/scenarios/story.ts";
import { BUDGETS, ComponentEngine, componentFactory, type LiftedEngine, refusalOf } from "./lifted.ts";
import { newInstance } from "./transpiled.ts";

const ENTROPY = new Uint8Array(64).fill(5);
const start = (role = "home-agent", entropy = ENTROPY, budgets: object = BUDGETS) => (
  newInstance().engine.Engine.start(role, 1000, entropy, budgets)
);
const packet = (length = 60) => Uint8Array.from({ length }, (_, index) => (index === 0 ? 0x60 : 0));
const thrown = (call: () => unknown) => {
  try { return call(); } catch (error) { return refusalOf(error); }
};

describe("one instance is one node", () => {
  it("refuses a second engine, also when the first one is gone", () => {
    const { Engine } = newInstance().engine;
    const engine = Engine.start("mobile-node", 0, ENTROPY, BUDGETS);
    expect(thrown(() => Engine.start("mobile-node", 0, ENTROPY, BUDGETS))).toBe("engine-exists");
    (engine as any)[(Symbol as any).dispose]?.();
    expect(thrown(() => Engine.start("home-agent", 0, ENTROPY, BUDGETS))).toBe("engine-exists");
  });

  it("can be started after a refusal", () => {
    const { Engine } = newInstance().engine;
    expect(thrown(() => Engine.start("home-agent", 0, new Uint8Array(8), BUDGETS))).toBe("no-entropy");
    expect(Engine.start("home-agent", 0, ENTROPY, BUDGETS).refusals()).toEqual([]);
  });

  it("has codecs before and beside its engine", () => {
    const { engine: { Engine }, codec: { Codec } } = newInstance();
    const before = new Codec();
    const engine = Engine.start("home-agent", 0, ENTROPY, BUDGETS);
    expect(before.dissect(packet(), "raw")[0].name).toBe("ipv6");
    expect(new Codec().dissect(packet(), "raw")[0].name).toBe("ipv6");
    expect(engine.nextWakeupMs()).toBeUndefined();
  });
});

describe("a trap", () => {
  /** More than linear memory can ever have. */
  const TOO_MUCH = { ...BUDGETS, outputBytes: 0xffff_0000 };

  it("ends the instance, and no other one", () => {
    const instance = newInstance();
    const { Engine } = instance.engine;
    const other = start();
    expect(() => Engine.start("home-agent", 0, ENTROPY, TOO_MUCH)).toThrow(WebAssembly.RuntimeError);
    expect(() => Engine.start("home-agent", 0, ENTROPY, BUDGETS)).toThrow(/cannot enter component instance/);
    expect(() => new instance.codec.Codec()).toThrow(/cannot enter component instance/);
    expect(other.refusals()).toEqual([]);
  });
});

describe("batches", () => {
  it("takes more packets than the core has slots, in their order, each with its order", () => {
    const engine = start("home-agent", ENTROPY, { ...BUDGETS, slots: 4 });
    engine.command(1000, { tag: "set-device", val: { index: 0, kind: "tunnel", mtu: 1280, up: true } });
    engine.command(1000, { tag: "set-device", val: { index: 1, kind: "access", mtu: 1500, up: true } });
    engine.command(1000, { tag: "set-home-agent", val: {
      address: parseAddress("2001:db8:100::1"), maxLifetimeMs: 1e6, refreshAdviceMs: 0, replayWindowMs: 7000,
      homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 64, onLink: true, autonomous: true, routerAddress: false }],
    } });
    // Mobility headers of an unknown type are answered with a Binding Error each (RFC 6275 §9.2).
    const { codec: { Codec } } = newInstance();
    const unknown = new Codec().encode([
      { name: "ipv6", depth: 0, fields: [
        { name: "source", value: { tag: "address", val: parseAddress("2001:db8:a::17") } },
        { name: "destination", value: { tag: "address", val: parseAddress("2001:db8:100::1") } },
      ] },
      { name: "mobility-message-77", depth: 0, fields: [{ name: "data", value: { tag: "octets", val: new Uint8Array(2) } }] },
    ]);
    const orders = engine.process(1000, Array(11).fill({ device: 1, payload: { tag: "packet", val: unknown } }));
    const errors = orders.filter(({ tag }: { tag: string }) => tag === "transmit");
    expect(errors.length).toBeGreaterThan(4); // of more than one call of the core
    const names = errors.map(({ val }: any) => new Codec().dissect(val.packet, "raw").map(({ name }: any) => name).join());
    expect(new Set(names)).toEqual(new Set(["ipv6,binding-error"]));
    expect(engine.refusals().find(({ reason }) => reason === "mobility-type-unrecognized")?.packets).toBe(11n);
  });

  it("gives the same orders however the batch is split", () => {
    const orders = [1, 3, 64].map((slots) => {
      const engine = start("correspondent-node", ENTROPY, { ...BUDGETS, slots });
      engine.command(1000, { tag: "set-device", val: { index: 1, kind: "access", mtu: 1500, up: true } });
      engine.command(1000, { tag: "set-correspondent", val: {
        enabled: true, addresses: [parseAddress("2001:db8:c::c")], maxLifetimeMs: 420_000, testsPerSecond: 1000,
      } });
      const { codec: { Codec } } = newInstance();
      const codec = new Codec();
      const inputs = Array.from({ length: 10 }, (_, index) => codec.encode([
        { name: "ipv6", depth: 0, fields: [
          { name: "source", value: { tag: "address", val: parseAddress(`2001:db8:a::${index + 1}`) } },
          { name: "destination", value: { tag: "address", val: parseAddress("2001:db8:c::c") } },
        ] },
        { name: index % 2 ? "home-test-init" : "careof-test-init", depth: 0, fields: [] },
      ])).map((val: Uint8Array) => ({ device: 1, payload: { tag: "packet", val } }));
      return engine.process(1000, inputs);
    });
    expect(orders[0].filter(({ tag }) => tag === "transmit").length).toBe(10);
    expect(orders[1]).toEqual(orders[0]);
    expect(orders[2]).toEqual(orders[0]);
  });

  it("takes packets of any length, and no packets", () => {
    const engine = start();
    expect(engine.process(1000, [])).toEqual([]);
    engine.command(1000, { tag: "set-device", val: { index: 1, kind: "access", mtu: 1500, up: true } });
    const inputs = [0, 1, 39, 40, 2047, 2048, 2049, 70_000].map((length) => ({ device: 1, payload: { tag: "packet", val: packet(length) } }));
    engine.process(1000, inputs);
    const refused = engine.refusals().reduce((sum, { packets }) => sum + Number(packets), 0);
    expect(refused).toBe(inputs.length);
    expect(engine.refusals().find(({ reason }) => reason === "packet-too-large")?.packets).toBe(2n);
  });

  it("takes datagrams from an address of any length", () => {
    const engine = start();
    engine.command(1000, { tag: "set-device", val: { index: 1, kind: "access", mtu: 1500, up: true } });
    for (const length of [0, 3, 4, 16, 17]) {
      const val = { address: new Uint8Array(length), port: 4191, segmentBytes: 0, trafficClass: 0, payload: packet() };
      expect(Array.isArray(engine.process(1000, [{ device: 1, payload: { tag: "datagrams", val } }]))).toBe(true);
    }
  });

  it("does not take more memory with every call", () => {
    let memory: WebAssembly.Memory | undefined;
    const instance = newInstance(({ exports }) => { memory ??= exports.memory as WebAssembly.Memory; });
    const engine = instance.engine.Engine.start("home-agent", 1000, ENTROPY, BUDGETS);
    const inputs = Array(64).fill({ device: 1, payload: { tag: "packet", val: packet(1400) } });
    for (let round = 0; round < 5; round++) engine.process(1000, inputs);
    const before = memory!.buffer.byteLength;
    for (let round = 0; round < 200; round++) {
      engine.process(1000, inputs);
      engine.refusals();
      engine.exportState();
      thrown(() => engine.command(1000, { tag: "set-link", val: { device: 9, up: true } }));
    }
    expect(memory!.buffer.byteLength).toBe(before);
  });
});

describe("a whole network of components", () => {
  /** Engines of the component in all nodes; what is lifted of each node's latest engine. */
  function components(settings: Partial<TopologySettings> = {}) {
    const lifted: (LiftedEngine & Record<string, any>)[] = [];
    const engine = componentFactory((...given) => {
      lifted.push(newInstance().engine.Engine.start(...given));
      return lifted.at(-1)!;
    });
    const story = tellRegistered(5, { engine, ...settings });
    const of = (role: "bindings" | "updates") => lifted.find((each) => each[role]().length > 0)!;
    return { ...story, lifted, of };
  }
  /** An address of the WIT as the bindings write it. */
  const text = (address?: Uint8Array) => formatAnyAddress(address?.length === 4 ? ipv4Mapped(address) : address ?? new Uint8Array(16));

  it("carries pings, and says of itself what the core's records say", () => {
    const story = components();
    expect(reaches(story)).toBe(true);
    expect(story.homeAgent.engine).toBeInstanceOf(ComponentEngine);

    const [binding] = story.of("bindings").bindings();
    const [expected] = readBindings(story.homeAgent.engine!);
    expect({
      ...binding, homeAddress: text(binding.homeAddress), careofAddress: text(binding.careofAddress),
      traffic: Object.values(binding.traffic).map(Number),
    }).toMatchObject({
      homeAddress: expected.homeAddress, careofAddress: expected.careofAddress, node: expected.node,
      remainingMs: expected.remainingMs, ageMs: expected.ageMs, sequence: expected.sequence,
      bindingFlags: expected.flags, pathMtu: expected.pathMtu, encapsulation: "ipv6", nat: false, port: undefined,
      ipv4HomeAddress: undefined,
      traffic: [expected.packetsIn, expected.packetsOut, expected.bytesIn, expected.bytesOut],
    });
    expect(expected.packetsIn).toBeGreaterThan(0);

    const [update] = story.of("updates").updates();
    const [own] = readUpdates(story.mobileNode.engine!);
    expect({ ...update, peer: text(update.peer), careofAddress: text(update.careofAddress) }).toMatchObject({
      peer: own.peer, careofAddress: own.careofAddress, state: "registered", remainingMs: own.remainingMs,
      nextRefreshMs: own.nextRefreshMs, roundTripMs: own.roundTripMs, sequence: own.sequence, lastStatus: own.lastStatus,
      device: own.device, pathMtu: own.pathMtu, encapsulation: "ipv6",
    });

    const uplinks = story.of("updates").uplinks();
    expect(uplinks.map((each: any) => ({ ...each, careofAddress: text(each.careofAddress), router: text(each.router) })))
      .toMatchObject(readUplinks(story.mobileNode.engine!).map(({ device, state, careofAddress, router, preference, selected }) => (
        { device, state: state.toLowerCase(), careofAddress, router, preference, selected }
      )));
  });

  it.each([
    ["IPv6 and moves", {}], ["NATs and IPv4", { visited: ["nat", "ipv4", "dual-stack"], dualStack: {} } as const],
    ["a real home link", { homeLink: {} }],
  ])("does, octet by octet, what the core does by itself: %s", (_what, settings: Partial<TopologySettings>) => {
    const engine = componentFactory((...given) => newInstance().engine.Engine.start(...given));
    const traces = [{}, { engine }].map((more) => {
      const { topology, network, mobileNode, visited, ...story } = tell(11, { ...settings, ...more });
      const lines: string[] = [];
      network.watch((record) => lines.push(printRecord(record, (packet) => Buffer.from(packet).toString("hex"))));
      mobileNode.start();
      pingHome({ topology, network, mobileNode, visited, ...story }, 100);
      for (const { link } of visited) {
        mobileNode.attach(link);
        network.run(5000);
      }
      return lines;
    });
    expect(traces[0].length).toBeGreaterThan(500);
    expect(traces[1]).toEqual(traces[0]);
  });

  it("says it of a node behind a NAT as well", () => {
    const story = components({ visited: ["nat"], dualStack: {} });
    const [binding] = story.of("bindings").bindings();
    const [expected] = readBindings(story.homeAgent.engine!);
    expect(binding).toMatchObject({ encapsulation: "udp-ipv4", nat: true, port: expected.port });
    expect(binding.careofAddress.length).toBe(4);
    expect(text(binding.careofAddress)).toBe(expected.careofAddress);
    expect(text(binding.ipv4HomeAddress)).toBe(expected.ipv4HomeAddress ?? "::");
    const [update] = story.of("updates").updates();
    expect(text(update.ipv4HomeAddress)).toBe(readUpdates(story.mobileNode.engine!)[0].ipv4HomeAddress ?? "::");
    expect(story.of("updates").uplinks()[0].ipv4Address.length).toBe(4);
  });

  it("lives on after a power cut of the home agent with the state that was kept", () => {
    const story = components();
    const before = readBindings(story.homeAgent.engine!)[0].careofAddress;
    story.homeAgent.crash();
    story.homeAgent.start();
    expect(readBindings(story.homeAgent.engine!)[0].careofAddress).toBe(before);
    expect(reaches(story)).toBe(true);
  });

  it("lives on after a trap: another instance, the same commands, the kept state", () => {
    let trapsNext = false;
    const trapping = (lifted: LiftedEngine): LiftedEngine => new Proxy(lifted, {
      get: (target: any, name) => (name === "process" && trapsNext
        ? () => { trapsNext = false; throw new WebAssembly.RuntimeError("unreachable"); }
        : typeof target[name] === "function" ? target[name].bind(target) : target[name]),
    });
    const story = tellRegistered(6, {
      engine: componentFactory((...given) => trapping(newInstance().engine.Engine.start(...given))),
    });
    trapsNext = true;
    reaches(story); // whoever gets the first packet traps
    expect(story.homeAgent.recoveries + story.mobileNode.recoveries).toBe(1);
    expect(reaches(story)).toBe(true);
  });

  it("takes exported state, and says where a damaged tail begins", () => {
    const story = components();
    const state = story.of("bindings").exportState();
    const fresh = start();
    expect(fresh.importState(1000, state)[0]).toBe(state.length);
    expect(start().importState(1000, new Uint8Array([...state, 1, 2, 3]))[0]).toBe(state.length);
    expect(start().importState(1000, new Uint8Array(0))).toEqual([0, []]);
  });
});
