/** A correspondent node: return routability, Binding Updates, packets, errors (RFC 6275 §5.2, §9). */
import { describe, expect, it } from "vitest";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS } from "./harness.ts";
import { ask, authenticator, bind, correspondentNode, kbm, readTest, testInit } from "./correspondent-peer.ts";
import { addresses } from "./network.ts";

describe("return routability", () => {
  it("answers to where the question came from, with its cookie and an index", () => {
    const node = correspondentNode();
    for (const [kind, source, type] of [["home", HOME_ADDRESS, 3], ["careof", CAREOF, 4]] as const) {
      node.receive(ACCESS, testInit(kind, source, { cookie: 0xa1a2a3a4a5a6a7a8n }));
      const [{ packet, device }] = node.take();
      expect(device).toBe(ACCESS);
      expect(addresses(packet)).toEqual([CORRESPONDENT, source]);
      expect(readTest(packet)).toMatchObject({ type, cookie: 0xa1a2a3a4a5a6a7a8n });
    }
  });
  it("binds", () => {
    const node = correspondentNode();
    const { answer, homeToken, careofToken } = bind(node);
    expect(answer).toMatchObject({ status: 0, sequence: 1, lifetimeS: 420, routedHome: HOME_ADDRESS, destination: CAREOF });
    expect(answer.data).toEqual(new Uint8Array(authenticator(kbm(homeToken, careofToken), CAREOF, CORRESPONDENT, answer.message)));
    expect(readBindings(node.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: CAREOF, node: 0xffffffff }]);
  });
});
