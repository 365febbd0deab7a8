/** Another mobile node as the correspondent of ours, made by hand, and the tunnel through which it is heard. */
import { expect } from "vitest";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, type Node } from "./harness.ts";
import { type UpdateOptions, bindingUpdate, readAnswer, readTest, testInit } from "./correspondent-peer.ts";
import { addresses, codec } from "./network.ts";

/** The other mobile node. */
export const PEER = "2001:db8:300::9";
export const PEER_CAREOF = "2001:db8:c::9";

/** What the home agent tunnels to the mobile node. */
export const through = (inner: Uint8Array) => {
  const outer = codec.encode([{ name: "ipv6", fields: { source: HOME_AGENT, destination: CAREOF, nextHeader: 41 } }, { name: "payload", fields: { data: inner } }]);
  outer[6] = 41;
  return outer;
};

/** What the mobile node has sent through the tunnel. */
export function inner(mobile: Node): Uint8Array {
  const [{ packet }, ...rest] = mobile.take();
  expect(rest).toEqual([]);
  expect(addresses(packet)).toEqual([CAREOF, HOME_AGENT]);
  return packet.subarray(40);
}

/** Has the other one bind its home address here, everything through the tunnel. */
export function bindPeer(mobile: Node, options: Partial<UpdateOptions> = {}) {
  mobile.receive(ACCESS, through(testInit("home", PEER, { destination: HOME_ADDRESS })));
  const homeTest = inner(mobile);
  expect(addresses(homeTest)).toEqual([HOME_ADDRESS, PEER]);
  mobile.receive(ACCESS, through(testInit("careof", PEER_CAREOF, { destination: HOME_ADDRESS })));
  const careofTest = inner(mobile);
  expect(addresses(careofTest)).toEqual([HOME_ADDRESS, PEER_CAREOF]);
  const tokens = { homeToken: readTest(homeTest), careofToken: readTest(careofTest) };
  mobile.receive(ACCESS, through(bindingUpdate({ source: PEER_CAREOF, destination: HOME_ADDRESS, home: PEER, ...tokens, ...options })));
  return readAnswer(inner(mobile));
}
