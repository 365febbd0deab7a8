import { beforeAll, describe, expect, it } from "vitest";
import { PRESETS } from "../../platforms/browser/lab/presets.ts";
import { checkScenario } from "../../platforms/browser/lab/scenario.ts";
import { presetOf, Teller } from "./world.ts";

/** Runs a preset to its end: each story below reads what its lesson says. */
async function tell(id: string, seconds: number): Promise<Teller> {
  const teller = await Teller.of(presetOf(id));
  return teller.run(seconds * 1000);
}

const NODE = "mobile-node-1";

describe("presets", () => {
  it("make sense, have each its own id, and one sentence each", () => {
    expect(PRESETS.length).toBeGreaterThanOrEqual(10);
    expect(new Set(PRESETS.map(({ id }) => id)).size).toBe(PRESETS.length);
    for (const { id, lesson, scenario } of PRESETS) {
      expect(checkScenario(scenario)).toEqual(scenario);
      expect(scenario.preset).toBe(id);
      expect(lesson).toMatch(/^[A-Z0-9].{20,220}\.$/);
    }
  });

  it("handover: each takes little, and the stream survives both octet by octet", async () => {
    const teller = await tell("handover", 18);
    const { handovers, signals, samples } = teller.story;
    expect(handovers.filter(({ untilMs }) => untilMs !== undefined).map(({ toLink }) => toLink)).toEqual(["visited-2", "visited-1"]);
    expect(Math.max(...teller.handoverMs)).toBeLessThan(200);
    const updates = signals.filter(({ name }) => name === "Binding Update");
    expect(updates.map(({ from, to }) => [from, to])).toEqual(Array(3).fill([NODE, "home-agent"]));
    expect(samples.at(-1)!.bitsPerSecond).toBeGreaterThan(1_000_000);
  });

  it("returning-home: the binding is deleted, and nothing is tunnelled at home", async () => {
    const teller = await tell("returning-home", 14);
    expect(teller.status(NODE)).toBe("At home");
    expect(teller.status("home-agent")).toBe("No bindings");
    const atHome = teller.story.flights.filter(({ sentMs }) => sentMs > 6000);
    expect(atHome.filter(({ kind, lost }) => kind === "tunnelled" && lost === undefined)).toEqual([]);
    expect(atHome.filter(({ kind }) => kind === "data").length).toBeGreaterThan(100);
    teller.run(6000);
    expect(teller.status(NODE)).toMatch(/^Registered by IPv6/);
    expect(teller.handoverMs.every((ms) => ms < 1500)).toBe(true);
  });

  it("route-optimisation: the direct way is shorter than the triangle, also after a handover", async () => {
    const teller = await tell("route-optimisation", 20);
    const { samples, signals } = teller.story;
    const triangle = samples.find(({ atMs, roundTripMs }) => atMs > 200 && roundTripMs !== null)!.roundTripMs!;
    expect(triangle).toBeGreaterThan(150);
    expect(samples.at(-1)!.roundTripMs).toBeLessThan(20);
    const tests = signals.filter(({ name }) => name.endsWith("Test Init"));
    expect(new Set(tests.map(({ name }) => name))).toEqual(new Set(["Home Test Init", "Care-of Test Init"]));
    expect(teller.status(NODE)).toMatch(/direct way to 1 correspondent$/);
  });

  it("nat: all goes in UDP, with one Binding Update", async () => {
    const teller = await tell("nat", 12);
    expect(teller.status(NODE)).toMatch(/^Registered by UDP over IPv4/);
    expect(teller.handoverMs[0]).toBeLessThan(200);
    expect(teller.worstLoss(8000, 12_000)).toBe(0);
  });

  it("short-nat: a silent node is always reached, and the home agent learns how often keepalives are needed", async () => {
    const teller = await tell("short-nat", 400);
    const { notes, flights } = teller.story;
    expect(notes.some(({ node, text }) => node === "home-agent" && /after 37 s of silence, and advises 25 s/.test(text))).toBe(true);
    // after it has learnt: each echo request is answered
    const echoes = (sign: RegExp, from: string) =>
      flights.filter((flight) => flight.sentMs > 91_000 && flight.from === from && sign.test(flight.summary)).length;
    expect(echoes(/^Echo Request/, "correspondent")).toBeGreaterThan(5);
    expect(echoes(/Echo Reply/, NODE)).toBe(echoes(/^Echo Request/, "correspondent"));
  });

  it("nat-reboot: nothing comes in until the next keepalive, then everything does", async () => {
    const teller = await tell("nat-reboot", 45);
    expect(teller.worstLoss(9000, 20_000)).toBe(1);
    expect(teller.story.flights.some(({ lost, from }) => lost === "the NAT has no mapping for it" && from === "visited-router-1")).toBe(true);
    expect(teller.story.notes.some(({ text }) => /gave it port/.test(text))).toBe(true);
    expect(teller.worstLoss(40_000, 45_000)).toBe(0);
  });

  it("udp-only: unanswered Binding Updates, then UDP over IPv6", async () => {
    const teller = await tell("udp-only", 15);
    expect(teller.status(NODE)).toMatch(/^Registered by UDP over IPv6/);
    const [handover] = teller.handoverMs;
    expect(handover).toBeGreaterThan(3000);
    expect(handover).toBeLessThan(6000);
    const unanswered = teller.story.signals.filter(({ name, to }) => name === "Binding Update" && to === undefined);
    expect(unanswered.length).toBe(3);
    expect(teller.story.flights.some(({ lost, kind }) => kind === "signalling" && lost === "the firewall lets it not pass")).toBe(true);
  });

  it("udp-blocked: it is registered once the way is open", async () => {
    const teller = await tell("udp-blocked", 30);
    expect(teller.status(NODE)).toMatch(/^Registered by UDP over IPv4/);
    expect(teller.handoverMs[0]).toBeGreaterThan(10_000);
    expect(teller.worstLoss(25_000, 30_000)).toBe(0);
  });

  it("home-agent-restart: packets go on with what it kept, without a Binding Update", async () => {
    const teller = await tell("home-agent-restart", 18);
    expect(teller.worstLoss(7000, 10_000)).toBe(1);
    expect(teller.worstLoss(12_000, 18_000)).toBe(0);
    expect(teller.story.signals.filter(({ name, sentMs }) => name === "Binding Update" && sentMs > 1000)).toEqual([]);
    expect(teller.status("home-agent")).toBe("1 binding");
  });

  it("lossy-link: a lost Binding Update is sent again, and the stream survives", async () => {
    const teller = await tell("lossy-link", 45);
    const updates = teller.story.signals.filter(({ name, sentMs }) => name === "Binding Update" && sentMs > 5000);
    expect(updates[0].to).toBeUndefined();
    expect(updates[1].to).toBe("home-agent");
    expect(updates[1].sentMs - updates[0].sentMs).toBeGreaterThan(900);
    expect(teller.handoverMs.every((ms) => ms < 5000)).toBe(true);
    expect(teller.story.samples.at(-1)!.bitsPerSecond).toBeGreaterThan(1_000_000);
    expect(teller.worstLoss(10_000, 30_000)).toBeGreaterThan(0.3);
  });

  it("silent-cut: advertisements that stay away tell it, and it registers again when they come back", async () => {
    const teller = await tell("silent-cut", 19);
    expect(teller.story.notes.some(({ node, text }) => node === NODE && /^no longer hears the router/.test(text))).toBe(true);
    expect(teller.status(NODE)).toBe("Looks for a network");
    expect(teller.story.flights.some(({ lost }) => lost === "the link is cut")).toBe(true);
    teller.run(6000);
    expect(teller.status(NODE)).toMatch(/^Registered by IPv6/);
  });

  it("satellite: the handover takes the round trip, there and not back", async () => {
    const teller = await tell("satellite", 20);
    const [there, back] = teller.handoverMs;
    expect(there).toBeGreaterThan(1000);
    expect(back).toBeLessThan(200);
  });
});

describe("twenty nodes", () => {
  let teller: Teller;
  beforeAll(async () => {
    teller = await tell("twenty-nodes", 30);
  });

  it("are all registered, each by what its network lets pass", () => {
    const ways = new Set(teller.world.nodes.filter(({ kind }) => kind === "mobile-node").map(({ status }) => status.split(",")[0]));
    expect([...ways].sort()).toEqual(["Registered by IPv6", "Registered by UDP over IPv4", "Registered by UDP over IPv6"]);
    expect(teller.status("home-agent")).toBe("20 bindings");
    expect(teller.handoverMs.length).toBe(10);
    expect(teller.handoverMs.every((ms) => ms < 6000)).toBe(true);
  });

  it("let no core trap", () => {
    expect(teller.frames.at(-1)!.traps).toBe(0);
  });
});
