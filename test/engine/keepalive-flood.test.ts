/** Keepalives in masses: of a node that is registered, of somebody who repeats them, and of somebody without a key. */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { parseAnyAddress } from "../../bindings/address.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, HOME_ADDRESS, type Node } from "./harness.ts";
import { NAT, NAT_PORT, askByUdp, datagramUpdate, dualStackAgent } from "./messages-ipv4.ts";

const COUNT = 1000;
const FROM = { address: parseAnyAddress(NAT), port: NAT_PORT };

const bound = (agent: Node) => readBindings(agent.engine).map(({ homeAddress, careofAddress, port }) => ({ homeAddress, careofAddress, port }));
const REGISTERED = [{ homeAddress: HOME_ADDRESS, careofAddress: NAT, port: NAT_PORT }];

function registered(): Node {
  const agent = dualStackAgent();
  askByUdp(agent);
  agent.datagrams = [];
  agent.events = [];
  return agent;
}

describe("a flood of keepalives", () => {
  it("that were recorded is refused and counted, answered within a limit, and moves nothing", () => {
    const agent = registered();
    const recorded = datagramUpdate();
    const from = { address: parseAnyAddress("203.0.113.66"), port: 666 };
    for (let index = 0; index < COUNT; index++) agent.receiveDatagrams(ACCESS, recorded, from);
    expect(agent.refused(Reason.TimestampInvalid)).toBe(COUNT);
    expect(agent.datagrams.length).toBeLessThanOrEqual(50);
    expect(agent.events.filter(({ name }) => name === "BindingRefused").length).toBeLessThanOrEqual(50);
    expect(bound(agent)).toEqual(REGISTERED);
  });

  it("without the key is refused and counted, and answered within a limit", () => {
    const agent = registered();
    const forged = datagramUpdate({ key: new Uint8Array(16), sequence: 200 });
    for (let index = 0; index < COUNT; index++) agent.receiveDatagrams(ACCESS, forged, FROM);
    expect(agent.refused(Reason.AuthenticationFailed)).toBe(COUNT);
    expect(agent.datagrams.length).toBeLessThanOrEqual(50);
    expect(bound(agent)).toEqual(REGISTERED);
  });

  it("of octets that are no packet is refused and counted, without an answer", () => {
    const agent = registered();
    for (let index = 0; index < COUNT; index++) agent.receiveDatagrams(ACCESS, Uint8Array.of(0xff), FROM);
    expect(agent.refused(Reason.DatagramNotIp)).toBe(COUNT);
    expect([agent.datagrams, agent.take()]).toEqual([[], []]);
    expect(bound(agent)).toEqual(REGISTERED);
  });

  it("of the node itself is answered one by one, and nothing is lost", () => {
    const agent = registered();
    for (let index = 1; index <= COUNT; index++) {
      agent.advance(1);
      expect(askByUdp(agent, { sequence: 100 + index }), `update ${index}`).toMatchObject({ status: 0, sequence: 100 + index });
    }
    expect(bound(agent)).toEqual(REGISTERED);
  });
});
