import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { setLink, shutdown } from "../../bindings/commands.ts";
import { readBindings, readUpdates, readUplinks } from "../../bindings/status.ts";
import { ACCESS, CORRESPONDENT, type Node, TUNNEL, hex, homeAgent, mobileNode } from "./harness.ts";
import {
  AGENT_MAC, HOME, MAC, claims, comeHome, homeAdvertisement, layersOf, named, proxyAdvertisement, returningNode, solicitations, state,
} from "./home-side-link.ts";
import { sign } from "./messages.ts";
import { CAREOF, HOME_ADDRESS, HOME_AGENT, addresses, arrive, codec, echo, exchange, register, routerAdvertisement } from "./network.ts";

const ANSWERED = [`neighbour ${ACCESS} ${hex(parseAddress(HOME_AGENT))} ${hex(AGENT_MAC)}`];
const entry = (mobile: Node) => readUpdates(mobile.engine)[0];
const updatesOf = (mobile: Node) => named(mobile.take(), "binding-update");

/** A node that is registered abroad, and its home agent. */
function abroad(settings: Parameters<typeof mobileNode>[0] = {}): { mobile: Node; agent: Node } {
  const mobile = returningNode(settings);
  const agent = homeAgent();
  register(mobile, agent);
  expect(state(mobile)).toBe("Registered");
  mobile.network = [];
  mobile.events = [];
  return { mobile, agent };
}

/** The home agent takes a Binding Update of the home link and answers it on the link. */
function settleWith(mobile: Node, agent: Node, update: Uint8Array, device = ACCESS): Uint8Array {
  agent.take();
  agent.now = mobile.now;
  agent.receive(ACCESS, update);
  const answer = named(agent.take(), "binding-acknowledgement")[0];
  mobile.receive(device, answer);
  return answer;
}

/** A node that came home. */
function atHome(
  settings: Parameters<typeof mobileNode>[0] = {}, advertisement: Parameters<typeof homeAdvertisement>[0] = {},
): { mobile: Node; agent: Node } {
  const { mobile, agent } = abroad(settings);
  comeHome(mobile, homeAdvertisement(advertisement));
  settleWith(mobile, agent, updatesOf(mobile)[0]);
  expect(state(mobile)).toBe("AtHome");
  mobile.take();
  return { mobile, agent };
}

describe("the home link (RFC 6275 §11.5.2)", () => {
  it("is one whose router shows the home prefix on-link, and says so", () => {
    const { mobile } = abroad();
    comeHome(mobile);
    const reached = mobile.events.find(({ name }) => name === "HomeReached")!;
    expect(reached).toMatchObject({ device: ACCESS, fields: { homeAddress: HOME_ADDRESS, router: "fe80::aa" } });
    expect(state(mobile)).toBe("Removing");
  });

  it.each([
    ["another prefix", { agent: false, prefix: "2001:db8:101::" }], ["another length", { agent: false, prefixLength: 63 }],
    ["a prefix that is not on-link", { agent: false, onLink: false }], ["a prefix whose lifetime is over", { agent: false, valid: 0 }],
  ])("is not one with %s", (_, options) => {
    const { mobile } = abroad();
    comeHome(mobile, homeAdvertisement(options));
    expect(mobile.events.some(({ name }) => name === "HomeReached")).toBe(false);
    expect(["Idle", "Registering"]).toContain(state(mobile));
  });

  it("is known also where no address can be formed in its prefix", () => {
    const { mobile } = abroad();
    comeHome(mobile, homeAdvertisement({ autonomous: false }));
    expect(updatesOf(mobile)).toHaveLength(1);
    expect(readUplinks(mobile.engine)[0]).toMatchObject({ careofAddress: "::", state: "Tentative" });
    mobile.advance(1001);
    expect(readUplinks(mobile.engine)[0].state).toBe("Ready");
  });

  it("is left when the router says that its prefix is gone", () => {
    const { mobile } = atHome();
    mobile.receive(ACCESS, routerAdvertisement("2001:db8:b::", { router: "fe80::aa" }));
    expect(state(mobile)).toBe("AtHome"); // this one does not speak of it
    mobile.receive(ACCESS, homeAdvertisement({ valid: 0 }));
    expect(mobile.events.some(({ name }) => name === "HomeLeft")).toBe(true);
    expect(entry(mobile)).toMatchObject({ state: "Registering" });
  });

  it("is left when the lifetime of its prefix is over", () => {
    const { mobile } = atHome({}, { valid: 30 });
    for (let second = 0; second < 40; second++) {
      mobile.advance(1000);
      mobile.receive(ACCESS, routerAdvertisement("2001:db8:b::", { router: "fe80::aa" }));
      if (second === 20) expect(state(mobile)).toBe("AtHome");
    }
    expect(mobile.events.some(({ name }) => name === "HomeLeft")).toBe(true);
  });
});

describe("returning home while a binding lives (RFC 6275 §11.5.5; 6275-8.5-7)", () => {
  it("deregisters from the home address, to where the home agent is (6275-11.5.5-1, 6275-11.5.5-3, 6275-11.5.5-4, 6275-11.5.5-8)", () => {
    const { mobile, agent } = abroad();
    comeHome(mobile);
    const sent = mobile.take();
    const [update] = named(sent, "binding-update");
    expect(layersOf(update)).toEqual(["ipv6", "binding-update"]);
    expect(addresses(update)).toEqual([HOME_ADDRESS, HOME_AGENT]);
    const { fields, options } = codec.dissect(update).at(-1)!;
    const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({ acknowledge: true, homeRegistration: true, lifetime: 0 });
    expect(options.map(({ name }) => name)).not.toContain("alternate-careof-address");
    expect(mobile.network).toEqual(expect.arrayContaining(ANSWERED));
    expect(solicitations(sent)).toEqual([]);
    const answer = settleWith(mobile, agent, update);
    expect(layersOf(answer)).toEqual(["ipv6", "binding-acknowledgement"]);
    expect(readBindings(agent.engine)).toEqual([]);
    expect(entry(mobile)).toMatchObject({ state: "AtHome", careofAddress: HOME_ADDRESS, remainingMs: 0 });
  });

  it("takes the home address only once that update has left, and does not check it (6275-11.5.5-2, 6275-11.5.5-9, 6275-11.5.5-11, 6275-11.5.5-12)", () => {
    const { mobile } = abroad();
    const log: string[] = [];
    const transmit = mobile.transmit.bind(mobile);
    mobile.transmit = (device, pointer, length) => {
      transmit(device, pointer, length);
      log.push(layersOf(mobile.sent.at(-1)!.packet).at(-1)!);
    };
    const add = mobile.addAddress.bind(mobile);
    mobile.addAddress = (device, address) => { add(device, address); log.push(`+${hex(address)}`); };
    comeHome(mobile, homeAdvertisement({ agent: false }));
    expect(log).not.toContain(`+${HOME}`);
    mobile.receive(ACCESS, proxyAdvertisement());
    expect(log.indexOf(`+${HOME}`)).toBeGreaterThan(log.indexOf("binding-update"));
    // From now on the host's stack answers for the address: nothing of that is ours.
    expect(log.filter((each) => each === `+${HOME}`)).toHaveLength(1);
  });

  it("does not form the home address by itself, though its interface identifier would give it (6275-11.5.5-2)", () => {
    const { mobile } = abroad();
    comeHome(mobile, homeAdvertisement({ agent: false }));
    expect(mobile.network.filter((order) => order.startsWith("+1 ")).map((order) => order.slice(3))).not.toContain(HOME);
    expect(readUplinks(mobile.engine)[0].careofAddress).toMatch(/^2001:db8:100:0?:/);
  });

  it("asks who defends the home address where the router is not the home agent (6275-11.5.5-5, 6275-11.5.5-6, 6275-11.5.5-7, 6275-11.3.1-8)", () => {
    const { mobile } = abroad();
    comeHome(mobile, homeAdvertisement({ agent: false }));
    expect(state(mobile)).toBe("Returning");
    const sent = mobile.take();
    const [question] = solicitations(sent);
    expect(addresses(question)).toEqual(["::", "ff02::1:ff00:17"]);
    expect(layersOf(question)).toEqual(["ipv6", "neighbour-solicitation"]);
    expect([question[7], question.length]).toEqual([255, 64]); // no link-layer address of ours in it
    expect(named(sent, "binding-update")).toEqual([]);
    mobile.receive(ACCESS, proxyAdvertisement());
    expect(mobile.network).toEqual(expect.arrayContaining(ANSWERED));
    expect(updatesOf(mobile)).toHaveLength(1);
  });

  it("takes no answer without a link-layer address, none about another address and none from another link", () => {
    const { mobile } = abroad({ uplinks: 2 });
    comeHome(mobile, homeAdvertisement({ agent: false }));
    mobile.receive(ACCESS, proxyAdvertisement(HOME_ADDRESS, null));
    mobile.receive(ACCESS, proxyAdvertisement("2001:db8:100::18"));
    mobile.receive(ACCESS + 1, proxyAdvertisement());
    expect(state(mobile)).toBe("Returning");
  });

  it("asks three times, then leaves it to the host to find the home agent", () => {
    const { mobile } = abroad();
    comeHome(mobile, homeAdvertisement({ agent: false }));
    expect(solicitations(mobile.take())).toHaveLength(1);
    mobile.advance(2999);
    expect(state(mobile)).toBe("Returning");
    expect(solicitations(mobile.take())).toHaveLength(2);
    mobile.advance(2);
    expect(state(mobile)).toBe("Removing");
    expect(updatesOf(mobile)).toHaveLength(1);
  });

  it("learns the home agent's place from its advertisement also later", () => {
    const { mobile } = abroad();
    comeHome(mobile, homeAdvertisement({ agent: false }));
    mobile.receive(ACCESS, homeAdvertisement({ router: "fe80::ab" }));
    expect(state(mobile)).toBe("Removing");
  });

  it("deregisters at once where there are no link-layer addresses", () => {
    const mobile = mobileNode();
    register(mobile, homeAgent());
    mobile.take();
    comeHome(mobile, homeAdvertisement({ agent: false }));
    expect(updatesOf(mobile)).toHaveLength(1);
    expect(mobile.network.some((order) => order.startsWith("neighbour"))).toBe(false);
  });

  it("tells all nodes where the home address is, once it is acknowledged (6275-11.5.5-13, 6275-11.5.5-14, 6275-11.5.5-16, 6275-11.5.5-17)", () => {
    const { mobile, agent } = abroad();
    comeHome(mobile);
    const sent = mobile.take();
    expect(claims(sent)).toEqual([]);
    settleWith(mobile, agent, named(sent, "binding-update")[0]);
    const [claim] = claims(mobile.take());
    expect([...addresses(claim), claim[7]]).toEqual([HOME_ADDRESS, "ff02::1", 255]);
    const { fields } = codec.dissect(claim).at(-1)!;
    expect(Object.fromEntries(fields.map(({ name, value }) => [name, value]))).toMatchObject({
      solicited: false, override: true, router: false, target: HOME_ADDRESS,
    });
    expect(hex(claim).endsWith(`0201${hex(MAC)}`)).toBe(true);
  });

  it("also for the link-local address of its interface identifier, three times in all (6275-11.5.5-15, 6275-11.5.5-18)", () => {
    const { mobile, agent } = abroad();
    comeHome(mobile);
    settleWith(mobile, agent, updatesOf(mobile)[0]);
    mobile.advance(60_000);
    const sent = mobile.take();
    expect(claims(sent)).toHaveLength(3);
    expect(claims(sent, "fe80::17")).toHaveLength(3);
  });

  it("lets the tunnel go, and sends what still comes out of it on the link, unchanged", () => {
    const { mobile } = abroad();
    comeHome(mobile);
    mobile.take();
    const packet = echo(HOME_ADDRESS, CORRESPONDENT);
    mobile.receive(TUNNEL, packet);
    expect(mobile.take().map(({ device, packet: sent }) => [device, hex(sent)])).toEqual([[ACCESS, hex(packet)]]);
    const home = atHome().mobile;
    expect(home.network.at(-1)).toBe(`-tunnel ${TUNNEL}`);
    home.receive(TUNNEL, packet);
    expect(home.take().map(({ device, packet: sent }) => [device, hex(sent)])).toEqual([[ACCESS, hex(packet)]]);
  });

  it("keeps the former path, where there is another uplink, until the home agent is told", () => {
    const { mobile } = abroad({ uplinks: 2 });
    comeHome(mobile, homeAdvertisement({ agent: false }), ACCESS + 1);
    expect(state(mobile)).toBe("Returning");
    mobile.take();
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(mobile.take().map(({ packet }) => addresses(packet))).toEqual([[CAREOF, HOME_AGENT]]);
  });
});

describe("an acknowledgement at home (RFC 6275 §11.7.3)", () => {
  it("has no routing header, and is believed only when it is right", () => {
    const { mobile, agent } = abroad();
    comeHome(mobile);
    const [update] = updatesOf(mobile);
    agent.take();
    agent.receive(ACCESS, update);
    const answer = named(agent.take(), "binding-acknowledgement")[0];
    const damaged = answer.slice();
    damaged[damaged.length - 1] ^= 1;
    mobile.receive(ACCESS, damaged);
    expect(mobile.refused(Reason.MobilityChecksum)).toBe(1);
    const foreign = answer.slice();
    foreign.set(parseAddress("2001:db8:100::2"), 8);
    mobile.receive(ACCESS, foreign);
    expect(state(mobile)).toBe("Removing");
    mobile.receive(ACCESS, answer);
    expect(state(mobile)).toBe("AtHome");
    mobile.receive(ACCESS, answer);
    expect(mobile.refused(Reason.AcknowledgementUnexpected)).toBe(1);
  });

  it("from a home agent that knows no binding ends the matter as well", () => {
    const { mobile } = abroad();
    comeHome(mobile);
    mobile.receive(ACCESS, answerTo(updatesOf(mobile)[0], 133));
    expect(state(mobile)).toBe("AtHome");
  });

  it.each([128, 131, 134, 145])("with status %i is asked for again after a minute", (status) => {
    const { mobile } = abroad();
    comeHome(mobile);
    mobile.receive(ACCESS, answerTo(updatesOf(mobile)[0], status));
    expect(state(mobile)).toBe("Removing");
    mobile.advance(59_000);
    expect(updatesOf(mobile)).toHaveLength(0);
    mobile.advance(1001);
    expect(updatesOf(mobile)).toHaveLength(1);
  });

  /** Binding Updates of the next minutes: when each left, s, from where, and its sequence number. */
  function watch(mobile: Node, seconds: number): { atS: number; source: string; sequence: number }[] {
    const seen: { atS: number; source: string; sequence: number }[] = [];
    const start = mobile.now;
    for (let step = 0; step < seconds * 10; step++) {
      for (const packet of updatesOf(mobile)) {
        const sequence = codec.dissect(packet).at(-1)!.fields.find(({ name }) => name === "sequence")!.value as number;
        seen.push({ atS: Math.round((mobile.now - start) / 1000), source: addresses(packet)[0], sequence });
      }
      mobile.receive(ACCESS, homeAdvertisement());
      mobile.advance(100);
    }
    return seen;
  }

  it("that does not come is asked for again, more and more slowly, with new sequence numbers (6275-11.8-3, 6275-11.8-4, 6275-11.8-8)", () => {
    const { mobile } = abroad();
    comeHome(mobile);
    const sent = watch(mobile, 14);
    expect(sent.map(({ atS }) => atS)).toEqual([0, 1, 3, 7]);
    expect(sent.map(({ sequence }) => (sequence - sent[0].sequence) & 0xffff)).toEqual([0, 1, 2, 3]);
    expect(new Set(sent.map(({ source }) => source))).toEqual(new Set([HOME_ADDRESS]));
  });

  it("at all is the sign of a link that only looks like home: back to the care-of address, and home is tried ever more rarely", () => {
    const { mobile } = abroad();
    comeHome(mobile);
    const sent = watch(mobile, 400);
    const abroadAgain = sent.find(({ source }) => source !== HOME_ADDRESS)!;
    expect(abroadAgain.atS).toBe(15);
    expect(mobile.network).toContain(`-${ACCESS} ${hex(parseAddress(HOME_ADDRESS))}`);
    const returns = sent.filter(({ source }, index) => source === HOME_ADDRESS && sent[index - 1]?.source !== HOME_ADDRESS);
    expect(returns.map(({ atS }) => atS)).toEqual([0, 75, 210]); // 60 s of disbelief, then 120 s
  });

  it("is not needed any more when the binding has expired", () => {
    const { mobile } = abroad({ lifetimeMs: 60_000 });
    comeHome(mobile);
    watch(mobile, 80);
    expect(state(mobile)).toBe("AtHome");
  });
});

describe("returning home after all bindings have expired", () => {
  it("checks the home address before it is used (6275-11.5.5-10)", () => {
    const mobile = returningNode();
    comeHome(mobile);
    expect(state(mobile)).toBe("Checking");
    const sent = mobile.take();
    expect(solicitations(sent).map(addresses)).toEqual([["::", "ff02::1:ff00:17"]]);
    expect(named(sent, "binding-update")).toEqual([]);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, CORRESPONDENT));
    expect(mobile.refused(Reason.NoPath)).toBe(1);
    expect(mobile.network).not.toContain(`+1 ${HOME}`);
    mobile.advance(1001);
    expect(state(mobile)).toBe("AtHome");
    expect(mobile.network).toContain(`+1 ${HOME}`);
    expect(claims(mobile.take())).toHaveLength(1);
  });

  it("asks the home agent to let go when somebody defends the address: it may know of a binding that we forgot", () => {
    const mobile = returningNode();
    const agent = homeAgent();
    register(mobile, agent);
    const forgetful = returningNode({ seed: 5 });
    forgetful.now = mobile.now;
    comeHome(forgetful, homeAdvertisement({ agent: false }));
    forgetful.take();
    forgetful.receive(ACCESS, proxyAdvertisement());
    expect(state(forgetful)).toBe("Removing");
    for (let tries = 0; tries < 6 && state(forgetful) !== "AtHome"; tries++) {
      // The first ones may have an old sequence number, or an old timestamp.
      for (const update of updatesOf(forgetful)) settleWith(forgetful, agent, update);
      forgetful.advance(400);
    }
    expect(state(forgetful)).toBe("AtHome");
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("asks also when another node is checking the same address", () => {
    const mobile = returningNode();
    comeHome(mobile, homeAdvertisement({ agent: false }));
    const [question] = solicitations(mobile.take());
    mobile.receive(ACCESS, question);
    expect(state(mobile)).toBe("Returning");
  });
});

describe("leaving home again", () => {
  it("takes the home address off the link, uses the tunnel, and registers", () => {
    const { mobile, agent } = atHome();
    mobile.network = [];
    setLink(mobile.engine, ACCESS, false, mobile.now);
    expect(state(mobile)).toBe("Idle");
    expect(mobile.network).toEqual(expect.arrayContaining([`-1 ${HOME}`, `+tunnel ${TUNNEL}`]));
    expect(mobile.events.some(({ name, fields }) => name === "HomeLeft" && fields.homeAddress === HOME_ADDRESS)).toBe(true);
    arrive(mobile);
    exchange(mobile, agent);
    expect(state(mobile)).toBe("Registered");
    expect(readBindings(agent.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: CAREOF }]);
  });

  it("by another uplink: the home link wins while it is there", () => {
    const { mobile, agent } = abroad({ uplinks: 2 });
    comeHome(mobile, homeAdvertisement(), ACCESS + 1);
    settleWith(mobile, agent, updatesOf(mobile)[0], ACCESS + 1);
    expect(entry(mobile)).toMatchObject({ state: "AtHome", device: ACCESS + 1 });
    setLink(mobile.engine, ACCESS + 1, false, mobile.now);
    mobile.take();
    mobile.advance(2000);
    expect(entry(mobile)).toMatchObject({ careofAddress: CAREOF });
  });

  it.each(["Returning", "Removing", "Checking"])("in the state %s begins anew elsewhere", (wanted) => {
    const bound = wanted !== "Checking";
    const mobile = returningNode();
    const agent = homeAgent();
    if (bound) register(mobile, agent);
    comeHome(mobile, homeAdvertisement({ agent: wanted === "Removing" }));
    expect(state(mobile)).toBe(wanted);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    expect(state(mobile)).toBe("Idle");
    mobile.take();
    arrive(mobile);
    exchange(mobile, agent);
    expect(state(mobile)).toBe("Registered");
    mobile.advance(100_000);
    expect(mobile.network.filter((order) => order === `+1 ${HOME}`)).toHaveLength(mobile.network.filter((order) => order === `-1 ${HOME}`).length);
  });

  it("and coming back at once with another router of the link changes nothing", () => {
    const { mobile } = atHome();
    mobile.advance(1100);
    mobile.receive(ACCESS, homeAdvertisement({ router: "fe80::ab" }));
    mobile.advance(10_000); // the former router does not answer
    expect(readUplinks(mobile.engine)[0].router).toBe("fe80::ab");
    expect(state(mobile)).toBe("AtHome");
    expect(mobile.network.filter((order) => order.includes(HOME))).toEqual([`+1 ${HOME}`]);
  });
});

describe("a shutdown", () => {
  it.each(["Returning", "Removing"])("in the state %s goes on to deregister", (wanted) => {
    const { mobile, agent } = abroad();
    comeHome(mobile, homeAdvertisement({ agent: wanted === "Removing" }));
    expect(state(mobile)).toBe(wanted);
    shutdown(mobile.engine, mobile.now);
    settleWith(mobile, agent, updatesOf(mobile)[0]);
    expect(state(mobile)).toBe("Stopped");
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("at home says nothing", () => {
    const { mobile } = atHome();
    shutdown(mobile.engine, mobile.now);
    expect(state(mobile)).toBe("Stopped");
    expect(mobile.take()).toEqual([]);
  });
});

it("what is heard abroad about the home address changes nothing", () => {
  const { mobile } = abroad();
  mobile.receive(ACCESS, proxyAdvertisement());
  mobile.receive(ACCESS, routerAdvertisement());
  expect(state(mobile)).toBe("Registered");
});

/** An acknowledgement of the home agent on the home link. */
function answerTo(update: Uint8Array, status: number): Uint8Array {
  const message = codec.dissect(update).at(-1)!;
  const sequence = message.fields.find(({ name }) => name === "sequence")!.value as number;
  const timestamp = message.options.find(({ name }) => name === "replay-protection")!.fields.find(({ name }) => name === "timestamp")!.value as bigint;
  const make = (data: Uint8Array) => codec.encode([
    { name: "ipv6", fields: { source: HOME_AGENT, destination: HOME_ADDRESS, hopLimit: 64 } },
    {
      name: "binding-acknowledgement", fields: { status, sequence, lifetime: 0 }, options: [
        { name: "replay-protection", fields: { timestamp } },
        { name: "mobility-message-authentication", fields: { subtype: 1, securityParametersIndex: 300, authenticationData: data } },
      ],
    },
  ]);
  return make(sign(make(new Uint8Array(12)), HOME_ADDRESS, HOME_ADDRESS));
}
