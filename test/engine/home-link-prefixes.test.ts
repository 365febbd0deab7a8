import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { type HomePrefix, type NodeSettings, addNode, removeNode, setHomeAgent, setWallClock } from "../../bindings/commands.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, CAREOF, EPOCH, HOME_ADDRESS, HOME_AGENT, type Node, SECURITY, hex, homeAgent } from "./harness.ts";
import { HOME, LINK_LOCAL, advertisement, attach, linkedHomeAgent, registerAway, words } from "./home-link.ts";
import { type BindingUpdateOptions, bindingUpdate, ntp, readAcknowledgement } from "./messages.ts";

const at = (ms: number) => ntp(EPOCH + ms);
const prefix = (text: string, lifetimes: Partial<HomePrefix> = {}): HomePrefix => ({ address: parseAddress(text), length: 64, ...lifetimes });
const OLD = "2001:db8:100::";
const NEW = "2001:db8:101::";
const RENUMBERED = "2001:db8:101::17";
const unsigned = { key: null, identity: null, timestamp: null };

/** Gives the home agent other prefixes. */
function serve(agent: Node, ...homePrefixes: HomePrefix[]): void {
  setHomeAgent(agent.engine, { address: parseAddress(HOME_AGENT), homePrefixes, maxLifetimeMs: 3_600_000, refreshAdviceMs: 0, replayWindowMs: 7000 }, agent.now);
  agent.advance(0);
}

/** Gives a Binding Update to a home agent on a virtual link and reads its answer, if any. */
function ask(agent: Node, options: BindingUpdateOptions = {}) {
  agent.take();
  agent.receive(ACCESS, bindingUpdate(options));
  const [answer] = agent.take();
  return answer && readAcknowledgement(answer.packet, options.alternate ?? options.source ?? CAREOF, options.home ?? HOME_ADDRESS);
}

const ended = (agent: Node) => agent.events.filter(({ name }) => name === "BindingEnded").map(({ fields }) => [fields.homeAddress, fields.why]);

describe("lifetime and status follow the home prefix (RFC 6275 §10.3.1)", () => {
  const rows: [name: string, valid: number, preferred: number, asked: number, granted: number, status: number][] = [
    ["valid and preferred for ever", Infinity, Infinity, 600, 600, 0],
    ["preferred for longer than the binding", 7200, 1000, 600, 600, 0],
    ["preferred for as long", 7200, 600, 600, 600, 0],
    ["preferred for a unit less: deprecated within the lifetime, which stays", 7200, 596, 600, 600, 1],
    ["preferred for a fraction less, which is rounded down", 7200, 603.9, 604, 604, 1],
    ["preferred for a fraction more", 7200, 604.5, 604, 604, 0],
    ["deprecated already", 7200, 0, 600, 600, 1],
    ["valid for less than is asked", 300, 300, 600, 300, 1],
    ["valid for exactly as long: invalid at the end of the lifetime", 600, 600, 600, 600, 1],
    ["valid for a fraction of a unit longer", 603, 603, 600, 600, 1],
    ["valid for a unit longer", 604, 604, 600, 600, 0],
    ["valid for 4 s", 4, 4, 600, 4, 1],
  ];
  it.each(rows)("%s (6275-10.3.1-16, 6275-10.3.1-17, 6275-10.6.4-1, 6275-10.3.1-18, 6275-10.3.1-24, 6275-10.3.1-25, 6275-10.3.1-28, 6275-6.1.7-6)", (_, valid, preferred, asked, granted, status) => {
    const agent = homeAgent({ homePrefixes: [prefix(OLD, { validMs: valid * 1000, preferredMs: preferred * 1000 })] });
    expect(ask(agent, { lifetimeS: asked })).toMatchObject({ status, lifetimeS: granted, signed: true });
    expect(readBindings(agent.engine)[0].remainingMs).toBe(granted * 1000);
  });

  it("a prefix that is valid for less than a unit binds nothing: 132", () => {
    const agent = homeAgent({ homePrefixes: [prefix(OLD, { validMs: 3900, preferredMs: 0 })] });
    expect(ask(agent)!.status).toBe(132);
    expect(agent.refused(Reason.HomePrefixEnding)).toBe(1);
    expect(readBindings(agent.engine)).toEqual([]);
    const late = homeAgent({ homePrefixes: [prefix(OLD, { validMs: 10_000, preferredMs: 0 })] });
    expect(ask(late)).toMatchObject({ status: 1, lifetimeS: 8 });
    late.advance(7000);
    expect(ask(late, { sequence: 101, timestamp: at(8000) })!.status).toBe(132);
    expect(readBindings(late.engine)).toHaveLength(1); // what was granted is kept
    late.advance(2000);
    expect(ask(late, { sequence: 102, timestamp: at(10_000) })!.status).toBe(132);
    late.advance(2000);
    expect(ask(late, { sequence: 103, timestamp: at(12_000) })!.status).toBe(132);
    expect(late.refused(Reason.NotHomeSubnet)).toBe(1); // now it is no home prefix any more (6275-10.3.1-6)
  });

  it("the binding is kept for its lifetime although it was advised to refresh sooner (6275-10.3.1-33)", () => {
    const agent = homeAgent({ refreshAdviceMs: 8000 });
    expect(ask(agent, { lifetimeS: 40 })!.refreshS).toBe(8);
    agent.advance(39_999);
    expect(readBindings(agent.engine)).toHaveLength(1);
  });
});

describe("other prefixes, given while bindings live", () => {
  it("a prefix that is gone takes its bindings with it (6275-10.3.1-19)", () => {
    const agent = linkedHomeAgent({ homePrefixes: [prefix(OLD), prefix(NEW)] });
    registerAway(agent);
    registerAway(agent, { home: RENUMBERED, sequence: 5, timestamp: at(2000) });
    expect(readBindings(agent.engine)).toHaveLength(2);
    serve(agent, prefix(NEW));
    expect(ended(agent)).toEqual([[HOME_ADDRESS, "home prefix ended"]]);
    expect(readBindings(agent.engine).map(({ homeAddress }) => homeAddress)).toEqual([RENUMBERED]);
    expect(agent.network).toContain(`-to 0 ${hex(parseAddress(HOME_ADDRESS))}/128`);
  });

  it("one that is valid for less time shortens them (6275-10.3.1-17, 6275-10.3.1-19)", () => {
    const agent = homeAgent();
    ask(agent);
    serve(agent, prefix(OLD, { validMs: 50_000, preferredMs: 0 }));
    expect(readBindings(agent.engine)[0].remainingMs).toBe(50_000);
    agent.advance(49_999);
    expect(readBindings(agent.engine)).toHaveLength(1);
    agent.advance(2);
    expect(ended(agent)).toEqual([[HOME_ADDRESS, "expired"]]);
  });

  it("one that is valid for longer leaves them as they were promised", () => {
    const agent = homeAgent({ homePrefixes: [prefix(OLD, { validMs: 100_000, preferredMs: 0 })] });
    ask(agent);
    serve(agent, prefix(OLD));
    expect(readBindings(agent.engine)[0].remainingMs).toBe(100_000);
  });

  it("during duplicate address detection: 132, and nothing is bound", () => {
    const agent = linkedHomeAgent({ homePrefixes: [prefix(OLD), prefix(NEW)] });
    agent.receive(ACCESS, bindingUpdate());
    agent.take();
    serve(agent, prefix(NEW));
    expect(words(agent)).toEqual([]);
    agent.advance(1000);
    expect(words(agent)).toEqual([`1 ${HOME_AGENT} > ${CAREOF} BA 132 seq 100`]);
    expect(agent.refused(Reason.NotHomeSubnet)).toBe(1);
    expect(agent.network.some((line) => line.startsWith("+to"))).toBe(false);
  });

  it("a prefix that all but ended during the detection binds nothing", () => {
    const agent = linkedHomeAgent({ homePrefixes: [prefix(OLD, { validMs: 4500, preferredMs: 0 })] });
    expect(registerAway(agent)!.status).toBe(132);
    expect(agent.refused(Reason.HomePrefixEnding)).toBe(1);
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("hundreds of bindings end without one being forgotten", () => {
    const count = 400;
    const homes = Array.from({ length: count }, (_, id) => `2001:db8:100::1:${(id + 1).toString(16)}`);
    const nodes = homes.map((home, id) => ({ id, homeAddresses: [parseAddress(home)], security: { authentication: "none" as const } }));
    const agent = linkedHomeAgent({ nodes, budgets: { maxBindings: count, maxNodes: count } });
    for (const home of homes) agent.receive(ACCESS, bindingUpdate({ ...unsigned, home, source: home.replace("100", "a") }));
    agent.advance(10_000);
    expect(readBindings(agent.engine)).toHaveLength(count);
    serve(agent, prefix(NEW));
    expect(ended(agent)).toHaveLength(count);
    expect(agent.network.filter((line) => line.startsWith("-to"))).toHaveLength(count);
    expect(agent.refused(Reason.OutputFull)).toBe(0);
  });
});

describe("renumbering: an identity owns its interface identifiers in all home prefixes (6275-5.1-3)", () => {
  const other = { id: 1, homeAddresses: [parseAddress("2001:db8:100::18")], security: { ...SECURITY, identity: "other@example.org", spi: 301 } };
  const mine = { id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security: SECURITY };
  const both = [prefix(OLD), prefix(NEW)];

  it("it may bind the address that it formed in a new prefix", () => {
    const agent = homeAgent({ homePrefixes: both });
    expect(ask(agent, { home: RENUMBERED })!.status).toBe(0);
  });

  it.each([
    ["another interface identifier", "2001:db8:101::19", both, [mine], 129, Reason.HomeAddressNotOwned],
    ["that of another node", "2001:db8:101::18", both, [mine, other], 129, Reason.HomeAddressNotOwned],
    ["a prefix that is not served", RENUMBERED, [prefix(OLD)], [mine], 132, Reason.NotHomeSubnet],
    ["a prefix that has not 64 bits", RENUMBERED, [prefix(OLD), { ...prefix(NEW), length: 56 }], [mine], 129, Reason.HomeAddressNotOwned],
    ["an identifier that two nodes have", RENUMBERED, [...both, prefix("2001:db8:102::")],
      [mine, { ...other, homeAddresses: [parseAddress("2001:db8:102::17")] }], 129, Reason.HomeAddressNotOwned],
  ] satisfies [string, string, HomePrefix[], NodeSettings[], number, Reason][])("but not %s", (_, home, homePrefixes, nodes, status, reason) => {
    const agent = homeAgent({ homePrefixes, nodes, budgets: { maxNodes: 4 } });
    expect(ask(agent, { home })!.status).toBe(status);
    expect(agent.refused(reason)).toBe(1);
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("but not the home agent's own address there, nor as a care-of address", () => {
    const routed = [prefix(OLD), { ...prefix(NEW), address: parseAddress(RENUMBERED), routerAddress: true }];
    const agent = homeAgent({ homePrefixes: routed });
    expect(ask(agent, { home: RENUMBERED })!.status).toBe(129);
    expect(agent.refused(Reason.HomeAddressNotOwned)).toBe(1);
    expect(ask(agent, { source: RENUMBERED, sequence: 101, timestamp: at(1100) })!.status).toBe(129);
    expect(agent.refused(Reason.CareofIsHomeAddress)).toBe(1);
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("an address formed in another prefix is no care-of address either (RFC 6275 §15.1)", () => {
    const agent = homeAgent({ homePrefixes: both });
    expect(ask(agent, { source: RENUMBERED })!.status).toBe(129);
    expect(agent.refused(Reason.CareofIsHomeAddress)).toBe(1);
  });

  it("who is given the address explicitly gets it", () => {
    const agent = homeAgent({ homePrefixes: both, budgets: { maxNodes: 4 } });
    ask(agent, { home: RENUMBERED });
    addNode(agent.engine, { ...other, homeAddresses: [parseAddress(RENUMBERED)] }, agent.now);
    expect(ended(agent)).toEqual([[RENUMBERED, "node removed"]]);
    expect(ask(agent, { home: RENUMBERED, sequence: 101, timestamp: at(1100) })!.status).toBe(129);
  });

  it("a node that is removed loses these bindings as well", () => {
    const agent = homeAgent({ homePrefixes: both });
    ask(agent);
    ask(agent, { home: RENUMBERED, sequence: 5, timestamp: at(1100) });
    removeNode(agent.engine, 0, agent.now);
    expect(readBindings(agent.engine)).toEqual([]);
    expect(ended(agent).map(([home]) => home)).toEqual([HOME_ADDRESS, RENUMBERED]);
  });

  it("they outlive a restart", () => {
    const agent = homeAgent({ homePrefixes: both });
    ask(agent, { home: RENUMBERED });
    const again = homeAgent({ homePrefixes: both });
    again.engine.importState(agent.engine.exportState(), again.now);
    expect(readBindings(again.engine)).toMatchObject([{ homeAddress: RENUMBERED }]);
  });
});

describe("a restart on a real home link", () => {
  const records = () => {
    const agent = linkedHomeAgent();
    registerAway(agent);
    return agent.engine.exportState();
  };
  const announced = `${HOME} ${LINK_LOCAL} > ff02::1 NA ${HOME_ADDRESS} O 020000000001`;
  const route = `+to 0 ${hex(parseAddress(HOME_ADDRESS))}/128`;

  it.each([["after", true], ["before", false]])("routes and interception are set up anew when the state comes %s the link", (_, linkFirst) => {
    const kept = records();
    const agent = homeAgent();
    agent.now = 50_000;
    setWallClock(agent.engine, EPOCH + 3000, agent.now);
    if (linkFirst) attach(agent);
    agent.engine.importState(kept, agent.now);
    if (!linkFirst) attach(agent);
    agent.advance(0);
    expect(words(agent)).toEqual([announced]);
    expect(agent.network).toEqual(["+groups 2", route]);
    agent.receive(HOME, advertisement()); // a neighbour that says so now comes too late
    expect(readBindings(agent.engine)).toHaveLength(1);
    agent.advance(10_000);
    expect(words(agent)).toEqual([announced, announced]);
  });

  it("a detection that was under way is not kept: the node will send again", () => {
    const agent = linkedHomeAgent();
    agent.receive(ACCESS, bindingUpdate());
    const again = linkedHomeAgent();
    again.engine.importState(agent.engine.exportState(), again.now);
    expect(readBindings(again.engine)).toEqual([]);
    expect(registerAway(again, { sequence: 101, timestamp: at(1100) })!.status).toBe(0);
  });
});
