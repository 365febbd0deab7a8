/** The binding cache of a correspondent node: replays, replacement, refresh (RFC 6275 §5.2.8, §9.1, §9.5.3, §9.5.5, §9.6). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAddress } from "../../bindings/address.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, type Node, TUNNEL, hex } from "./harness.ts";
import { OTHER_CAREOF, ask, bind, bindingUpdate, correspondentNode, takeAnswer } from "./correspondent-peer.ts";
import { addresses, codec, echo } from "./network.ts";

const careofs = (node: Node) => readBindings(node.engine).map(({ careofAddress }) => careofAddress);
const route = (home: string) => `${TUNNEL} ${hex(parseAddress(home))}/128`;
const send = (node: Node, packet: Uint8Array) => {
  node.receive(ACCESS, packet);
  return takeAnswer(node);
};

describe("a binding ends", () => {
  // 6275-9.5.3-1, 6275-9.5.3-2, 6275-9.5.1-17, 6275-6.1.7-7, 6275-6.1.7-12
  it.each([
    ["from the visited link", { lifetimeS: 0 }, CAREOF, HOME_ADDRESS],
    ["from the visited link, with an alternate care-of address", { lifetimeS: 0, alternate: OTHER_CAREOF }, CAREOF, HOME_ADDRESS],
    ["with the home address as care-of address", { alternate: HOME_ADDRESS }, CAREOF, HOME_ADDRESS],
    ["from home (6275-9.5.4-11)", { lifetimeS: 0, source: HOME_ADDRESS, home: null }, HOME_ADDRESS, undefined],
    ["from home, with a Home Address option (6275-9.5.4-11)", { lifetimeS: 0, source: HOME_ADDRESS }, HOME_ADDRESS, undefined],
    ["from home, with a lifetime", { source: HOME_ADDRESS, home: null }, HOME_ADDRESS, undefined],
    ["with a care-of nonce index that nobody knows (6275-9.5.1-17)", { lifetimeS: 0, unknown: true }, CAREOF, HOME_ADDRESS],
  ])("%s", (_, { unknown, ...change }: { unknown?: boolean } & Partial<Parameters<typeof bindingUpdate>[0]>, destination, routedHome) => {
    const node = correspondentNode();
    const { homeToken } = bind(node);
    const indices: [number, number] = [homeToken.index, unknown ? homeToken.index + 1000 & 0xffff : 0];
    const answer = send(node, bindingUpdate({ homeToken, indices, sequence: 2, ...change }));
    expect(answer).toMatchObject({ status: 0, sequence: 2, lifetimeS: 0, destination });
    expect(answer.routedHome).toBe(routedHome);
    expect(answer.data).toBeDefined();
    expect(careofs(node)).toEqual([]);
    expect(node.network).toEqual([`+to ${route(HOME_ADDRESS)}`, `-to ${route(HOME_ADDRESS)}`]);
    expect(node.events.at(-1)).toMatchObject({ name: "BindingEnded", fields: { why: "deregistered" } });
  });

  it("not with a home nonce that is too old: 136", () => {
    const node = correspondentNode();
    const { homeToken } = bind(node);
    node.advance(240_000);
    const answer = send(node, bindingUpdate({ homeToken, lifetimeS: 0, sequence: 2 }));
    expect(answer.status).toBe(136);
    expect(answer.data).toBeUndefined();
    expect(careofs(node)).toEqual([CAREOF]);
  });

  it("not with the key of a registration", () => {
    const node = correspondentNode();
    const { homeToken, careofToken } = bind(node);
    const both = bindingUpdate({ homeToken, careofToken, sequence: 2 });
    both[72] = both[73] = 0; // the lifetime; the checksum no longer fits either
    node.receive(ACCESS, both);
    node.receive(ACCESS, bindingUpdate({ homeToken, careofToken, sequence: 2, lifetimeS: 0, data: new Uint8Array(12) }));
    expect(node.take()).toEqual([]);
    expect(careofs(node)).toEqual([CAREOF]);
  });
});

describe("what was said once cannot be said again", () => {
  it("while the binding lives: 135", () => {
    const node = correspondentNode();
    const { update, homeToken } = bind(node);
    const careofToken = ask(node, "careof", OTHER_CAREOF);
    expect(send(node, bindingUpdate({ source: OTHER_CAREOF, homeToken, careofToken, sequence: 2 })).status).toBe(0);
    expect(send(node, update)).toMatchObject({ status: 135, sequence: 2 });
    expect(careofs(node)).toEqual([OTHER_CAREOF]);
  });

  it("after its removal: 135, until the nonces are too old (6275-9.5.3-3)", () => {
    const node = correspondentNode();
    const { update, homeToken, careofToken } = bind(node);
    send(node, bindingUpdate({ homeToken, lifetimeS: 0, sequence: 2 }));
    expect(send(node, update)).toMatchObject({ status: 135, sequence: 2 });
    expect(node.refused(Reason.BindingUpdateReplayed)).toBe(1);
    expect(careofs(node)).toEqual([]);
    expect(send(node, bindingUpdate({ homeToken, careofToken, sequence: 3 })).status).toBe(0); // the node itself can go on
    send(node, bindingUpdate({ homeToken, lifetimeS: 0, sequence: 4 }));
    node.advance(240_000);
    expect(node.engine.nextWakeupMs()).toBe(Infinity); // forgotten
    expect(send(node, update).status).toBe(138);
  });

  it("after its lifetime", () => {
    const node = correspondentNode();
    const { update } = bind(node, { lifetimeS: 8 });
    node.advance(8000);
    expect(careofs(node)).toEqual([]);
    expect(send(node, update)).toMatchObject({ status: 135, sequence: 1 });
    node.advance(231_999);
    expect(send(node, update).status).toBe(135);
    node.advance(1);
    expect(send(node, update).status).toBe(138);
  });

  it("after the node has begun anew with smaller numbers and newer nonces: 138, and 136 for a removal", () => {
    const node = correspondentNode();
    const { update, homeToken } = bind(node, { sequence: 1000 });
    const removal = bindingUpdate({ homeToken, lifetimeS: 0, sequence: 1001 });
    expect(send(node, removal).status).toBe(0);
    expect(bind(node, { sequence: 5 }).answer).toMatchObject({ status: 135, sequence: 1001 }); // same nonces
    node.advance(30_000);
    const second = bind(node, { sequence: 5, careof: OTHER_CAREOF });
    expect(second.answer.status).toBe(0);
    expect(send(node, update).status).toBe(138); // 1000 is greater than 5
    expect(send(node, removal).status).toBe(136); // 1001 as well
    expect(careofs(node)).toEqual([OTHER_CAREOF]);
    expect(node.refused(Reason.NonceIndexExpired)).toBe(2);
    // One old and one new nonce are no replay.
    expect(send(node, bindingUpdate({ homeToken, careofToken: ask(node, "careof", CAREOF), sequence: 6 })).status).toBe(0);
    expect(careofs(node)).toEqual([CAREOF]);
  });

  it("but a node that nothing is known of may begin with any number (6275-9.5.1-3)", () => {
    for (const sequence of [0, 32768, 65535]) expect(bind(correspondentNode(), { sequence }).answer.status).toBe(0);
  });
});

describe("a full cache", () => {
  const home = (index: number) => `2001:db8:300::${index + 1}`;
  const careof = (index: number) => `2001:db8:a::${index + 1}`;

  it("gives the place of the least recently used entry to a new one (6275-9.1-5, 6275-9.6-2, 6275-9.6-3)", () => {
    const node = correspondentNode({ budgets: { maxBindings: 3 } });
    for (let index = 0; index < 3; index++) {
      bind(node, { home: home(index), careof: careof(index) });
      node.advance(1000);
    }
    node.advance(250_000); // their nonces are too old to be replayed
    node.receive(TUNNEL, echo(CORRESPONDENT, home(0))); // in use
    node.take();
    const { answer } = bind(node, { home: home(3), careof: careof(3) });
    expect(answer.status).toBe(0);
    expect(careofs(node).sort()).toEqual([careof(0), careof(2), careof(3)]);
    expect(node.events.filter(({ name }) => name === "BindingEnded")).toMatchObject([{ fields: { homeAddress: home(1), why: "replaced" } }]);
    expect(node.network.at(-2)).toBe(`-to ${route(home(1))}`);
  });

  it("retires nonces where the entry that goes could be replayed (6275-9.6-4, 6275-5.2.8-1)", () => {
    const node = correspondentNode({ budgets: { maxBindings: 1 } });
    const old = bind(node);
    node.advance(20_000);
    const next = bind(node, { home: home(0), careof: careof(0) });
    expect(next.answer.status).toBe(0);
    expect(careofs(node)).toEqual([careof(0)]);
    expect(send(node, old.update).status).toBe(138);
    expect(ask(node, "home", HOME_ADDRESS).index).toBe((next.homeToken.index + 1) & 0xffff);
  });

  it("retires all older nonces with them, and no newer ones", () => {
    const node = correspondentNode({ budgets: { maxBindings: 1 } });
    const oldToken = ask(node, "home", HOME_ADDRESS);
    node.advance(30_000);
    const { homeToken } = bind(node);
    node.advance(30_000);
    const newToken = ask(node, "home", HOME_ADDRESS);
    expect(bind(node, { home: home(0), careof: careof(0) }).answer.status).toBe(0);
    const status = (token: typeof homeToken) =>
      send(node, bindingUpdate({ homeToken: token, lifetimeS: 0, sequence: 9, data: token === newToken ? undefined : new Uint8Array(12) })).status;
    expect([status(oldToken), status(homeToken), status(newToken)]).toEqual([136, 136, 0]);
  });

  it("refuses with 130 when all entries carry packets (6275-9.5.2-4, 6275-9.5.2-5, 6275-9.5.2-6, 6275-9.5.4-3)", () => {
    const node = correspondentNode({ budgets: { maxBindings: 2 } });
    for (let index = 0; index < 2; index++) bind(node, { home: home(index), careof: careof(index) });
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 2; index++) node.receive(TUNNEL, echo(CORRESPONDENT, home(index)));
      node.take();
      const { answer } = bind(node, { home: home(9), careof: careof(9) });
      expect(answer.status).toBe(130);
      expect(answer.data).toBeDefined();
      node.advance(9000);
    }
    expect(node.refused(Reason.BindingBudgetExhausted)).toBe(3);
    expect(careofs(node).sort()).toEqual([careof(0), careof(1)]);
  });

  it("keeps what it must remember of ended bindings while there is room", () => {
    const node = correspondentNode({ budgets: { maxBindings: 3 } });
    const first = bind(node, { home: home(0), careof: careof(0) });
    send(node, bindingUpdate({ home: home(0), source: careof(0), homeToken: first.homeToken, lifetimeS: 0, sequence: 2 }));
    for (let index = 1; index < 3; index++) expect(bind(node, { home: home(index), careof: careof(index) }).answer.status).toBe(0);
    expect(send(node, first.update).status).toBe(135);
  });
});

describe("towards the end of its lifetime", () => {
  const requests = (node: Node) => node.take().filter(({ packet }) => codec.dissect(packet).some(({ name }) => name === "binding-refresh-request"));

  it("a binding in use is asked for at the home address, without the binding (6275-9.5.5-1, 6275-9.5.5-2, 6275-6.1-1, 6275-6.1-3)", () => {
    const node = correspondentNode();
    bind(node, { lifetimeS: 100 });
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
    node.take();
    node.advance(99_000);
    const asked = requests(node);
    expect(asked).toHaveLength(3);
    for (const { packet } of asked) {
      expect(addresses(packet)).toEqual([CORRESPONDENT, HOME_ADDRESS]);
      expect(packet).toHaveLength(48);
    }
  });

  it("a Binding Update ends the asking (6275-9.5.5-3)", () => {
    const node = correspondentNode();
    const { homeToken, careofToken } = bind(node, { lifetimeS: 100 });
    node.receive(TUNNEL, echo(CORRESPONDENT, HOME_ADDRESS));
    node.advance(91_000);
    expect(requests(node)).toHaveLength(1);
    expect(send(node, bindingUpdate({ homeToken, careofToken, sequence: 2, lifetimeS: 100 })).status).toBe(0);
    node.advance(99_000);
    expect(requests(node)).toHaveLength(0);
    expect(careofs(node)).toEqual([CAREOF]); // not before its lifetime ends (6275-6.1.7-13)
  });

  it("a binding without packets may end", () => {
    const node = correspondentNode();
    bind(node, { lifetimeS: 100 });
    node.advance(100_000);
    expect(requests(node)).toHaveLength(0);
    expect(careofs(node)).toEqual([]);
  });
});
