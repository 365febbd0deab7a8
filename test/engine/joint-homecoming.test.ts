/** A mobile node with an optimised correspondent comes home to the core's own home agent, and leaves again. */
import { describe, expect, it } from "vitest";
import { valueOf } from "../../bindings/codec.ts";
import { ROUTE_OPTIMISATION_DEFAULTS, setRouteOptimisation } from "../../bindings/commands.ts";
import { readBindings, readPeers } from "../../bindings/status.ts";
import { HOME } from "./advertising.ts";
import { CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT } from "./harness.ts";
import { solicitation } from "./home-link.ts";
import { layersOf, solicitations, state } from "./home-side-link.ts";
import { JointNetwork, VISITED_B, hasAddress, hasRoute } from "./joint-network.ts";
import { addresses, codec } from "./network.ts";

const CAREOF_B = "2001:db8:b::17";
const STEP_MS = 50;

const numbered = (source: string, destination: string, sequence: number) => codec.encode([
  { name: "ipv6", fields: { source, destination, hopLimit: 60 } }, { name: "echo-request", fields: { identifier: 7, sequence } },
]);
const numberOf = (packet: Uint8Array) => valueOf(codec.dissect(packet).at(-1)!, "sequence") as number;

/** Both talk all the time, one packet each way every STEP_MS. */
class Talk {
  private count = 0;
  constructor(readonly network: JointNetwork) {}

  /** Lets both talk, and returns when packets of the mobile node and to it were sent that were lost, ms from now. */
  lostWithin(ms: number): { out: number[]; in: number[] } {
    const first = this.count;
    const { network } = this;
    for (const end = first + ms / STEP_MS; this.count < end; this.count++) {
      network.sendFromMobile(numbered(HOME_ADDRESS, CORRESPONDENT, this.count));
      network.sendFromCorrespondent(numbered(CORRESPONDENT, HOME_ADDRESS, this.count));
      network.pass(STEP_MS);
    }
    const lost = (arrived: Uint8Array[]) => {
      const numbers = new Set(arrived.map(numberOf));
      return Array.from({ length: this.count - first }, (_, index) => index).filter((index) => !numbers.has(first + index)).map((index) => index * STEP_MS);
    };
    return { out: lost(network.atCorrespondent), in: lost(network.atMobile) };
  }
}

const NONE = { out: [], in: [] };

/** Registered away from a real home link, with an optimised route to the correspondent, and all of it quiet. */
function optimised(): { network: JointNetwork; talk: Talk } {
  const network = new JointNetwork({ link: {} });
  setRouteOptimisation(network.mobile.engine, { ...ROUTE_OPTIMISATION_DEFAULTS, afterPackets: 1 }, network.mobile.now);
  network.visit();
  network.pass(3000);
  const talk = new Talk(network);
  expect(talk.lostWithin(1000)).toEqual(NONE);
  expect(readPeers(network.mobile.engine)).toMatchObject([{ address: CORRESPONDENT, optimised: true }]);
  expect(readBindings(network.correspondent.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: CAREOF }]);
  return { network, talk };
}

function atHome(): { network: JointNetwork; talk: Talk } {
  const { network, talk } = optimised();
  network.comeHome();
  network.pass(6000);
  expect(state(network.mobile)).toBe("AtHome");
  network.homeLink.length = network.internet.length = 0;
  return { network, talk };
}

/** What the home agent answers to a neighbour that looks for the home address. */
function answers(network: JointNetwork): string[] {
  network.agent.receive(HOME, solicitation());
  return network.agent.take().map(({ packet }) => layersOf(packet).at(-1)!);
}

/** When the mobile node had the last acknowledgement of its home agent. */
const acknowledgedMs = (network: JointNetwork) => network.mobile.events.findLast(({ name }) => name === "BindingAcknowledged")!.atMs;

describe("coming home (RFC 6275 §11.5.5)", () => {
  it("ends the binding at the home agent, and its defence of the home address (6275-10.3.2-11)", () => {
    const { network } = optimised();
    expect(answers(network)).toEqual(["neighbour-advertisement"]);
    network.comeHome();
    network.pass(1000);
    expect(state(network.mobile)).toBe("AtHome");
    expect(readBindings(network.agent.engine)).toEqual([]);
    expect(hasRoute(network.agent, HOME_ADDRESS)).toBe(false);
    expect(answers(network)).toEqual([]);
    expect(hasAddress(network.mobile, HOME_ADDRESS)).toBe(true);
  });

  it("ends the binding at the correspondent, by an update from the home address", () => {
    const { network } = optimised();
    network.internet.length = 0;
    network.comeHome();
    network.pass(1000);
    expect(network.internet.map((packet) => [...addresses(packet), ...layersOf(packet)])).toEqual([
      [HOME_ADDRESS, CORRESPONDENT, "ipv6", "binding-update"], [CORRESPONDENT, HOME_ADDRESS, "ipv6", "binding-acknowledgement"],
    ]);
    expect(readBindings(network.correspondent.engine)).toEqual([]);
    expect(hasRoute(network.correspondent, HOME_ADDRESS)).toBe(false);
    expect(readPeers(network.mobile.engine)).toMatchObject([{ address: CORRESPONDENT, optimised: false }]);
  });

  it("lets packets go plain on the link, both ways", () => {
    const { network, talk } = atHome();
    expect(talk.lostWithin(1000)).toEqual(NONE);
    const onWire = [...network.homeLink.map(({ packet }) => packet), ...network.internet].filter((packet) => !layersOf(packet).includes("neighbour-advertisement"));
    expect(onWire.length).toBeGreaterThanOrEqual(80);
    for (const packet of onWire) {
      expect(layersOf(packet)).toEqual(["ipv6", "echo-request"]);
      expect(addresses(packet).sort()).toEqual([HOME_ADDRESS, CORRESPONDENT].sort());
    }
  });

  it("loses packets only until the router of the home link is heard", () => {
    const { network, talk } = optimised();
    network.comeHome();
    const heard = () => network.mobile.events.findLast(({ name }) => name === "HomeReached")!.atMs;
    const left = network.mobile.now;
    const lost = talk.lostWithin(6000);
    expect(heard() - left).toBeLessThanOrEqual(500); // MAX_RA_DELAY_TIME
    for (const sentMs of [...lost.out, ...lost.in]) expect(sentMs).toBeLessThanOrEqual(heard() - left);
  });
});

describe("leaving home again", () => {
  it("registers once the home agent has found nobody else at the home address (6275-10.3.1-14)", () => {
    const { network } = atHome();
    const left = network.mobile.now;
    network.visit(VISITED_B);
    network.pass(900);
    expect(solicitations(network.homeLink.map(({ packet }) => ({ device: HOME, packet })))).toHaveLength(1);
    expect(readBindings(network.agent.engine)).toEqual([]);
    network.pass(1100);
    expect(state(network.mobile)).toBe("Registered");
    expect(acknowledgedMs(network) - left).toBeGreaterThanOrEqual(1000);
    expect(readBindings(network.agent.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: CAREOF_B }]);
    expect(answers(network)).toEqual(["neighbour-advertisement"]);
    expect(hasAddress(network.mobile, HOME_ADDRESS)).toBe(false);
  });

  it("takes the direct way again", () => {
    const { network, talk } = atHome();
    network.visit(VISITED_B);
    network.pass(3000);
    expect(talk.lostWithin(1000)).toEqual(NONE);
    expect(readPeers(network.mobile.engine)).toMatchObject([{ address: CORRESPONDENT, optimised: true, careofAddress: CAREOF_B }]);
    expect(readBindings(network.correspondent.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: CAREOF_B }]);
    network.internet.length = 0;
    expect(talk.lostWithin(200)).toEqual(NONE);
    expect(new Set(network.internet.map((packet) => addresses(packet).join(" ")))).toEqual(new Set([`${CAREOF_B} ${CORRESPONDENT}`, `${CORRESPONDENT} ${CAREOF_B}`]));
    expect(network.internet.some((packet) => addresses(packet).includes(HOME_AGENT))).toBe(false);
  });

  it("loses packets only until it is registered", () => {
    const { network, talk } = atHome();
    const left = network.mobile.now;
    network.visit(VISITED_B);
    const lost = talk.lostWithin(6000);
    const registered = acknowledgedMs(network) - left;
    expect(registered).toBeLessThanOrEqual(2100); // the home agent's duplicate address detection, and its answer
    expect(lost.in.length).toBeGreaterThan(0);
    for (const sentMs of [...lost.out, ...lost.in]) expect(sentMs).toBeLessThanOrEqual(registered);
  });
});
