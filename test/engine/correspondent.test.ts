/** A correspondent node: return routability and Binding Updates (RFC 6275 §5.2, §6.1.7, §9.4, §9.5; 6275-8.2-6, 6275-8.2-7, 6275-8.2-8, 6275-8.2-9). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { CORRESPONDENT_DEFAULTS, setCorrespondent } from "../../bindings/commands.ts";
import { parseAddress } from "../../bindings/address.ts";
import type { LayerInput } from "../../bindings/codec.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, type Node, TUNNEL, hex } from "./harness.ts";
import {
  CORRESPONDENT_2, OTHER_CAREOF, ask, authenticator, bind, bindingUpdate, correspondentNode, kbm, readTest, takeAnswer, testInit,
} from "./correspondent-peer.ts";
import { addresses, codec } from "./network.ts";

const ROUTE = `${TUNNEL} ${hex(parseAddress(HOME_ADDRESS))}/128`;
const padding = [{ name: "mobility-option-200", fields: { data: Uint8Array.of(1, 2, 3, 4) } }];
const bound = (node: Node) => readBindings(node.engine).map(({ homeAddress, careofAddress }) => [homeAddress, careofAddress]);

/** Everything of the engine that a message could change, but counters and what was sent. */
function stateOf(node: Node): unknown {
  return { bindings: readBindings(node.engine), wakeup: node.engine.nextWakeupMs(), network: [...node.network], kept: node.kept.length };
}

/** Checks that what happens changes nothing, is counted for `reason`, and is answered by `answers` packets. */
function refuses(node: Node, reason: Reason, what: () => void, answers = 0): Uint8Array[] {
  const before = stateOf(node);
  const count = node.refused(reason);
  what();
  expect(node.refused(reason), Reason[reason]).toBe(count + 1);
  expect(stateOf(node)).toEqual(before);
  const sent = node.take();
  expect(sent).toHaveLength(answers);
  return sent.map(({ packet }) => packet);
}

describe("Home and Care-of Test Init", () => {
  it("are answered to where they came from, with their cookie", () => {
    const node = correspondentNode();
    for (const [kind, source, type] of [["home", HOME_ADDRESS, 3], ["careof", CAREOF, 4]] as const) {
      node.receive(ACCESS, testInit(kind, source, { cookie: 0xa1a2a3a4a5a6a7a8n }));
      const [{ packet, device }] = node.take();
      expect(device).toBe(ACCESS);
      expect(addresses(packet)).toEqual([CORRESPONDENT, source]);
      expect(readTest(packet)).toMatchObject({ type, cookie: 0xa1a2a3a4a5a6a7a8n });
    }
  });

  it("have tokens that depend on address, kind and secret, and only on them (6275-5.2.1-1)", () => {
    const node = correspondentNode();
    const token = (kind: "home" | "careof", source: string, on = node) => hex(ask(on, kind, source).token);
    expect(token("home", HOME_ADDRESS)).toBe(token("home", HOME_ADDRESS));
    const all = [token("home", HOME_ADDRESS), token("careof", HOME_ADDRESS), token("home", CAREOF), token("careof", CAREOF)];
    expect(new Set(all).size).toBe(4);
  });

  it("have tokens that no other node makes, nor this one after a restart (6275-5.2.1-2, 6275-5.2.1-3)", () => {
    const tokens = [1, 2, 3].map((seed) => hex(ask(correspondentNode({ seed }), "home", HOME_ADDRESS).token));
    expect(new Set(tokens).size).toBe(3);
    const node = correspondentNode();
    bind(node);
    expect(node.kept).toEqual([]);
    expect(node.engine.exports.exportState(0)).toBe(0);
  });

  it("are answered whatever reserved fields and options they have (6275-6.1.3-1, 6275-6.1.3-2, 6275-6.1.4-1, 6275-6.1.4-2)", () => {
    const node = correspondentNode();
    const careof: LayerInput[] = [{ name: "alternate-careof-address", fields: { careofAddress: "ff02::1" } }, { name: "nonce-indices", fields: {} }];
    for (const kind of ["home", "careof"] as const) {
      const plain = ask(node, kind, HOME_ADDRESS);
      expect(ask(node, kind, HOME_ADDRESS, { options: padding })).toEqual(plain);
      expect(ask(node, kind, HOME_ADDRESS, { options: careof })).toEqual(plain);
      const odd = testInit(kind, HOME_ADDRESS, { fields: { reserved: 0xab, reserved2: 0xcdef } });
      node.receive(ACCESS, odd);
      expect(readTest(node.take()[0].packet)).toMatchObject(plain);
    }
  });

  it("with a Home Address option are ignored in silence (6275-9.4.1-1, 6275-9.4.1-2, 6275-9.4.2-1, 6275-9.4.2-2)", () => {
    const node = correspondentNode();
    for (const kind of ["home", "careof"] as const) {
      refuses(node, Reason.TestInitWithHomeAddress, () => node.receive(ACCESS, testInit(kind, CAREOF, { home: HOME_ADDRESS })));
    }
  });

  it("from a source that nobody could answer are ignored", () => {
    const node = correspondentNode();
    for (const source of ["ff02::1", "::", "fe80::1"]) {
      refuses(node, Reason.SourceNotUnicast, () => node.receive(ACCESS, testInit("careof", source)));
    }
    refuses(node, Reason.NotForUs, () => node.receive(ACCESS, testInit("home", HOME_ADDRESS, { destination: "2001:db8:200::99" })));
  });

  it("are answered by material that is made when it is first needed (6275-9.4.1-3, 6275-9.4.1-4)", () => {
    const node = correspondentNode();
    expect(node.engine.nextWakeupMs()).toBe(Infinity);
    const first = ask(node, "home", HOME_ADDRESS);
    expect(first.token).not.toEqual(new Uint8Array(8));
    expect(node.engine.nextWakeupMs()).toBe(Infinity); // no timer either
  });

  it("leave nothing behind, however many come", () => {
    const node = correspondentNode({ testsPerSecond: 1e6 });
    bind(node);
    const before = stateOf(node);
    const pages = node.engine.memory.length;
    let answers = 0;
    node.transmit = () => { answers++; };
    const packet = testInit("careof", CAREOF);
    for (let index = 0; index < 100_000; index++) {
      // Another source each time: the checksum is kept right by taking from the cookie what the address gains.
      packet[20] = index >> 8 & 0xff;
      packet[21] = index & 0xff;
      const word = 0x10000 + 0x7788 - ((packet[20] << 8) | packet[21]);
      const rest = word > 0xffff ? word - 0x10000 : word - 1;
      packet[54] = rest >> 8;
      packet[55] = rest & 0xff;
      node.receive(ACCESS, packet);
    }
    expect(answers).toBeGreaterThan(99_000);
    expect(stateOf(node)).toEqual(before);
    expect(node.engine.memory.length).toBe(pages);
  });

  it("are answered so often and not more often (RFC 6275 §15.4.5)", () => {
    const node = correspondentNode({ testsPerSecond: 10 });
    for (let index = 0; index < 30; index++) node.receive(ACCESS, testInit("home", HOME_ADDRESS));
    expect(node.take()).toHaveLength(10);
    expect(node.refused(Reason.TestInitRateLimited)).toBe(20);
    node.now += 500;
    for (let index = 0; index < 30; index++) node.receive(ACCESS, testInit("home", HOME_ADDRESS));
    expect(node.take()).toHaveLength(5);
  });
});

describe("nonces", () => {
  it("change every 30 s of use, and not when nobody asks", () => {
    const node = correspondentNode();
    const first = ask(node, "home", HOME_ADDRESS);
    node.now += 29_999;
    expect(ask(node, "home", HOME_ADDRESS)).toEqual(first);
    node.now += 1;
    const second = ask(node, "home", HOME_ADDRESS);
    expect(second.index).toBe((first.index + 1) & 0xffff);
    expect(second.token).not.toEqual(first.token); // 6275-5.2.7-2
    node.now += 3_600_000;
    expect(ask(node, "home", HOME_ADDRESS).index).toBe((first.index + 2) & 0xffff);
  });

  it("may be the same for both tokens (6275-5.2.5-1)", () => {
    const node = correspondentNode();
    expect(ask(node, "home", HOME_ADDRESS).index).toBe(ask(node, "careof", CAREOF).index);
  });

  it("begin at an index that nobody can guess", () => {
    const indices = [1, 2, 3].map((seed) => ask(correspondentNode({ seed }), "home", HOME_ADDRESS).index);
    expect(new Set(indices).size).toBe(3);
  });

  it("are good for 210 to 240 s (6275-5.2.7-1, 6275-5.2.2-1)", () => {
    for (const [usedAfterMs, acceptedAfterMs, status] of [
      [0, 239_999, 0], [0, 240_000, 138], [29_999, 239_998, 0], [29_999, 240_000, 138],
    ] as const) {
      const node = correspondentNode();
      const from = node.now;
      ask(node, "home", HOME_ADDRESS);
      node.now = from + usedAfterMs;
      const [homeToken, careofToken] = [ask(node, "home", HOME_ADDRESS), ask(node, "careof", CAREOF)];
      node.now = from + acceptedAfterMs;
      node.receive(ACCESS, bindingUpdate({ homeToken, careofToken }));
      expect(takeAnswer(node).status, `${usedAfterMs} ${acceptedAfterMs}`).toBe(status);
    }
  });

  it("of eight generations are known at a time, whatever is asked in between", () => {
    const node = correspondentNode();
    const from = node.now;
    const tokens = Array.from({ length: 9 }, (_, index) => {
      node.now = from + index * 30_000;
      return [ask(node, "home", HOME_ADDRESS), ask(node, "careof", CAREOF)];
    });
    tokens.forEach(([homeToken, careofToken], index) => {
      node.receive(ACCESS, bindingUpdate({ homeToken, careofToken, sequence: index + 1 }));
      expect(takeAnswer(node).status).toBe(index === 0 ? 138 : 0);
    });
  });
});

describe("a Binding Update", () => {
  it("that is right makes a binding, and the host is told to give us its packets (6275-9.5.2-1, 6275-8.2-10)", () => {
    const node = correspondentNode();
    const { answer, homeToken, careofToken } = bind(node, { sequence: 65535 });
    // 6275-9.5.4-2, 6275-9.5.4-5, 6275-9.5.4-8, 6275-9.5.4-10, 6275-9.5.4-12, 6275-6.1.8-1; any number will do (6275-9.5.1-3)
    expect(answer).toMatchObject({
      status: 0, flags: 0, sequence: 65535, lifetimeS: 420, routedHome: HOME_ADDRESS, source: CORRESPONDENT, destination: CAREOF,
    });
    expect(answer.data).toEqual(new Uint8Array(authenticator(kbm(homeToken, careofToken), CAREOF, CORRESPONDENT, answer.message)));
    expect(readBindings(node.engine)).toMatchObject([
      { homeAddress: HOME_ADDRESS, careofAddress: CAREOF, node: 0xffffffff, sequence: 65535, remainingMs: 420_000 },
    ]);
    expect(node.network).toEqual([`+to ${ROUTE}`]);
    expect(node.events.map(({ name, fields }) => [name, fields])).toEqual([
      ["BindingAccepted", { homeAddress: HOME_ADDRESS, careofAddress: CAREOF, sequence: 65535, lifetimeS: 420, change: "new" }],
    ]);
    expect(node.kept).toEqual([]);
  });

  it("is answered only when it asks for it (6275-9.5.4-4), and whatever unknown flags and options it has (6275-6.1.7-4, 6275-6.1.7-5, 6275-6.1.7-8)", () => {
    const node = correspondentNode();
    const homeToken = ask(node, "home", HOME_ADDRESS);
    const careofToken = ask(node, "careof", CAREOF);
    node.receive(ACCESS, bindingUpdate({ homeToken, careofToken, flags: { acknowledge: false } }));
    expect(node.take()).toEqual([]);
    expect(bound(node)).toEqual([[HOME_ADDRESS, CAREOF]]);
    const flags = { linkLocalAddressCompatibility: true, keyManagementMobility: true };
    node.receive(ACCESS, bindingUpdate({ homeToken, careofToken, sequence: 2, flags, extra: padding }));
    expect(takeAnswer(node)).toMatchObject({ status: 0, flags: 0, sequence: 2 });
  });

  it("moves the binding, also with the old home token (6275-5.2.7-5)", () => {
    const node = correspondentNode();
    const { homeToken } = bind(node);
    const careofToken = ask(node, "careof", OTHER_CAREOF);
    node.receive(ACCESS, bindingUpdate({ source: OTHER_CAREOF, homeToken, careofToken, sequence: 2 }));
    expect(takeAnswer(node)).toMatchObject({ status: 0, destination: OTHER_CAREOF });
    expect(bound(node)).toEqual([[HOME_ADDRESS, OTHER_CAREOF]]);
    expect(node.network).toEqual([`+to ${ROUTE}`]);
  });

  it("may name another care-of address than its source: then that one was tested (6275-5.2.6-2, 6275-5.2.6-3, 6275-5.2.6-4, 6275-9.5.1-8, 6275-9.5.1-9, 6275-9.5.1-18)", () => {
    const node = correspondentNode();
    const homeToken = ask(node, "home", HOME_ADDRESS);
    const untested = bindingUpdate({ alternate: OTHER_CAREOF, homeToken, careofToken: ask(node, "careof", CAREOF) });
    refuses(node, Reason.AuthenticatorInvalid, () => node.receive(ACCESS, untested));
    node.receive(ACCESS, bindingUpdate({ alternate: OTHER_CAREOF, homeToken, careofToken: ask(node, "careof", OTHER_CAREOF) }));
    expect(takeAnswer(node)).toMatchObject({ status: 0, destination: CAREOF, routedHome: HOME_ADDRESS });
    expect(bound(node)).toEqual([[HOME_ADDRESS, OTHER_CAREOF]]);
  });

  it("may use one care-of token for several home addresses (6275-5.2.7-6)", () => {
    const node = correspondentNode();
    const { careofToken } = bind(node);
    const home = "2001:db8:300::9";
    node.receive(ACCESS, bindingUpdate({ home, homeToken: ask(node, "home", home), careofToken }));
    expect(takeAnswer(node).status).toBe(0);
    expect(bound(node)).toEqual([[HOME_ADDRESS, CAREOF], [home, CAREOF]]);
  });

  it.each([[420, 420], [4, 4], [416, 416], [424, 420], [65535 * 4, 420]])("for %i s gets %i s and keeps it so long (6275-5.2.6-1, 6275-9.5.2-2, 6275-6.1.7-6, 6275-6.1.8-3)", (asked, granted) => {
    const node = correspondentNode();
    expect(bind(node, { lifetimeS: asked }).answer.lifetimeS).toBe(granted);
    node.advance(granted * 1000 - 1);
    expect(bound(node)).toEqual([[HOME_ADDRESS, CAREOF]]);
    node.advance(1); // 6275-9.5.2-3, 6275-9.6-1
    expect(bound(node)).toEqual([]);
    expect(node.network).toEqual([`+to ${ROUTE}`, `-to ${ROUTE}`]);
    expect(node.events.at(-1)).toMatchObject({ name: "BindingEnded", fields: { why: "expired" } });
  });

  it("gets no more than people allow (6275-9.1-3)", () => {
    const node = correspondentNode({ maxLifetimeMs: 63_000 });
    expect(bind(node).answer.lifetimeS).toBe(60);
  });

  it("is for one of our addresses: each has a cache of its own (6275-9.1-1)", () => {
    const node = correspondentNode({ addresses: [CORRESPONDENT, CORRESPONDENT_2] });
    bind(node, { sequence: 100 });
    expect(bind(node, { sequence: 5, destination: CORRESPONDENT_2, careof: OTHER_CAREOF }).answer.status).toBe(0);
    expect(bound(node)).toEqual([[HOME_ADDRESS, CAREOF], [HOME_ADDRESS, OTHER_CAREOF]]);
    expect(node.network).toEqual([`+to ${ROUTE}`]); // and both share a route
    const homeToken = ask(node, "home", HOME_ADDRESS);
    node.receive(ACCESS, bindingUpdate({ homeToken, lifetimeS: 0, sequence: 101 }));
    expect(takeAnswer(node).status).toBe(0);
    expect(node.network).toEqual([`+to ${ROUTE}`]);
    expect(bound(node)).toEqual([[HOME_ADDRESS, OTHER_CAREOF]]);
  });

  // 6275-9.5.1-4, 6275-9.1-4
  it.each([
    [10000, 10001, 0], [10000, 42767, 0], [42768, 0, 0], [42768, 9999, 0], [10000, 9999, 135], [10000, 10000, 135],
    [10000, 42768, 135], [10000, 0, 135], [15, 0, 135], [15, 32783, 135], [15, 65535, 135], [15, 32782, 0],
  ])("with number %i, then %i, gets status %i (6275-9.5.1-12)", (first, second, status) => {
    const node = correspondentNode();
    const { homeToken, careofToken } = bind(node, { sequence: first });
    const before = stateOf(node);
    node.receive(ACCESS, bindingUpdate({ homeToken, careofToken, sequence: second, flags: { acknowledge: false } }));
    if (status === 0) expect(node.take()).toEqual([]);
    else { // 6275-9.5.4-3, 6275-9.5.4-6
      const answer = takeAnswer(node);
      expect(answer).toMatchObject({ status, sequence: first });
      expect(answer.data).toEqual(new Uint8Array(authenticator(kbm(homeToken, careofToken), CAREOF, CORRESPONDENT, answer.message)));
      expect(stateOf(node)).toEqual(before);
      expect(node.refused(Reason.SequenceOutOfWindow)).toBe(1);
    }
  });

  // 6275-9.5.1-5, 6275-9.5.1-15, 6275-9.5.4-7
  it.each([
    ["future home", 1, 0, 136], ["future care-of", 0, 1, 137], ["future", 1, 1, 138], ["unknown home", -8, 0, 136], ["unknown care-of", 0, 30000, 137],
    ["unknown", -1, -1, 138], // none was made before the first one
  ])("with a %s index gets its status, without authorisation (6275-9.5.4-7)", (_, home, careof, status) => {
    const node = correspondentNode();
    const homeToken = ask(node, "home", HOME_ADDRESS);
    const careofToken = ask(node, "careof", CAREOF);
    const indices: [number, number] = [(homeToken.index + home) & 0xffff, (careofToken.index + careof) & 0xffff];
    const [packet] = refuses(node, Reason.NonceIndexExpired, () => {
      node.receive(ACCESS, bindingUpdate({ homeToken, careofToken, indices, sequence: 77, flags: { acknowledge: false } }));
    }, 1);
    node.sent = [{ device: ACCESS, packet }];
    const answer = takeAnswer(node);
    expect(answer).toMatchObject({ status, sequence: 77, routedHome: HOME_ADDRESS, destination: CAREOF });
    expect(answer.data).toBeUndefined();
  });

  // 6275-9.5.1-1, 6275-9.5.1-16, 6275-9.5.4-1
  it.each([
    ["another authenticator", Reason.AuthenticatorInvalid, { data: new Uint8Array(12).fill(7) }],
    ["a short authenticator", Reason.AuthenticatorInvalid, { data: new Uint8Array(4) }],
    ["no Binding Authorization Data (6275-9.5.1-7)", Reason.BindingAuthorizationDataMissing, { data: null }],
    ["no Nonce Indices (6275-9.5.1-5)", Reason.NonceIndicesMissing, { indices: null }],
    ["a home address that is not routable (6275-9.5.1-2)", Reason.HomeAddressNotRoutable, { home: "fe80::17" }],
    ["the home address in its source, link-local (6275-9.5.1-19)", Reason.HomeAddressNotRoutable, { home: null, source: "fe80::17" }],
    ["a multicast source (6275-9.5.4-9)", Reason.SourceNotUnicast, { source: "ff02::17" }],
    ["a care-of address that is not routable (6275-6.1.7-9, 6275-6.1.7-11)", Reason.CareofNotRoutable, { alternate: "fe80::17" }],
    ["a link-local source (6275-6.1.7-11)", Reason.CareofNotRoutable, { source: "fe80::17" }],
    ["our own home address", Reason.HomeAddressIsOwn, { home: CORRESPONDENT }],
    ["the other token", Reason.AuthenticatorInvalid, { careofToken: { index: 0, token: new Uint8Array(8) } }],
  ] as const)("with %s is discarded in silence", (_, reason, change) => {
    const node = correspondentNode();
    const homeToken = ask(node, "home", HOME_ADDRESS);
    const careofToken = ask(node, "careof", CAREOF);
    const options = { homeToken, careofToken, indices: [homeToken.index, careofToken.index] as [number, number], ...change };
    refuses(node, reason, () => node.receive(ACCESS, bindingUpdate(options)));
    expect(node.events.at(-1)?.name === "BindingRefused" || reason === Reason.HomeAddressNotRoutable).toBe(true);
  });

  it("whose Binding Authorization Data is not the last octet is discarded (6275-9.5.1-10, 6275-6.2-1)", () => {
    const node = correspondentNode();
    const homeToken = ask(node, "home", HOME_ADDRESS);
    const careofToken = ask(node, "careof", CAREOF);
    const layers = codec.encode([
      { name: "ipv6", fields: { source: CAREOF, destination: CORRESPONDENT } },
      { name: "destination-options", options: [{ name: "home-address", fields: { address: HOME_ADDRESS } }] },
      {
        name: "binding-update", fields: { sequence: 1, acknowledge: true, lifetime: 105 }, options: [
          { name: "binding-authorization-data", fields: { authenticator: new Uint8Array(12) } },
          { name: "nonce-indices", fields: { homeNonceIndex: homeToken.index, careofNonceIndex: careofToken.index } },
        ],
      },
    ]);
    refuses(node, Reason.BindingAuthorizationDataNotLast, () => node.receive(ACCESS, layers));
  });

  it("to register at home gets 131, or 139 where there is a binding (6275-10.3.1-4, 6275-10.3.1-5, 6275-9.5.1-13, 6275-9.5.1-14)", () => {
    const node = correspondentNode();
    const homeToken = ask(node, "home", HOME_ADDRESS);
    const update = bindingUpdate({ homeToken, indices: null, data: null, flags: { homeRegistration: true } });
    node.sent = refuses(node, Reason.HomeRegistrationNotSupported, () => node.receive(ACCESS, update), 1).map((packet) => ({ device: ACCESS, packet }));
    expect(takeAnswer(node).status).toBe(131);
    bind(node);
    for (const lifetimeS of [420, 0]) {
      const change = bindingUpdate({ homeToken, indices: null, data: null, lifetimeS, sequence: 9, flags: { homeRegistration: true } });
      node.sent = refuses(node, Reason.RegistrationTypeChange, () => node.receive(ACCESS, change), 1).map((packet) => ({ device: ACCESS, packet }));
      expect(takeAnswer(node).status).toBe(139);
    }
    const both = bindingUpdate({ homeToken, careofToken: ask(node, "careof", CAREOF), sequence: 9, flags: { homeRegistration: true } });
    refuses(node, Reason.NonceIndicesInHomeRegistration, () => node.receive(ACCESS, both)); // 6275-9.5.1-11
  });

  it("that would send packets in a circle gets 174", () => {
    const node = correspondentNode({ addresses: [CORRESPONDENT, CORRESPONDENT_2] });
    bind(node);
    const home = "2001:db8:300::9";
    for (const careof of [HOME_ADDRESS, CORRESPONDENT_2]) {
      const [homeToken, careofToken] = [ask(node, "home", home), ask(node, "careof", careof)];
      const update = bindingUpdate({ home, source: careof, homeToken, careofToken });
      node.sent = refuses(node, Reason.BindingCircular, () => node.receive(ACCESS, update), 1).map((packet) => ({ device: ACCESS, packet }));
      expect(takeAnswer(node).status).toBe(174);
    }
  });

  it("cannot make the node answer without end: refusals are rate limited", () => {
    const node = correspondentNode();
    const homeToken = ask(node, "home", HOME_ADDRESS);
    for (let index = 0; index < 500; index++) {
      node.receive(ACCESS, bindingUpdate({ homeToken, indices: [homeToken.index + 9, 0], source: `2001:db8:a::${index + 1}`, data: new Uint8Array(12) }));
    }
    expect(node.take().length).toBeLessThanOrEqual(51);
    expect(node.refused(Reason.NonceIndexExpired)).toBe(500);
    expect(node.refused(Reason.ErrorRateLimited)).toBeGreaterThanOrEqual(449);
    expect(bound(node)).toEqual([]);
  });
});

describe("acknowledgements that may go to somebody else", () => {
  it("are rate limited when the source was not tested, and not when it was", () => {
    const node = correspondentNode();
    const { homeToken, careofToken } = bind(node);
    for (let index = 0; index < 200; index++) {
      node.receive(ACCESS, bindingUpdate({ homeToken, careofToken, sequence: 2 + index }));
    }
    expect(node.take()).toHaveLength(200);
    for (let index = 0; index < 200; index++) { // genuine removals, from where nobody has looked
      node.receive(ACCESS, bindingUpdate({ homeToken, lifetimeS: 0, sequence: 300 + index, source: `2001:db8:e::${index + 1}` }));
    }
    expect(node.take()).toHaveLength(50);
    expect(node.refused(Reason.ErrorRateLimited)).toBe(150);
  });
});

describe("switched off (6275-8.2-11, 6275-8.2-12)", () => {
  it("it says that it knows nothing of mobility, ends its bindings, and can be switched on again", () => {
    const node = correspondentNode();
    const { update } = bind(node);
    const settings = { ...CORRESPONDENT_DEFAULTS, addresses: [parseAddress(CORRESPONDENT)] };
    setCorrespondent(node.engine, { ...settings, enabled: false }, node.now);
    expect(bound(node)).toEqual([]);
    expect(node.network).toEqual([`+to ${ROUTE}`, `-to ${ROUTE}`]);
    for (const packet of [testInit("home", HOME_ADDRESS), testInit("careof", CAREOF), update]) {
      const [answer] = refuses(node, Reason.RouteOptimisationDisabled, () => node.receive(ACCESS, packet), 1);
      expect([answer[40], answer[41]]).toEqual([4, 1]); // Parameter Problem: unrecognized Next Header
    }
    setCorrespondent(node.engine, settings, node.now);
    expect(bind(node, { sequence: 2 }).answer.status).toBe(0);
  });

  it("an address that is no longer ours takes its bindings with it", () => {
    const node = correspondentNode({ addresses: [CORRESPONDENT, CORRESPONDENT_2] });
    bind(node);
    bind(node, { destination: CORRESPONDENT_2 });
    setCorrespondent(node.engine, { ...CORRESPONDENT_DEFAULTS, addresses: [parseAddress(CORRESPONDENT_2)] }, node.now);
    expect(readBindings(node.engine)).toHaveLength(1);
    refuses(node, Reason.NotForUs, () => node.receive(ACCESS, testInit("home", HOME_ADDRESS)));
    expect(bind(node, { destination: CORRESPONDENT_2, sequence: 2 }).answer.status).toBe(0);
  });

  it.each([
    ["a lifetime above 420 s", { maxLifetimeMs: 420_001 }], ["no lifetime", { maxLifetimeMs: 0 }], ["no tests", { testsPerSecond: 0 }],
    ["a link-local address", { addresses: ["fe80::1"] }], ["too many addresses", { addresses: Array.from({ length: 17 }, (_, index) => `2001:db8::${index + 1}`) }],
  ])("%s is no setting", (_, change) => {
    expect(() => correspondentNode(change)).toThrow(/OutOfRange/);
  });
});
