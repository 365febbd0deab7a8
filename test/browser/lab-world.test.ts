import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../bindings/config/index.ts";
import { readCapture } from "../../bindings/pcapng.ts";
import type { Action, Frame, Scenario } from "../../platforms/browser/lab/contract.ts";
import { startLabWorld } from "../../platforms/browser/lab/world/index.ts";
import { binary, joined, presetOf, Teller } from "./world.ts";

const NODE = "mobile-node-1";

const TOLD_MS = 3200;

/** A busy world: all kinds of networks, a home link, the direct way. */
const BUSY: Scenario = {
  seed: 5, mobileNodes: 3, routeOptimisation: true, homeLink: true, traffic: { pingEveryMs: 50, stream: true },
  visited: [{ kind: "ipv6", conditions: { loss: 0.05 } }, { kind: "short-nat" }, { kind: "udp-ipv6" }], actions: [],
};

/** The frames of a run that is cut into pieces, and in which a person does things at certain times. */
async function runInPieces(scenario: Scenario, pieces: readonly number[], totalMs: number, deeds: ReadonlyMap<number, Action> = new Map()) {
  const lab = await startLabWorld(binary);
  lab.load(scenario);
  const frames: Frame[] = [];
  let now = 0;
  let next = 0;
  const stops = [...deeds.keys(), totalMs].sort((a, b) => a - b);
  for (const stop of stops) {
    while (now < stop) {
      const ms = Math.min(pieces[next++ % pieces.length], stop - now);
      const frame = lab.advance(ms);
      frames.push(frame);
      now = frame.nowMs;
    }
    const deed = deeds.get(stop);
    if (deed) {
      lab.act(deed);
      frames.push(lab.advance(0));
      now = frames.at(-1)!.nowMs;
    }
  }
  // states are asked for at the end of a piece: those in between depend on where it ends
  return { lab, story: JSON.stringify({ ...joined(frames), machines: undefined }) };
}

describe("a world", () => {
  it("has the nodes and links of its scenario, and says what each does", async () => {
    const { world } = await Teller.of(BUSY);
    expect(world.nodes.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      "mobile-node-1 mobile-node", "mobile-node-2 mobile-node", "mobile-node-3 mobile-node", "home-agent home-agent", "correspondent correspondent", "core-router router",
      "visited-router-1 router", "visited-router-2 nat", "visited-router-3 router", "neighbour host",
    ]);
    expect(world.links.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      "backbone backbone", "home-access backbone", "home-link home", "correspondents correspondents",
      "visited-1 visited", "visited-2 visited", "visited-3 visited",
    ]);
    expect(world.nodes[0]).toMatchObject({ addresses: expect.arrayContaining(["2001:db8:1::101"]), running: true, links: ["visited-1"] });
    expect(world.links.find(({ id }) => id === "visited-1")!.conditions).toEqual({ delayMs: 1, loss: 0.05, bitsPerSecond: 0, cut: false });
  });

  it("is a function of its scenario, however time is cut", async () => {
    const scenario = { ...BUSY, actions: [
      { atMs: 1500, kind: "attach", node: NODE, link: "visited-2" }, { atMs: 2500, kind: "forget-mappings", node: "visited-router-2" },
      { atMs: 2700, kind: "attach", node: NODE, link: null }, { atMs: 2900, kind: "attach", node: NODE, link: "home-link" },
    ] } satisfies Scenario;
    const whole = await runInPieces(scenario, [TOLD_MS], TOLD_MS);
    expect(JSON.parse(whole.story).flights.length).toBeGreaterThan(1000);
    await fc.assert(fc.asyncProperty(
      fc.array(fc.double({ min: 3, max: 300, noNaN: true }), { minLength: 1, maxLength: 8 }),
      async (pieces) => {
        expect((await runInPieces(scenario, pieces, TOLD_MS)).story === whole.story).toBe(true);
      },
    ), { numRuns: 5, seed: 1 });
  }, 60_000);

  it("records what a person does, and tells the same story again from the record", async () => {
    const deeds = new Map<number, Action>([
      [700.123, { kind: "attach", node: NODE, link: "visited-3" }],
      [1200, { kind: "conditions", link: "visited-3", conditions: { delayMs: 20, loss: 0.2 } }],
      [1300.7, { kind: "power", node: "home-agent", on: false }], [1900, { kind: "power", node: "home-agent", on: true }],
      [2000, { kind: "traffic", node: NODE, traffic: { stream: false, pingEveryMs: 20 } }],
    ]);
    const played = await runInPieces(BUSY, [16.7], 3500, deeds);
    const record = JSON.parse(JSON.stringify(played.lab.scenario())) as Scenario;
    expect(record.actions.map(({ kind }) => kind)).toEqual(["attach", "conditions", "power", "power", "traffic"]);
    const again = await runInPieces(record, [333], 3500);
    expect(again.story === played.story).toBe(true);
  }, 30_000);

  it("can be loaded in the middle of its story, with the same packets behind the same numbers", async () => {
    const teller = (await Teller.of(presetOf("handover"))).run(6000);
    const lab = await startLabWorld(binary);
    lab.load(presetOf("handover"), 6000);
    const { flights, machines } = lab.advance(500);
    expect(machines).toContainEqual({ node: NODE, machine: "registration", state: "Registered" });
    expect(flights).toEqual(teller.lab.advance(500).flights);
    const { id } = flights[0];
    expect(lab.packet(id)!.octets).toEqual(teller.lab.packet(id)!.octets);
  });

  it("stops at the next event when it is asked to, and at the end of the time else", async () => {
    const lab = await startLabWorld(binary);
    lab.load({ ...presetOf("silent-cut"), actions: [] });
    lab.advance(3000);
    const frame = lab.advance(10_000, "event");
    expect(frame.flights.length).toBeGreaterThan(0);
    expect(frame.flights.every(({ sentMs }) => sentMs === frame.nowMs)).toBe(true);
    expect(frame.nowMs).toBeLessThan(5000);
    expect(lab.advance(0.25, "event").nowMs).toBeCloseTo(frame.nowMs + 0.25, 6);
  });

  it("goes on in time where no link has a delay", async () => {
    const scenario = presetOf("handover");
    const links = ["backbone", "home-access", "correspondents", ...scenario.visited.map((_, index) => `visited-${index + 1}`)];
    const actions = links.map((link) => ({ kind: "conditions" as const, atMs: 0, link, conditions: { delayMs: 0 } }));
    const lab = await startLabWorld(binary);
    lab.load({ ...scenario, preset: undefined, traffic: { pingEveryMs: 10, stream: true }, actions });
    for (let atMs = 0; atMs < 2000; atMs += 100) lab.advance(100);
    expect(lab.advance(1).nowMs).toBe(2001);
  });

  it("refuses what makes no sense, by name", async () => {
    const lab = await startLabWorld(binary);
    expect(() => lab.advance(1)).toThrow(/call load first/);
    lab.load(presetOf("handover"));
    expect(() => lab.advance(-1)).toThrow(RangeError);
    expect(() => lab.advance(NaN)).toThrow(RangeError);
    for (const untilMs of [-1, NaN, Infinity, 1e12]) expect(() => lab.load(presetOf("handover"), untilMs)).toThrow(RangeError);
    const act = (action: unknown) => () => lab.act(action as Action);
    expect(act({ kind: "attach", node: "mobile-node-2", link: "visited-1" })).toThrow("node must be one of mobile-node-1");
    expect(act({ kind: "attach", node: NODE, link: "backbone" })).toThrow("link must be one of visited-1, visited-2");
    expect(act({ kind: "power", node: "correspondent", on: true })).toThrow("node must be one of mobile-node-1, home-agent");
    expect(act({ kind: "forget-mappings", node: "visited-router-1" })).toThrow("node must be a NAT, and this world has none");
    expect(act({ kind: "conditions", link: "visited-1", conditions: { loss: 2 } })).toThrow("conditions.loss must be a number from 0 to 1");
    expect(lab.scenario().actions).toHaveLength(2);
  });
});

describe("flights", () => {
  it("go hop by hop, and what is lost says why and where", async () => {
    const teller = (await Teller.of({ ...presetOf("handover"), actions: [] })).run(1000);
    teller.lab.act({ kind: "conditions", link: "visited-1", conditions: { cut: true } });
    teller.run(300);
    const lost = teller.story.flights.filter(({ lost: why }) => why !== undefined && why === "the link is cut");
    expect(lost.length).toBeGreaterThan(2);
    expect(new Set(lost.map(({ link }) => link))).toEqual(new Set(["visited-1"]));
    expect(lost.some(({ from, to }) => from === "visited-router-1" && to === NODE)).toBe(true);
    const way = teller.story.flights.filter(({ summary, sentMs }) => /Echo Request 5$/.test(summary) && sentMs > 200)
      .map(({ link, kind }) => [link, kind]);
    expect(way).toEqual([
      ["correspondents", "data"], ["home-access", "data"], ["home-access", "tunnelled"], ["backbone", "tunnelled"], ["visited-1", "tunnelled"],
    ]);
  });

  it("can be opened, the last ten thousand of them", async () => {
    const teller = (await Teller.of(BUSY)).run(12_000, 1000);
    const { flights } = teller.story;
    expect(flights.length).toBeGreaterThan(10_100);
    expect(teller.lab.packet(flights[0].id)).toBeUndefined();
    expect(teller.lab.packet(flights.at(-1)!.id + 1)).toBeUndefined();
    for (const { id, lengthBytes, kind } of flights.slice(-200)) {
      const packet = teller.lab.packet(id)!;
      expect(packet.octets.length).toBe(lengthBytes + (packet.layers[0].name === "ethernet" ? 14 : 0));
      expect(packet.layers.some(({ problem }) => problem)).toBe(false);
      if (kind === "signalling") expect(packet.lines.join()).toMatch(/Mobility|Binding|Test/);
    }
  }, 20_000);

  it("are a capture file, with why a packet went no further", async () => {
    const teller = (await Teller.of(presetOf("udp-only"))).run(9500);
    const packets = [...readCapture(teller.lab.pcapng())];
    expect(packets.length).toBeGreaterThan(300);
    const dropped = packets.filter(({ comment }) => comment?.includes("dropped by visited-router-2: the firewall lets it not pass"));
    expect(dropped.length).toBeGreaterThan(2);
    expect(packets.every(({ octets }) => [0x0800, 0x86dd, 0x0806].includes((octets[12] << 8) | octets[13]))).toBe(true);
    expect(packets.every(({ octets }) => octets[6] === 2 && octets.subarray(6, 12).some((octet, index) => index > 0 && octet > 0))).toBe(true);
    const times = packets.map(({ timestampNs }) => timestampNs!);
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  });
});

describe("machines", () => {
  it("are told with their tables, and each state of a node stands in one", async () => {
    const teller = (await Teller.of({ ...BUSY, visited: [{ kind: "nat" }, { kind: "ipv6" }] })).run(500);
    teller.lab.act({ kind: "attach", node: NODE, link: "visited-2" });
    teller.run(2000);
    const tables = new Map(teller.lab.machines().map((table) => [table.machine, table]));
    expect([...tables.keys()]).toEqual(["registration", "uplink", "way", "peer"]);
    const told = teller.story.machines;
    for (const { machine, state } of told) expect(tables.get(machine.split("/")[0])!.states).toContain(state);
    const registration = told.filter(({ node, machine }) => node === NODE && machine === "registration").map(({ state }) => state);
    expect(registration.slice(-3)).toEqual(["Idle", "Registering", "Registered"]);
    // each step of it is one that the table has
    const steps = tables.get("registration")!.transitions;
    registration.slice(1).forEach((state, index) => {
      expect(steps.some(({ from, to }) => from === registration[index] && to === state), `${registration[index]} to ${state}`).toBe(true);
    });
    expect(told.some(({ machine, state }) => machine.startsWith("peer/") && state === "Optimised")).toBe(true);
  });
});

describe("the files for real daemons", () => {
  it.each([presetOf("handover"), BUSY, presetOf("twenty-nodes")])("pass the loader of the daemons (%#)", async (scenario) => {
    const { lab } = await Teller.of(scenario);
    const files = lab.configuration();
    const texts = new Map(files.map(({ name, text }) => [name, text]));
    const readFile = (name: string) => texts.get(name)!;
    const configs = files.filter(({ name }) => name.endsWith(".toml")).map(({ name, text }) => loadConfig(text, name, { readFile }));
    expect(configs.map(({ config }) => config.role)).toEqual([
      "home-agent", ...Array<string>(scenario.mobileNodes).fill("mobile-node"), ...(scenario.routeOptimisation ? ["correspondent"] : []),
    ]);
    // each daemon of a host can be asked for its status
    expect(new Set(configs.map(({ config }) => config.control ?? "")).size).toBe(configs.length);
    for (const { config } of configs) {
      expect(config.control).toBeDefined();
      if (config.role === "home-agent") expect(config.nodes).toHaveLength(scenario.mobileNodes);
      if (config.role === "home-agent") expect(config.homeLink.interface).toBe(scenario.homeLink ? "eth1" : undefined);
    }
  });
});
