import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { removeNode } from "../../bindings/commands.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, CAREOF, EPOCH, HOME_ADDRESS, HOME_AGENT, SECURITY, type Node, homeAgent } from "./harness.ts";
import { type BindingUpdateOptions, bindingUpdate, ntp, readAcknowledgement } from "./messages.ts";
import { codec } from "./network.ts";

const FOREIGN_HOME = "2001:db8:100::99";
const at = (ms: number) => ntp(EPOCH + ms);

/** Gives a Binding Update to the home agent and reads its answer, if any. */
function ask(agent: Node, options: BindingUpdateOptions = {}) {
  agent.take();
  agent.receive(ACCESS, bindingUpdate(options));
  const [answer] = agent.take();
  return answer && readAcknowledgement(answer.packet, options.alternate ?? options.source ?? CAREOF, options.home ?? HOME_ADDRESS);
}

describe("a Binding Update that is accepted", () => {
  // The Home Address option needs no binding: there is none yet (6275-10.3.1-9).
  it("makes a binding and is acknowledged by a routing header (6275-8.4-1, 6275-8.4-7, 6275-9.5.4-2, 6275-9.5.4-10, 6275-9.5.4-12, 6275-10.3.1-11, 6275-10.3.1-22, 6275-10.3.1-23, 6275-10.3.1-27, 6275-10.3.1-28, 6275-9.5.4-5)", () => {
    const agent = homeAgent();
    expect(ask(agent)).toEqual({
      source: HOME_AGENT, destination: CAREOF, routedHome: HOME_ADDRESS, status: 0, sequence: 100, lifetimeS: 600,
      timestamp: at(1000), refreshS: undefined, signed: true, problems: [],
    });
    expect(readBindings(agent.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: CAREOF, sequence: 100, remainingMs: 600_000 }]);
  });

  it("is signed with the node's key, with identity and timestamp (4285-5.1.1-2, 4285-6-2, 4285-5.1-4, 4285-5.1-3)", () => {
    const agent = homeAgent();
    agent.receive(ACCESS, bindingUpdate());
    const message = codec.dissect(agent.take()[0].packet).find(({ name }) => name === "binding-acknowledgement")!;
    const options = message.options.map(({ name }) => name).filter((name) => !name.startsWith("pad"));
    expect(options).toEqual(["mobile-node-identifier", "replay-protection", "mobility-message-authentication"]);
    expect(message.options.at(-1)!.name).toBe("mobility-message-authentication");
  });

  it("is granted no more than the home agent's and the node's maximum (6275-10.3.1-16, 6275-10.3.1-20, 6275-9.5.2-2)", () => {
    expect(ask(homeAgent({ maxLifetimeMs: 100_000 }), { lifetimeS: 600 })!.lifetimeS).toBe(100);
    const node = { id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security: SECURITY, maxLifetimeMs: 60_000 };
    expect(ask(homeAgent({ nodes: [node] }), { lifetimeS: 600 })!.lifetimeS).toBe(60);
    expect(ask(homeAgent(), { lifetimeS: 40 })!.lifetimeS).toBe(40);
  });

  it("brings refresh advice only below the lifetime (6275-10.3.1-31, 6275-6.2.4-2)", () => {
    expect(ask(homeAgent({ refreshAdviceMs: 60_000 }), { lifetimeS: 600 })!.refreshS).toBe(60);
    expect(ask(homeAgent({ refreshAdviceMs: 60_000 }), { lifetimeS: 60 })!.refreshS).toBeUndefined();
  });

  it("takes care-of and home address from the options before the source (6275-9.5.1-18, 6275-9.5.1-19)", () => {
    const agent = homeAgent();
    const answer = ask(agent, { alternate: "2001:db8:b::17" });
    expect(answer).toMatchObject({ destination: CAREOF, status: 0, signed: true }); // 6275-9.5.4-10
    expect(readBindings(agent.engine)[0].careofAddress).toBe("2001:db8:b::17");
    expect(ask(agent, { alternate: null, sequence: 101, timestamp: at(1001) })!.status).toBe(0);
    expect(readBindings(agent.engine)[0].careofAddress).toBe(CAREOF);
  });

  it("is acknowledged although the A bit is clear (6275-10.3.1-22)", () => {
    expect(ask(homeAgent(), { flags: { acknowledge: false } })!.status).toBe(0);
  });

  it("deletes the binding when its lifetime is zero (6275-6.1.7-7, 6275-6.1.7-12, 6275-9.5.3-1, 6275-9.5.3-2, 6275-10.3.2-4 to -8: 6275-10.3.2-5, 6275-10.3.2-6, 6275-10.3.2-7, 6275-10.3.2-8)", () => {
    const agent = homeAgent({ refreshAdviceMs: 1000 });
    ask(agent);
    expect(ask(agent, { sequence: 101, lifetimeS: 0, timestamp: at(1001) })).toMatchObject({ status: 0, sequence: 101, lifetimeS: 0, refreshS: undefined });
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("deletes the binding from home, without Home Address option and routing header (6275-10.3.2-1, 6275-9.5.4-11)", () => {
    const agent = homeAgent();
    ask(agent);
    const answer = ask(agent, { source: HOME_ADDRESS, home: null, sequence: 101, timestamp: at(1001) });
    expect(answer).toMatchObject({ status: 0, destination: HOME_ADDRESS, routedHome: undefined, lifetimeS: 0, signed: true });
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("ends at the end of its lifetime (6275-9.5.2-3, 6275-10.3.1-21, 6275-10.3.1-13)", () => {
    const agent = homeAgent();
    ask(agent, { lifetimeS: 40 });
    agent.advance(39_999);
    expect(readBindings(agent.engine)).toHaveLength(1);
    agent.advance(2);
    expect(readBindings(agent.engine)).toEqual([]);
    expect(agent.events.at(-1)).toMatchObject({ name: "BindingEnded", fields: { why: "expired" } });
  });
});

describe("sequence numbers (6275-9.1-4, 6275-9.5.1-3, 6275-9.5.1-4, 6275-9.5.1-12, 6275-9.5.4-3, 4285-10.2-1)", () => {
  const rows: [last: number, next: number, accepted: boolean][] = [
    [15, 15, false], [15, 0, false], [15, 65535, false], [15, 32783, false], [15, 16, true], [15, 32782, true],
    [65535, 0, true], [65535, 65535, false], [0, 32767, true], [0, 32768, false], [40000, 7231, true], [40000, 7232, false],
  ];
  it.each(rows)("after %i, %i is accepted: %s", (last, next, accepted) => {
    const agent = homeAgent();
    expect(ask(agent, { sequence: last })!.status).toBe(0); // without a binding any number will do
    const answer = ask(agent, { sequence: next, timestamp: at(1001) })!;
    expect(answer.status).toBe(accepted ? 0 : 135);
    expect(answer.sequence).toBe(accepted ? next : last);
    expect(answer.signed).toBe(true);
    expect(readBindings(agent.engine)[0].sequence).toBe(accepted ? next : last);
    expect(agent.refused(Reason.SequenceOutOfWindow)).toBe(accepted ? 0 : 1);
  });
});

// 6275-9.5.1-1, 6275-10.3.1-1, 6275-10.3.1-3: each test of the list refuses, and nothing is bound.
describe("a Binding Update that is refused (6275-9.5.4-6: the status is 128 or more)", () => {
  interface Row { name: string; options: BindingUpdateOptions; reason: Reason; status?: number; signed?: boolean }
  const wrongKey = new TextEncoder().encode("fedcba9876543210");
  const rows: Row[] = [
    { name: "wrong key: 146 (4285-5.1.1-3, 4285-5.1.1-4, 4285-5.3-1, 6275-10.3.1-2)", options: { key: wrongKey }, reason: Reason.AuthenticationFailed, status: 146, signed: true },
    { name: "no authentication option: 146 (4285-5.1.1-1)", options: { key: null }, reason: Reason.AuthenticationMissing, status: 146, signed: true },
    { name: "another SPI: silence (4285-5.1.1-5)", options: { spi: 301 }, reason: Reason.NoSecurityAssociation },
    { name: "an unknown identity: silence (4285-5.1.1-5)", options: { identity: "thief@example.org" }, reason: Reason.NoSecurityAssociation },
    { name: "no identity, unknown home address: silence (4285-5.1.1-5)", options: { identity: null, home: FOREIGN_HOME }, reason: Reason.NoSecurityAssociation },
    { name: "a home address of somebody else: 129 (6275-5.1-3)", options: { home: FOREIGN_HOME }, reason: Reason.HomeAddressNotOwned, status: 129, signed: true },
    { name: "a home address of another network: 132 (6275-10.3.1-6)", options: { home: "2001:db8:101::17" }, reason: Reason.NotHomeSubnet, status: 132, signed: true },
    { name: "another network and no identity: 132, unsigned (6275-10.3.1-6)", options: { home: "2001:db8:101::17", identity: null, key: null }, reason: Reason.NotHomeSubnet, status: 132, signed: false },
    { name: "no timestamp: 145 (RFC 4285 §6)", options: { timestamp: null }, reason: Reason.ReplayProtectionMissing, status: 145, signed: true },
    { name: "a timestamp 7.1 s old: 144 (4285-6-9, 4285-6-10, 4285-6-11)", options: { timestamp: at(1000 - 7100) }, reason: Reason.TimestampInvalid, status: 144, signed: true },
    { name: "a timestamp 7.1 s ahead: 144 (4285-6-10)", options: { timestamp: at(1000 + 7100) }, reason: Reason.TimestampInvalid, status: 144, signed: true },
    { name: "nothing to remove: 133 (6275-10.3.2-3)", options: { lifetimeS: 0 }, reason: Reason.NoBindingToRemove, status: 133, signed: true },
    { name: "the home agent as care-of address: 129", options: { alternate: HOME_AGENT }, reason: Reason.CareofIsHomeAddress, status: 129, signed: true },
    { name: "H bit clear: silence (6275-9.5.1-16, 6275-9.5.4-1)", options: { flags: { homeRegistration: false } }, reason: Reason.NotACorrespondentNode },
    { name: "no Home Address option: silence (6275-10.3.1-8)", options: { home: null, alternate: "2001:db8:b::1" }, reason: Reason.HomeAddressMissing },
    { name: "a multicast home address: silence (6275-9.5.1-2, 6275-9.3.1-1, 6275-6.3-2)", options: { home: "ff0e::1" }, reason: Reason.HomeAddressNotRoutable },
    { name: "a link-local care-of address: silence (6275-6.1.7-9, 6275-6.1.7-11, 6275-4.6-1)", options: { alternate: "fe80::17" }, reason: Reason.CareofNotRoutable },
    { name: "a multicast care-of address: silence (6275-6.1.7-11)", options: { alternate: "ff0e::17" }, reason: Reason.CareofNotRoutable },
    { name: "a multicast source: silence (6275-9.5.4-9)", options: { source: "ff0e::17", alternate: CAREOF }, reason: Reason.SourceNotUnicast },
    { name: "nonce indices in a home registration: silence (6275-9.5.1-11)", options: { extra: [{ name: "nonce-indices", fields: { homeNonceIndex: 1, careofNonceIndex: 2 } }] }, reason: Reason.NonceIndicesInHomeRegistration },
  ];
  it.each(rows)("$name", ({ options, reason, status, signed }) => {
    const agent = homeAgent();
    const answer = ask(agent, options);
    expect(agent.refused(reason)).toBe(1);
    expect(answer?.status).toBe(status);
    if (answer) {
      expect(answer.signed).toBe(signed);
      expect(answer.lifetimeS).toBe(0);
      expect(answer.problems).toEqual([]);
    }
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("a replayed update does not change the binding (4285-6-8, 4285-6-10)", () => {
    const agent = homeAgent();
    ask(agent, { sequence: 5 });
    ask(agent, { sequence: 6, source: "2001:db8:b::17", timestamp: at(1500) });
    const answer = ask(agent, { sequence: 5 })!;
    expect(answer).toMatchObject({ status: 144, signed: true });
    // Low half ours, high half the home agent's time of day.
    expect(answer.timestamp! & 0xffffffffn).toBe(at(1000) & 0xffffffffn);
    expect(answer.timestamp! >> 32n).toBe(at(1000) >> 32n);
    expect(readBindings(agent.engine)[0].careofAddress).toBe("2001:db8:b::17");
    // Nor after the binding is gone, when any sequence number would do.
    ask(agent, { sequence: 7, lifetimeS: 0, timestamp: at(1600) });
    expect(ask(agent, { sequence: 6, source: "2001:db8:b::17", timestamp: at(1500) })!.status).toBe(144);
    expect(readBindings(agent.engine)).toEqual([]);
  });

  it("a full binding cache refuses with 130 and recovers (6275-9.5.2-4, 6275-9.5.2-6, 6275-9.5.4-3, 6275-10.3.1-7)", () => {
    const nodes = [0, 1, 2].map((id) => ({
      id, homeAddresses: [parseAddress(`2001:db8:100::${id + 1}7`)], security: { authentication: "none" as const },
    }));
    const agent = homeAgent({ nodes, budgets: { maxBindings: 2, maxNodes: 3 } });
    const register = (id: number, lifetimeS = 600, sequence = 1) =>
      ask(agent, { home: `2001:db8:100::${id + 1}7`, source: `2001:db8:a::${id}`, key: null, identity: null, timestamp: null, lifetimeS, sequence })!.status;
    expect([register(0), register(1), register(2)]).toEqual([0, 0, 130]);
    expect(agent.refused(Reason.BindingBudgetExhausted)).toBe(1);
    expect([register(0, 0, 2), register(2, 600, 2)]).toEqual([0, 130]);
    agent.advance(10_000); // MAX_DELETE_BCE_TIMEOUT: the entry stays so long (6275-10.3.2-10)
    expect(register(2, 600, 3)).toBe(0);
  });

  it("a home address served here is no care-of address (RFC 2473 §4.1.2)", () => {
    const nodes = [0, 1].map((id) => ({ id, homeAddresses: [parseAddress(`2001:db8:100::${id + 1}7`)], security: { authentication: "none" as const } }));
    const agent = homeAgent({ nodes });
    const answer = ask(agent, { home: "2001:db8:100::17", source: "2001:db8:100::27", key: null, identity: null, timestamp: null });
    expect(answer!.status).toBe(129);
    expect(agent.refused(Reason.CareofIsHomeAddress)).toBe(1);
  });

  it("a recorded update from a forged source is no tool for a flood", () => {
    const agent = homeAgent();
    ask(agent);
    for (let index = 0; index < 1000; index++) agent.receive(ACCESS, bindingUpdate());
    expect(agent.take().length).toBeLessThanOrEqual(50);
    expect(agent.refused(Reason.TimestampInvalid)).toBe(1000);
    expect(agent.events.filter(({ name }) => name === "BindingRefused").length).toBeLessThanOrEqual(50);
  });

  it("a flood of forged updates is answered at a limited rate (6275-9.3.3-3)", () => {
    const agent = homeAgent();
    for (let index = 0; index < 1000; index++) agent.receive(ACCESS, bindingUpdate({ key: wrongKey, sequence: index }));
    expect(agent.refused(Reason.AuthenticationFailed)).toBe(1000);
    expect(agent.take().length).toBe(50);
    expect(agent.refused(Reason.ErrorRateLimited)).toBe(950);
  });
});

describe("the home registration flag of a binding (6275-9.5.1-13, 6275-9.5.1-14)", () => {
  it("does not change: 139", () => {
    const agent = homeAgent();
    ask(agent);
    const answer = ask(agent, { sequence: 101, timestamp: at(1001), flags: { homeRegistration: false } });
    expect(answer).toMatchObject({ status: 139, sequence: 101, signed: true });
    expect(agent.refused(Reason.RegistrationTypeChange)).toBe(1);
    expect(readBindings(agent.engine)).toMatchObject([{ sequence: 100, careofAddress: CAREOF }]);
    // 6275-9.5.1-16: an old sequence number comes first, and who cannot sign is told nothing of it.
    expect(ask(agent, { sequence: 99, timestamp: at(1002), flags: { homeRegistration: false } })!.status).toBe(135);
    expect(ask(agent, { sequence: 102, key: null, timestamp: at(1003), flags: { homeRegistration: false } })!.status).toBe(146);
  });

  it("says whose work a binding is (6275-10.3.1-12)", () => {
    const agent = homeAgent();
    ask(agent);
    expect(readBindings(agent.engine)[0].flags & 0x4000).toBe(0x4000);
  });
});

describe("what a home agent does not know", () => {
  it("is skipped: unknown options, reserved bits, the K bit (6275-6.1.7-5, 6275-6.1.7-8, 6275-6.1.8-2)", () => {
    const agent = homeAgent();
    const update = bindingUpdate({
      flags: { keyManagementMobility: true }, extra: [{ name: "mobility-option-201", fields: { data: new Uint8Array(3) } }],
    });
    agent.receive(ACCESS, update);
    const answer = codec.dissect(agent.take()[0].packet).find(({ name }) => name === "binding-acknowledgement")!;
    expect(answer.fields.find(({ name }) => name === "status")!.value).toBe(0);
    expect(answer.fields.find(({ name }) => name === "keyManagementMobility")!.value).toBe(false); // no key management moves
  });
});

describe("what a home agent is told", () => {
  it.each([
    ["a replay window that is no number", { replayWindowMs: NaN }], ["no lifetime", { maxLifetimeMs: NaN }], ["a negative advice", { refreshAdviceMs: -1 }],
    ["a prefix of 129 bits", { homePrefixes: [{ address: parseAddress("2001:db8:100::"), length: 129 }] }], ["no prefix", { homePrefixes: [] }],
  ])("%s is refused", (_, settings) => {
    expect(() => homeAgent(settings)).toThrow("OutOfRange");
  });
});

describe("the identities of a home agent", () => {
  it("an unauthenticated update is accepted only from a node whose entry says so", () => {
    const open = homeAgent({ nodes: [{ id: 0, homeAddresses: [parseAddress(HOME_ADDRESS)], security: { authentication: "none" } }] });
    const answer = ask(open, { key: null, identity: null, timestamp: null });
    expect(answer).toMatchObject({ status: 0, signed: false });
  });

  it("a node that is removed loses its bindings", () => {
    const agent = homeAgent();
    ask(agent);
    removeNode(agent.engine, 0, agent.now);
    expect(readBindings(agent.engine)).toEqual([]);
    expect(agent.events.at(-1)).toMatchObject({ name: "BindingEnded", fields: { why: "node removed" } });
    expect(ask(agent, { sequence: 101, timestamp: at(1100) })).toBeUndefined();
  });
});

describe("refresh requests (6275-9.5.5-1, 6275-9.5.5-2, 6275-9.5.5-3)", () => {
  const names = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);
  /** What the agent has sent, without the question for groups after a registration. */
  const requestsOf = (agent: Node) => agent.take().map(({ packet }) => names(packet)).filter((layers) => !layers.includes("multicast-listener-query"));

  it("go without a routing header, through the tunnel (6275-6.1-1) to a binding that carries packets and runs out", () => {
    const agent = homeAgent();
    ask(agent, { lifetimeS: 100 });
    agent.receive(ACCESS, codec.encode([
      { name: "ipv6", fields: { source: CAREOF, destination: HOME_AGENT, hopLimit: 64 } },
      { name: "ipv6", fields: { source: HOME_ADDRESS, destination: "2001:db8:200::5", hopLimit: 64 } },
      { name: "echo-request", fields: { identifier: 1, sequence: 1 } },
    ]));
    agent.take();
    agent.advance(89_999);
    expect(requestsOf(agent)).toEqual([]);
    agent.advance(10_000);
    const requests = requestsOf(agent);
    expect(requests.length).toBe(3);
    expect(requests[0]).toEqual(["ipv6", "ipv6", "binding-refresh-request"]);
  });

  it("do not go to a silent one", () => {
    const agent = homeAgent();
    ask(agent, { lifetimeS: 100 });
    agent.advance(101_000);
    expect(requestsOf(agent)).toEqual([]);
  });
});
