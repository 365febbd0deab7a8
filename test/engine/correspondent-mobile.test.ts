/** A mobile node is a correspondent node too, at its home address (RFC 6275 §5.2.9, §8.2, §8.5; 6275-5.2.9-1). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { CORRESPONDENT_DEFAULTS, ROUTE_OPTIMISATION_DEFAULTS, setCorrespondent, setRouteOptimisation } from "../../bindings/commands.ts";
import { readBindings, readPeers } from "../../bindings/status.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, type Node, TUNNEL, homeAgent, mobileNode } from "./harness.ts";
import { homeAddressOption, testInit } from "./correspondent-peer.ts";
import { PEER, PEER_CAREOF, bindPeer, inner, through } from "./mobile-peer.ts";
import { addresses, codec, echo, register } from "./network.ts";

function registered(): Node {
  const mobile = mobileNode();
  register(mobile, homeAgent());
  mobile.take();
  return mobile;
}

describe("a mobile node as correspondent node", () => {
  it("answers tests and binds through its own tunnel", () => {
    const mobile = registered();
    expect(bindPeer(mobile)).toMatchObject({ status: 0, source: HOME_ADDRESS, destination: PEER_CAREOF, routedHome: PEER });
    expect(readBindings(mobile.engine)).toMatchObject([{ homeAddress: PEER, careofAddress: PEER_CAREOF, node: 0xffffffff }]);
  });

  it("sends to the care-of address of the other one, and takes what comes from there", () => {
    const mobile = registered();
    bindPeer(mobile);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, PEER));
    const out = inner(mobile);
    expect(addresses(out)).toEqual([HOME_ADDRESS, PEER_CAREOF]);
    expect(codec.dissect(out).map(({ name }) => name)).toContain("routing-type2");
    const packet = (careof: string) => codec.encode([{ name: "ipv6", fields: { source: careof, destination: HOME_ADDRESS } }, homeAddressOption(PEER), { name: "udp" }]);
    mobile.receive(ACCESS, through(packet(PEER_CAREOF)));
    const [{ packet: plain, device }] = mobile.take();
    expect(device).toBe(TUNNEL);
    expect(addresses(plain)).toEqual([PEER, HOME_ADDRESS]);
    expect(plain).toHaveLength(48);
    mobile.receive(ACCESS, through(packet("2001:db8:d::9")));
    const error = inner(mobile);
    expect(addresses(error)).toEqual([HOME_ADDRESS, "2001:db8:d::9"]);
    expect(codec.dissect(error).map(({ name }) => name)).toContain("binding-error");
  });

  it("optimises in its own direction with the home address of the other one (6275-11.7.2-4, 6275-11.7.2-5, 6275-5.2.9-1)", () => {
    const mobile = registered();
    bindPeer(mobile);
    setRouteOptimisation(mobile.engine, { ...ROUTE_OPTIMISATION_DEFAULTS, afterPackets: 1 }, mobile.now);
    mobile.receive(ACCESS, through(codec.encode([
      { name: "ipv6", fields: { source: PEER_CAREOF, destination: HOME_ADDRESS } }, homeAddressOption(PEER), { name: "udp" },
    ])));
    expect(readPeers(mobile.engine)).toMatchObject([{ address: PEER, homeAddress: HOME_ADDRESS, tunnelledIn: 1, state: "Testing" }]);
    const tests = mobile.take().filter(({ device }) => device === ACCESS).map(({ packet }) => packet);
    expect(tests.map((packet) => codec.dissect(packet).at(-1)!.name)).toEqual(["home-test-init", "careof-test-init"]);
    expect(addresses(tests[0].subarray(40))).toEqual([HOME_ADDRESS, PEER]);
    expect(addresses(tests[1])).toEqual([CAREOF, PEER]);
  });

  it("takes what has both a type 2 routing header and a Home Address option (6275-9.3.1-6)", () => {
    const mobile = registered();
    setRouteOptimisation(mobile.engine, { ...ROUTE_OPTIMISATION_DEFAULTS, afterPackets: 1 }, mobile.now);
    const packet = () => codec.encode([
      { name: "ipv6", fields: { source: PEER_CAREOF, destination: CAREOF } },
      { name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } }, homeAddressOption(PEER), { name: "udp" },
    ]);
    mobile.receive(ACCESS, packet());
    expect(mobile.refused(Reason.HomeAddressWithoutBinding)).toBe(1);
    expect(mobile.take().map(({ packet }) => codec.dissect(packet).at(-1)!.name)).toEqual(["binding-error"]);
    bindPeer(mobile);
    mobile.receive(ACCESS, packet());
    const [{ packet: plain, device }] = mobile.take();
    expect(device).toBe(TUNNEL);
    expect(addresses(plain)).toEqual([PEER, HOME_ADDRESS]);
    expect(plain).toHaveLength(48);
    expect(readPeers(mobile.engine)).toMatchObject([{ address: PEER, optimisedIn: 1, state: "Testing" }]);
  });

  it("tells the host a size at which both tunnel and routing header fit", () => {
    const mobile = registered();
    bindPeer(mobile);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, PEER, 1436 - 48));
    expect(inner(mobile)).toHaveLength(1460);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, PEER, 1437 - 48));
    const [{ packet, device }] = mobile.take();
    expect(device).toBe(TUNNEL);
    expect(new DataView(packet.buffer, packet.byteOffset).getUint32(44)).toBe(1436);
  });

  it("hears errors about the direct way through the tunnel", () => {
    const mobile = registered();
    bindPeer(mobile);
    mobile.receive(TUNNEL, echo(HOME_ADDRESS, PEER));
    const about = inner(mobile);
    const error = codec.encode([
      { name: "ipv6", fields: { source: "2001:db8:ff::1", destination: HOME_ADDRESS } }, { name: "destination-unreachable", fields: { code: 3 } },
      { name: "payload", fields: { data: about } },
    ]);
    for (let second = 0; second < 3; second++) {
      mobile.receive(ACCESS, through(error));
      const [{ packet, device }] = mobile.take();
      expect(device).toBe(TUNNEL);
      expect(addresses(packet.subarray(48))).toEqual([HOME_ADDRESS, PEER]);
      mobile.advance(1000);
      mobile.take();
    }
    expect(readBindings(mobile.engine)).toEqual([]);
    mobile.receive(ACCESS, through(error)); // about nothing of ours any more: the host's own
    expect(mobile.take()).toMatchObject([{ device: TUNNEL, packet: error }]);
  });

  it("can be told not to (6275-8.2-11)", () => {
    const mobile = registered();
    setCorrespondent(mobile.engine, { ...CORRESPONDENT_DEFAULTS, enabled: false, addresses: [] }, mobile.now);
    mobile.receive(ACCESS, through(testInit("home", PEER, { destination: HOME_ADDRESS })));
    expect(mobile.refused(Reason.RouteOptimisationDisabled)).toBe(1);
    const error = inner(mobile);
    expect(addresses(error)).toEqual([HOME_ADDRESS, PEER]);
    expect(codec.dissect(error)[1]).toMatchObject({ name: "parameter-problem" });
  });

  it("says through the tunnel what is wrong with a message that came through it (6275-9.2-6)", () => {
    const mobile = registered();
    const init = testInit("home", PEER, { destination: HOME_ADDRESS });
    const [, message] = codec.dissect(init);
    const wrong = codec.encode([{ name: "ipv6", fields: { source: PEER, destination: HOME_ADDRESS } }, { name: message.name, fields: { payloadProto: 58 } }]);
    mobile.receive(ACCESS, through(wrong));
    const error = inner(mobile);
    expect(addresses(error)).toEqual([HOME_ADDRESS, PEER]);
    expect(codec.dissect(error)[1]).toMatchObject({ name: "parameter-problem" });
  });

  it("has nothing to say at its care-of address", () => {
    const mobile = registered();
    mobile.receive(ACCESS, testInit("careof", PEER_CAREOF, { destination: CAREOF }));
    expect(mobile.take()).toEqual([]);
    expect(mobile.refused(Reason.MessageNotForThisRole)).toBe(1);
  });
});
