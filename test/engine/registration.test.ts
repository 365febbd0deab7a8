import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { setLink, setWallClock, shutdown } from "../../bindings/commands.ts";
import { readBindings, readRefusals, readUpdates } from "../../bindings/status.ts";
import { ACCESS, EPOCH, SECURITY, type Node, homeAgent, mobileNode } from "./harness.ts";
import { sign, mobilityMessage, authenticationDataOffset } from "./messages.ts";
import { CAREOF, HOME_ADDRESS, HOME_AGENT, addresses, arrive, codec, exchange, isFor, register, routerAdvertisement } from "./network.ts";

/** The Binding Updates among what a mobile node sent since the last call. */
function updatesSent(mobile: Node) {
  return mobile.take().filter(({ packet }) => isFor(packet, HOME_AGENT)).map(({ packet, device }) => {
    const layers = codec.dissect(packet);
    const message = layers.find(({ name }) => name === "binding-update")!;
    const value = (name: string) => message.fields.find((field) => field.name === name)!.value as number;
    return { packet, device, layers, message, sequence: value("sequence"), lifetimeS: value("lifetime") * 4, atMs: mobile.now };
  });
}

const state = (mobile: Node) => readUpdates(mobile.engine)[0].state;

/** Lets time pass in steps of `stepMs` and notes when Binding Updates left. */
function timesOfUpdates(mobile: Node, forMs: number, stepMs = 10): number[] {
  const times: number[] = [];
  const start = mobile.now;
  while (mobile.now < start + forMs) {
    mobile.advance(stepMs);
    for (const _ of updatesSent(mobile)) times.push(mobile.now - start);
  }
  return times;
}

/** Answers a Binding Update as the home agent, signed, with other content than it would have. */
function forge(update: Uint8Array, fields: { status?: number; sequence?: number; lifetimeS?: number; timestamp?: bigint; key?: Uint8Array; source?: string; route?: string; refreshS?: number }): Uint8Array {
  const layers = codec.dissect(update);
  const message = layers.find(({ name }) => name === "binding-update")!;
  const given = (name: string) => message.fields.find((field) => field.name === name)!.value as number;
  const timestamp = message.options.find(({ name }) => name === "replay-protection")!.fields.find(({ name }) => name === "timestamp")!.value as bigint;
  const make = (data: Uint8Array) => codec.encode([
    { name: "ipv6", fields: { source: fields.source ?? HOME_AGENT, destination: addresses(update)[0], hopLimit: 64 } },
    { name: "routing-type2", fields: { homeAddress: fields.route ?? HOME_ADDRESS } },
    {
      name: "binding-acknowledgement",
      fields: { status: fields.status ?? 0, sequence: fields.sequence ?? given("sequence"), lifetime: (fields.lifetimeS ?? 600) / 4 },
      options: [
        ...(fields.refreshS === undefined ? [] : [{ name: "binding-refresh-advice", fields: { refreshInterval: fields.refreshS / 4 } }]),
        { name: "replay-protection", fields: { timestamp: fields.timestamp ?? timestamp } },
        { name: "mobility-message-authentication", fields: { subtype: 1, securityParametersIndex: 300, authenticationData: data } },
      ],
    },
  ]);
  return make(sign(make(new Uint8Array(12)), addresses(update)[0], HOME_ADDRESS, fields.key));
}

describe("registration", () => {
  it("ends with both sides agreeing (6275-11.7.1-1, 6275-11.7.1-18, 6275-11.5.4-3, 6275-8.5-11)", () => {
    const agent = homeAgent();
    const mobile = mobileNode();
    register(mobile, agent);
    const [binding] = readBindings(agent.engine);
    const [update] = readUpdates(mobile.engine);
    expect(binding).toMatchObject({ homeAddress: HOME_ADDRESS, careofAddress: CAREOF });
    expect(update).toMatchObject({ state: "Registered", careofAddress: CAREOF, lastStatus: 0, sequence: binding.sequence, remainingMs: 600_000 });
    expect(readRefusals(agent.engine)).toEqual([]);
    expect(readRefusals(mobile.engine)).toEqual([]);
  });

  it("sends a Binding Update as RFC 6275 wants it (6275-11.7.1-2, 6275-11.7.1-3, 6275-11.7.1-4, 6275-11.7.1-5, 6275-11.7.1-6, 6275-11.7.1-10, 6275-6.1.7-2, 6275-8.5-2, 6275-8.5-10, 6275-11.7.1-11, 6275-11.7.1-16, 6275-11.7.1-17, 6275-11.5.4-4, 4285-4-1, 4285-5.1.1-1)", () => {
    const mobile = mobileNode();
    arrive(mobile);
    const [update] = updatesSent(mobile);
    expect(update.layers.map(({ name }) => name)).toEqual(["ipv6", "destination-options", "binding-update"]);
    expect(addresses(update.packet)).toEqual([CAREOF, HOME_AGENT]);
    const home = update.layers[1].options.find(({ name }) => name === "home-address")!;
    expect(home.fields.at(-1)!.value).toBe(HOME_ADDRESS);
    expect(Object.fromEntries(update.message.fields.map(({ name, value }) => [name, value]))).toMatchObject({
      payloadProto: 59, acknowledge: true, homeRegistration: true, keyManagementMobility: false, lifetime: 150,
    });
    expect(update.message.options.map(({ name }) => name).filter((name) => !name.startsWith("pad")))
      .toEqual(["alternate-careof-address", "mobile-node-identifier", "replay-protection", "mobility-message-authentication"]);
    expect(update.layers.some(({ problem }) => problem)).toBe(false);
    // The authentication data are those that Node computes.
    const message = mobilityMessage(update.packet);
    const at = authenticationDataOffset(message);
    expect(Buffer.from(message.subarray(at, at + 12))).toEqual(Buffer.from(sign(update.packet, CAREOF, HOME_ADDRESS)));
  });

  it.each([
    ["that ends like the link's own link-local address: L is set (6275-11.7.1-7)", HOME_ADDRESS, 64, true],
    ["that ends otherwise, as one of RFC 4941 does: L is clear (6275-11.7.1-8)", "2001:db8:100::18", 64, false],
    ["whose prefix is not one for interface identifiers: L is clear", HOME_ADDRESS, 48, false],
  ])("for a home address %s", (_, homeAddress, homePrefixLength, expected) => {
    const mobile = mobileNode({ homeAddress: parseAddress(homeAddress), homePrefixLength });
    arrive(mobile);
    const flag = updatesSent(mobile)[0].message.fields.find(({ name }) => name === "linkLocalAddressCompatibility")!;
    expect(flag.value).toBe(expected);
  });

  it("sets the timestamp to the time of day (4285-6-6, 4285-6-7)", () => {
    const mobile = mobileNode();
    arrive(mobile);
    const option = updatesSent(mobile)[0].message.options.find(({ name }) => name === "replay-protection")!;
    const timestamp = option.fields.find(({ name }) => name === "timestamp")!.value as bigint;
    expect(Number(timestamp >> 32n) - 2208988800).toBe((EPOCH + 1000) / 1000);
    expect(timestamp & 0x3fffffn).not.toBe(0n); // below a millisecond: random
  });

  it("starts at a random sequence number (6275-11.7.2-19)", () => {
    const numbers = [1, 2, 3, 4].map((seed) => {
      const mobile = mobileNode({ seed });
      arrive(mobile);
      return updatesSent(mobile)[0].sequence;
    });
    expect(new Set(numbers).size).toBe(4);
  });

  it("repeats with back-off and new numbers until MAX_BINDACK_TIMEOUT (6275-11.8-2, 6275-11.8-3, 6275-11.8-4, 6275-11.8-8, 6275-11.7.1-13, 6275-11.7.1-15, 6275-11.7.2-18, 6275-11.7.2-20)", () => {
    const mobile = mobileNode();
    arrive(mobile);
    const [first] = updatesSent(mobile);
    const numbers: number[] = [];
    const times: number[] = [];
    for (let step = 0; step < 11_000; step++) {
      if (step % 100 === 0) mobile.receive(ACCESS, routerAdvertisement()); // the router is there
      mobile.advance(10);
      for (const update of updatesSent(mobile)) {
        times.push(Math.round(mobile.now - 1000));
        numbers.push(update.sequence);
      }
    }
    expect(times).toEqual([1500, 4500, 10500, 22500, 46500, 78500]); // 1.5 s, doubled up to 32 s
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6].map((n) => (first.sequence + n) & 0xffff));
  });

  it("refreshes well before the lifetime ends (6275-11.7.3-6, 6275-11.7.3-8, 6275-11.7.3-14)", () => {
    const agent = homeAgent();
    const mobile = mobileNode({ lifetimeMs: 100_000 });
    register(mobile, agent);
    expect(readUpdates(mobile.engine)[0].nextRefreshMs).toBeGreaterThan(71_000);
    expect(readUpdates(mobile.engine)[0].nextRefreshMs).toBeLessThanOrEqual(75_000);
    for (let second = 0; second < 1000; second++) {
      mobile.advance(1000);
      agent.advance(1000);
      mobile.receive(ACCESS, routerAdvertisement());
      exchange(mobile, agent);
      expect(readBindings(agent.engine)).toHaveLength(1);
      expect(state(mobile)).toBe("Registered");
    }
    const advised = mobileNode(); // 6275-10.3.1-32, 6275-6.2.4-1: so many seconds, in units of four
    arrive(advised);
    advised.receive(ACCESS, forge(updatesSent(advised)[0].packet, { refreshS: 40 }));
    expect(readUpdates(advised.engine)[0].nextRefreshMs).toBeLessThanOrEqual(40_000);
    expect(readUpdates(advised.engine)[0].nextRefreshMs).toBeGreaterThanOrEqual(38_000);
  });

  it("keeps what the home agent granted, not what was asked for (6275-11.7.3-5, 6275-11.7.3-7, 6275-11.1-3)", () => {
    const agent = homeAgent({ maxLifetimeMs: 60_000 });
    const mobile = mobileNode();
    register(mobile, agent);
    expect(readUpdates(mobile.engine)[0].remainingMs).toBe(60_000);
    for (let second = 0; second < 61; second++) {
      mobile.receive(ACCESS, routerAdvertisement()); // the router is there, the home agent is not
      mobile.advance(1000);
    }
    expect(mobile.events.map(({ name }) => name)).toContain("BindingExpired");
    expect(state(mobile)).toBe("Registering");
  });

  it("moves: the new care-of address is registered at once (6275-11.5.4-3)", () => {
    const agent = homeAgent();
    const mobile = mobileNode();
    register(mobile, agent);
    mobile.advance(5000);
    agent.advance(5000);
    setLink(mobile.engine, ACCESS, false, mobile.now);
    expect(state(mobile)).toBe("Idle");
    expect(updatesSent(mobile)).toEqual([]);
    arrive(mobile, "2001:db8:b::");
    exchange(mobile, agent, ["2001:db8:b::17"]);
    expect(readBindings(agent.engine)[0].careofAddress).toBe("2001:db8:b::17");
    expect(state(mobile)).toBe("Registered");
    expect(agent.events.at(-1)).toMatchObject({ name: "BindingAccepted", fields: { change: "moved" } });
  });

  it("sends no more than three updates a second, however fast it moves (6275-11.5.3-3, 6275-11.8-7)", () => {
    const mobile = mobileNode();
    setLink(mobile.engine, ACCESS, true, mobile.now);
    const times: number[] = [];
    for (let move = 0; move < 100; move++) {
      setLink(mobile.engine, ACCESS, false, mobile.now);
      setLink(mobile.engine, ACCESS, true, mobile.now);
      mobile.receive(ACCESS, routerAdvertisement(`2001:db8:${(0xa00 + move).toString(16)}::`));
      mobile.advance(50);
      times.push(...updatesSent(mobile).map(() => mobile.now));
    }
    expect(times.length).toBeGreaterThan(9);
    for (let index = 3; index < times.length; index++) expect(times[index] - times[index - 3]).toBeGreaterThanOrEqual(950);
    mobile.advance(2000);
    // The last care-of address is the one that is registered in the end.
    expect(addresses(updatesSent(mobile)[0]?.packet ?? mobile.sent.at(-1)!.packet)[0]).toBe("2001:db8:a63::17");
  });

  it("deregisters at the end (6275-6.1.7-12)", () => {
    const agent = homeAgent();
    const mobile = mobileNode();
    register(mobile, agent);
    shutdown(mobile.engine, mobile.now);
    expect(state(mobile)).toBe("Deregistering");
    exchange(mobile, agent);
    expect(state(mobile)).toBe("Stopped");
    expect(readBindings(agent.engine)).toEqual([]);
    // And that is the end, wherever the host goes.
    setLink(mobile.engine, ACCESS, false, mobile.now);
    arrive(mobile, "2001:db8:b::");
    expect(updatesSent(mobile)).toEqual([]);
  });

  it("does not take an acknowledgement for an update that waits for the rate limit (6275-11.7.3-1)", () => {
    // Two uplinks: the answer to the update about the first one comes when the second one's is due.
    const mobile = mobileNode({ uplinks: 2, holdDownMs: 0 });
    const agent = homeAgent();
    const [first, second] = [ACCESS, ACCESS + 1];
    setLink(mobile.engine, second, true, mobile.now);
    mobile.receive(second, routerAdvertisement("2001:db8:b::"));
    const answers = () => updatesSent(mobile).flatMap(({ packet }) => {
      agent.receive(ACCESS, packet);
      return agent.take().map((sent) => sent.packet);
    });
    const late = answers();
    for (let move = 0; move < 3; move++) { // three updates in this second
      setLink(mobile.engine, second, false, mobile.now);
      setLink(mobile.engine, second, true, mobile.now);
      mobile.receive(second, routerAdvertisement(`2001:db8:${move + 1}b::`));
      late.push(...answers());
    }
    setLink(mobile.engine, first, true, mobile.now);
    mobile.receive(first, routerAdvertisement());
    setLink(mobile.engine, second, false, mobile.now);
    expect(updatesSent(mobile)).toEqual([]); // deferred
    for (const packet of late) mobile.receive(second, packet);
    shutdown(mobile.engine, mobile.now);
    for (const packet of late) mobile.receive(first, packet);
    expect(state(mobile)).toBe("Deregistering");
    mobile.advance(1100);
    expect(updatesSent(mobile).map(({ lifetimeS }) => lifetimeS)).toContain(0);
  });

  it("nor one of the registration for the removal that waits", () => {
    const mobile = mobileNode();
    arrive(mobile);
    let last = updatesSent(mobile)[0];
    for (let round = 0; round < 2; round++) { // three updates in this second
      mobile.receive(ACCESS, forge(last.packet, { status: 135, sequence: last.sequence }));
      last = updatesSent(mobile)[0];
    }
    shutdown(mobile.engine, mobile.now);
    mobile.receive(ACCESS, forge(last.packet, {}));
    expect(mobile.refused(Reason.AcknowledgementUnexpected)).toBe(1);
    expect(state(mobile)).toBe("Deregistering");
    mobile.advance(1001);
    expect(updatesSent(mobile).map(({ lifetimeS }) => lifetimeS)).toEqual([0]);
  });

  it("believes a refusal of its key only after three in a row, and any acceptance after that", () => {
    const mobile = mobileNode();
    arrive(mobile);
    const [first] = updatesSent(mobile);
    mobile.receive(ACCESS, forge(first.packet, { status: 146 })); // as after a damaged copy of the update
    expect(mobile.refused(Reason.AuthenticationRefusalDoubted)).toBe(1);
    expect(state(mobile)).toBe("Registering");
    mobile.receive(ACCESS, forge(first.packet, {}));
    expect(state(mobile)).toBe("Registered");
  });

  it("a refusal is not the end: the hold-off goes on when the older binding ends", () => {
    const mobile = mobileNode({ lifetimeMs: 20_000 });
    arrive(mobile);
    mobile.receive(ACCESS, forge(updatesSent(mobile)[0].packet, { lifetimeS: 20 }));
    mobile.advance(15_000);
    mobile.receive(ACCESS, forge(updatesSent(mobile)[0].packet, { status: 130 }));
    expect(state(mobile)).toBe("Refused");
    mobile.receive(ACCESS, routerAdvertisement());
    mobile.advance(10_000);
    expect(mobile.events.map(({ name }) => name)).toContain("BindingExpired");
    expect(timesOfUpdates(mobile, 60_000, 1000)[0]).toBe(50_000); // a minute after the refusal
  });

  it("another uplink is tried when the home agent does not answer through the preferred one", () => {
    const mobile = mobileNode({ uplinks: 2 });
    for (const device of [ACCESS, ACCESS + 1]) {
      setLink(mobile.engine, device, true, mobile.now);
      mobile.receive(device, routerAdvertisement(device === ACCESS ? "2001:db8:a::" : "2001:db8:b::"));
    }
    const devices = new Set<number>();
    for (let step = 0; step < 300; step++) {
      for (const device of [ACCESS, ACCESS + 1]) mobile.receive(device, routerAdvertisement(device === ACCESS ? "2001:db8:a::" : "2001:db8:b::"));
      mobile.advance(100);
      for (const update of updatesSent(mobile)) devices.add(update.device);
    }
    expect([...devices]).toEqual([ACCESS, ACCESS + 1]);
  });

  it("answers a refresh request with an update (6275-8.5-12)", () => {
    const agent = homeAgent();
    const mobile = mobileNode();
    register(mobile, agent);
    const request = (source: string) => codec.encode([
      { name: "ipv6", fields: { source: HOME_AGENT, destination: CAREOF, hopLimit: 64 } },
      { name: "ipv6", fields: { source, destination: HOME_ADDRESS, hopLimit: 64 } },
      { name: "binding-refresh-request" },
    ]);
    mobile.receive(ACCESS, request(HOME_AGENT));
    expect(mobile.refused(Reason.RefreshTooEarly)).toBe(1); // who forges it makes no storm (RFC 6275 §11.7.4)
    mobile.advance(2001); // then it is answered
    expect(mobile.events.filter(({ name }) => name === "BindingUpdateSent")).toHaveLength(2);
    exchange(mobile, agent);
    mobile.advance(2001);
    mobile.take();
    mobile.receive(ACCESS, request(HOME_AGENT));
    expect(updatesSent(mobile)).toHaveLength(1);
    // Not outside of the tunnel.
    mobile.receive(ACCESS, codec.encode([{ name: "ipv6", fields: { source: HOME_AGENT, destination: CAREOF } }, { name: "binding-refresh-request" }]));
    expect(mobile.refused(Reason.MessageNotForThisRole)).toBe(1);
    // One from a correspondent node is the host's own business: it is passed on, and moves nothing.
    mobile.receive(ACCESS, request("2001:db8:200::5"));
    expect(updatesSent(mobile)).toHaveLength(0);
  });

  it("registers anew when the home agent says that it has no binding (6275-11.3.6-2, 6275-8.5-5)", () => {
    const agent = homeAgent();
    const mobile = mobileNode();
    register(mobile, agent);
    const error = (source: string, status = 1) => codec.encode([
      { name: "ipv6", fields: { source, destination: CAREOF, hopLimit: 64 } },
      { name: "binding-error", fields: { status, homeAddress: HOME_ADDRESS } },
    ]);
    mobile.receive(ACCESS, error("2001:db8:200::5")); // 6275-11.3.6-1
    expect(mobile.refused(Reason.BindingErrorUnexpected)).toBe(1);
    expect(updatesSent(mobile)).toHaveLength(0);
    mobile.advance(2001);
    mobile.take();
    mobile.receive(ACCESS, error(HOME_AGENT));
    expect(updatesSent(mobile)).toHaveLength(1);
    expect(state(mobile)).toBe("Updating");
  });
});

describe("a Binding Acknowledgement that is not believed changes nothing (6275-11.7.3-1, 6275-11.7.3-4)", () => {
  const wrongKey = new TextEncoder().encode("fedcba9876543210");
  const rows: [string, (update: Uint8Array, sequence: number) => Uint8Array, Reason][] = [
    ["a wrong key (4285-5.1.1-3)", (update) => forge(update, { key: wrongKey }), Reason.AuthenticationFailed],
    ["a wrong key, with status 135 (6275-11.7.3-10)", (update) => forge(update, { key: wrongKey, status: 135, sequence: 7 }), Reason.AuthenticationFailed],
    ["another sequence number (6275-11.1-4)", (update, sequence) => forge(update, { sequence: (sequence - 1) & 0xffff }), Reason.AcknowledgementUnexpected],
    ["another timestamp (4285-6-14)", (update) => forge(update, { timestamp: 1n }), Reason.TimestampMismatch],
    ["another source", (update) => forge(update, { source: "2001:db8:200::5" }), Reason.NotFromHomeAgent],
    ["another home address in its routing header (6275-6.4-1)", (update) => forge(update, { route: "2001:db8:100::18" }), Reason.RoutingHeaderNotOurs],
  ];
  it.each(rows)("%s", (_, make, reason) => {
    const mobile = mobileNode();
    arrive(mobile);
    const [{ packet, sequence }] = updatesSent(mobile);
    mobile.receive(ACCESS, make(packet, sequence));
    expect(mobile.refused(reason)).toBe(1);
    expect(state(mobile)).toBe("Registering");
    expect(updatesSent(mobile)).toEqual([]);
    mobile.receive(ACCESS, forge(packet, {})); // and the right one is believed
    expect(state(mobile)).toBe("Registered");
  });

  it("a second copy of a good one", () => {
    const mobile = mobileNode();
    arrive(mobile);
    const [{ packet }] = updatesSent(mobile);
    mobile.receive(ACCESS, forge(packet, {}));
    const before = readUpdates(mobile.engine);
    mobile.receive(ACCESS, forge(packet, { lifetimeS: 4 }));
    expect(mobile.refused(Reason.AcknowledgementUnexpected)).toBe(1);
    expect(readUpdates(mobile.engine)).toEqual(before);
  });
});

describe("a refusal", () => {
  it("for the sequence number is mended with the home agent's (6275-11.7.3-9, 6275-11.7.1-19)", () => {
    const agent = homeAgent();
    register(mobileNode({ seed: 1 }), agent); // the home agent has seen one number, the next node another
    const mobile = mobileNode({ seed: 5 });
    setWallClock(mobile.engine, EPOCH + 1500, mobile.now);
    setWallClock(agent.engine, EPOCH + 1500, agent.now);
    arrive(mobile);
    exchange(mobile, agent);
    expect(state(mobile)).toBe("Registered");
  });

  it("for the clock is mended with the home agent's (4285-6-12, 4285-6-13)", () => {
    for (const wrongByMs of [-3_600_000, 30_000, 86_400_000]) {
      const agent = homeAgent();
      const mobile = mobileNode();
      setWallClock(mobile.engine, EPOCH + 1000 + wrongByMs, mobile.now);
      register(mobile, agent);
      expect(state(mobile)).toBe("Registered");
      const adjusted = mobile.events.find(({ name }) => name === "ClockAdjusted")!;
      expect(Math.abs((adjusted.fields.addedMs as number) + wrongByMs)).toBeLessThan(1001);
    }
  });

  it("of the key stops the node: one attempt an hour, or on a new network (4285-5.3-2)", () => {
    const agent = homeAgent();
    const mobile = mobileNode({ security: { ...SECURITY, key: new TextEncoder().encode("fedcba9876543210") } as typeof SECURITY });
    arrive(mobile);
    const [{ packet }] = updatesSent(mobile);
    agent.receive(ACCESS, packet);
    // Signed with the home agent's key, so to this node the refusal itself is a forgery: it goes on asking.
    mobile.receive(ACCESS, agent.take()[0].packet);
    expect(mobile.refused(Reason.AuthenticationFailed)).toBe(1);
    const honest = mobileNode();
    arrive(honest);
    for (const ms of [0, 1500, 3000]) {
      honest.advance(ms);
      honest.receive(ACCESS, forge(updatesSent(honest).at(-1)!.packet, { status: 146 }));
    }
    expect(state(honest)).toBe("Refused");
    expect(timesOfUpdates(honest, 600_000, 1000)).toEqual([]);
  });

  it.each([128, 129, 130, 131, 132, 133, 139, 145, 255])("with status %i is tried again after a minute", (status) => {
    const mobile = mobileNode();
    arrive(mobile);
    mobile.receive(ACCESS, forge(updatesSent(mobile)[0].packet, { status }));
    expect(state(mobile)).toBe("Refused");
    expect(readUpdates(mobile.engine)[0].lastStatus).toBe(status);
    expect(timesOfUpdates(mobile, 60_500, 500)).toEqual([60_000]);
  });

  it("because the home address is somebody else's ends its use, wherever the node goes (6275-11.7.1-22)", () => {
    const mobile = mobileNode();
    arrive(mobile);
    mobile.receive(ACCESS, forge(updatesSent(mobile)[0].packet, { status: 134 }));
    expect(state(mobile)).toBe("Duplicate");
    setLink(mobile.engine, ACCESS, false, mobile.now);
    arrive(mobile, "2001:db8:b::");
    expect(timesOfUpdates(mobile, 600_000, 1000)).toEqual([]);
    expect(state(mobile)).toBe("Duplicate");
    shutdown(mobile.engine, mobile.now);
    expect(state(mobile)).toBe("Stopped");
  });

  it("never makes a storm: corrections in a row wait for the timer", () => {
    const mobile = mobileNode();
    arrive(mobile);
    let sent = 0;
    for (let ms = 0; ms < 60_000; ms += 10) {
      for (const update of updatesSent(mobile)) {
        sent++;
        mobile.receive(ACCESS, forge(update.packet, { status: 135, sequence: (update.sequence + 100) & 0xffff }));
      }
      if (ms % 1000 === 0) mobile.receive(ACCESS, routerAdvertisement());
      mobile.advance(10);
    }
    expect(sent).toBeLessThan(15);
  });
});

describe("without authentication, where a person says so", () => {
  it("registers with a home agent that allows it", () => {
    const open = { authentication: "none" } as const;
    const agent = homeAgent({ nodes: [{ id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security: open }] });
    const mobile = mobileNode({ security: open });
    register(mobile, agent);
    expect(state(mobile)).toBe("Registered");
  });
});
