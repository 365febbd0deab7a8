/** A home agent and a mobile node with nothing between them but this file. */
import { Codec } from "../../bindings/codec.ts";
import { formatAddress } from "../../bindings/address.ts";
import { setLink } from "../../bindings/commands.ts";
import { ACCESS, CAREOF, HOME_ADDRESS, HOME_AGENT, type Node, module, TUNNEL } from "./harness.ts";

export const codec = new Codec(module);

/** A router advertisement of a visited network. */
export function routerAdvertisement(
  prefix = "2001:db8:a::", { router = "fe80::1", lifetime = 1800, interval = 0, mtu = 0, valid = 3600, preferred = 1800 } = {},
): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source: router, destination: "ff02::1", hopLimit: 255 } },
    {
      name: "router-advertisement", fields: { hopLimit: 64, routerLifetime: lifetime }, options: [
        {
          name: "prefix-information", fields: {
            prefix, prefixLength: 64, onLink: true, autonomous: true, validLifetime: valid, preferredLifetime: preferred,
          },
        },
        ...(interval ? [{ name: "advertisement-interval", fields: { interval } }] : []),
        ...(mtu ? [{ name: "mtu", fields: { mtu } }] : []),
      ],
    },
  ]);
}

/** An ICMPv6 echo request as an application's stack sends it. */
export function echo(source: string, destination: string, octets = 56, hopLimit = 63): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source, destination, hopLimit } },
    { name: "echo-request", fields: { identifier: 7, sequence: 1 } },
    { name: "payload", fields: { data: new Uint8Array(octets).fill(0xa5) } },
  ]);
}

/** The addresses of a packet. */
export function addresses(packet: Uint8Array): [source: string, destination: string] {
  return [formatAddress(packet.subarray(8, 24)), formatAddress(packet.subarray(24, 40))];
}

/** True for a packet that a mobile node sends to its home agent. */
export function isFor(packet: Uint8Array, destination: string): boolean {
  return addresses(packet)[1] === destination;
}

/** Carries packets between the two until both are silent; returns how many went each way. */
export function exchange(mobile: Node, agent: Node, careofAddresses: string[] = [CAREOF]): [toAgent: number, toMobile: number] {
  let toAgent = 0;
  let toMobile = 0;
  for (let round = 0; round < 20; round++) {
    const up = mobile.take().filter(({ packet }) => isFor(packet, HOME_AGENT));
    for (const { packet } of up) agent.receive(ACCESS, packet);
    const down = agent.take().filter(({ packet }) => careofAddresses.includes(addresses(packet)[1]));
    for (const { packet } of down) mobile.receive(ACCESS, packet);
    toAgent += up.length;
    toMobile += down.length;
    if (up.length + down.length === 0) break;
  }
  return [toAgent, toMobile];
}

/** Brings the mobile node's uplink up on the visited network of `prefix`. */
export function arrive(mobile: Node, prefix = "2001:db8:a::", device = ACCESS): void {
  setLink(mobile.engine, device, true, mobile.now);
  mobile.receive(device, routerAdvertisement(prefix));
}

/** A mobile node that is registered with its home agent. */
export function register(mobile: Node, agent: Node): void {
  arrive(mobile);
  exchange(mobile, agent);
}

export { TUNNEL, HOME_ADDRESS, HOME_AGENT, CAREOF };
