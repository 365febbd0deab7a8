/** A mobile node that discovers the core's own home agent is renumbered by it (RFC 6275 §10.6, §11.4.2). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { type HomePrefix, setHomeAgent, setPrefixDelivery } from "../../bindings/commands.ts";
import { readBindings, readUpdates } from "../../bindings/status.ts";
import { ANYCAST } from "./advertising.ts";
import { CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, TUNNEL } from "./harness.ts";
import { layersOf } from "./home-side-link.ts";
import { JointNetwork, hasAddress } from "./joint-network.ts";
import { addresses, echo } from "./network.ts";

const [OLD, NEW] = ["2001:db8:100::", "2001:db8:300::"].map(parseAddress);
/** Formed in the new prefix with the interface identifier of the first home address. */
const FURTHER = "2001:db8:300::17";
const OLD_VALID_MS = 120_000;
const UNSPECIFIED = new Uint8Array(16);

const homes = (network: JointNetwork) => readUpdates(network.mobile.engine).map(({ homeAddress, state }) => `${homeAddress} ${state}`).sort();
const bound = (network: JointNetwork) => readBindings(network.agent.engine).map(({ homeAddress, careofAddress }) => `${homeAddress} ${careofAddress}`).sort();

function serve(network: JointNetwork, ...homePrefixes: HomePrefix[]): void {
  setHomeAgent(network.agent.engine, {
    address: parseAddress(HOME_AGENT), homePrefixes, maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000,
  }, network.agent.now);
  network.settle();
}

/** What crossed the internet between mobile node and home agent since the last look, payload left out. */
function messages(network: JointNetwork): string[] {
  return network.internet.splice(0).map((packet) => layersOf(packet).at(-1)!).filter((name) => /^mobile-prefix|^home-agent-|^binding-/.test(name));
}

/** Registered with the home agent that it has discovered. */
function registered(link?: object): JointNetwork {
  const network = new JointNetwork({ mobile: { homeAgent: UNSPECIFIED }, link });
  setPrefixDelivery(network.agent.engine, { enabled: true, minIntervalMs: 10_000, maxIntervalMs: 20_000 }, network.agent.now);
  network.visit();
  network.pass(3000);
  return network;
}

/** The old prefix is deprecated and a new one served, and the mobile node has acted on it. */
function renumbered(link?: object): JointNetwork {
  const network = registered(link);
  network.pass(30_000);
  messages(network);
  serve(network, { address: OLD, length: 64, validMs: OLD_VALID_MS, preferredMs: 0 }, { address: NEW, length: 64 });
  network.pass(30_000);
  return network;
}

/** One packet of the home address to the correspondent and one back; returns where they went in between. */
function talk(network: JointNetwork, home: string): string[] {
  network.internet.length = network.atCorrespondent.length = network.atMobile.length = 0;
  network.mobile.receive(TUNNEL, echo(home, CORRESPONDENT));
  network.sendFromCorrespondent(echo(CORRESPONDENT, home));
  expect(network.atCorrespondent.map(addresses)).toEqual([[home, CORRESPONDENT]]);
  expect(network.atMobile.map(addresses)).toEqual([[CORRESPONDENT, home]]);
  return network.internet.map((packet) => addresses(packet).join(" ")).filter((each) => each.includes(CAREOF));
}

describe.each<[string, object | undefined]>([["virtual", undefined], ["real", {}]])("a %s home link", (_, link) => {
  it("has its home agent discovered at the anycast address, and registered with", () => {
    const network = registered(link);
    const request = network.internet.find((packet) => layersOf(packet).includes("home-agent-address-discovery-request"))!;
    expect(addresses(request)).toEqual([CAREOF, ANYCAST]);
    expect(messages(network)).toEqual([
      "home-agent-address-discovery-request", "home-agent-address-discovery-reply", "binding-update", "binding-acknowledgement",
    ]);
    expect(readUpdates(network.mobile.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, peer: HOME_AGENT, state: "Registered" }]);
    expect(bound(network)).toEqual([`${HOME_ADDRESS} ${CAREOF}`]);
  });

  it("tells a node away from home unasked of a new prefix, at a random moment, and fully when it asks (6275-10.6.2-1, 6275-10.6.3-3)", () => {
    const network = registered(link);
    network.pass(30_000);
    messages(network);
    serve(network, { address: OLD, length: 64, validMs: OLD_VALID_MS, preferredMs: 0 }, { address: NEW, length: 64 });
    network.pass(9900);
    expect(messages(network)).toEqual([]);
    network.pass(20_100);
    const sent = messages(network);
    expect(sent.slice(0, 2)).toEqual(["mobile-prefix-advertisement", "mobile-prefix-solicitation"]);
    expect(sent.indexOf("binding-update")).toBeGreaterThan(sent.indexOf("mobile-prefix-advertisement", 1));
    expect(network.mobile.events.filter(({ name }) => name === "HomeAddressFormed").map(({ fields }) => fields))
      .toEqual([{ homeAddress: FURTHER, before: HOME_ADDRESS }]);
  });

  it("binds the further home address that the node forms in the new prefix, beside the first (6275-8.5-13, 6275-11.7.1-20)", () => {
    const network = renumbered(link);
    expect(homes(network)).toEqual([`${HOME_ADDRESS} Registered`, `${FURTHER} Registered`]);
    expect(bound(network)).toEqual([`${HOME_ADDRESS} ${CAREOF}`, `${FURTHER} ${CAREOF}`]);
    expect(hasAddress(network.mobile, FURTHER, TUNNEL)).toBe(true);
  });

  it("carries packets of both home addresses", () => {
    const network = renumbered(link);
    const throughTunnel = [`${CAREOF} ${HOME_AGENT}`, `${HOME_AGENT} ${CAREOF}`];
    expect(talk(network, HOME_ADDRESS)).toEqual(expect.arrayContaining(throughTunnel));
    expect(talk(network, FURTHER)).toEqual(expect.arrayContaining(throughTunnel));
  });

  it("keeps no binding beyond the old prefix; the node goes on with the new one (6275-10.3.1-17, 6275-10.3.1-19, 6275-11.4.2-6)", () => {
    const network = renumbered(link);
    for (const { homeAddress, remainingMs } of readBindings(network.agent.engine)) {
      if (homeAddress === HOME_ADDRESS) expect(remainingMs).toBeLessThanOrEqual(OLD_VALID_MS - 30_000);
    }
    network.pass(OLD_VALID_MS - 40_000);
    expect(homes(network)).toHaveLength(2);
    network.pass(30_000);
    expect(homes(network)).toEqual([`${FURTHER} Registered`]);
    expect(bound(network)).toEqual([`${FURTHER} ${CAREOF}`]);
    expect(hasAddress(network.mobile, HOME_ADDRESS, TUNNEL)).toBe(false);
    expect(hasAddress(network.mobile, FURTHER, TUNNEL)).toBe(true);
    talk(network, FURTHER);
    network.mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(network.mobile.refused(Reason.InnerSourceNotHome)).toBe(1);
    network.pass(1_000_000, 500);
    expect(bound(network)).toEqual([`${FURTHER} ${CAREOF}`]);
    talk(network, FURTHER);
  });
});
