/** The home link as a mobile node sees it: its router, which is the home agent, and what the node says there. */
import { parseAddress } from "../../bindings/address.ts";
import { setDevice, setLink } from "../../bindings/commands.ts";
import { readUpdates } from "../../bindings/status.ts";
import { ACCESS, HOME_ADDRESS, HOME_AGENT, type Node, hex, mobileNode } from "./harness.ts";
import { addresses, codec } from "./network.ts";

export const MAC = Uint8Array.of(2, 0, 0x5e, 0, 0x53, 1);
export const AGENT_MAC = Uint8Array.of(2, 0, 0x5e, 0, 0x53, 0xaa);
export const HOME = hex(parseAddress(HOME_ADDRESS));

/** A mobile node whose uplinks have link-layer addresses. */
export function returningNode(settings: Parameters<typeof mobileNode>[0] = {}): Node {
  const mobile = mobileNode(settings);
  for (let index = 0; index < (settings.uplinks ?? 1); index++) {
    const interfaceId = Uint8Array.of(0, 0, 0, 0, 0, 0, index, 0x17);
    setDevice(mobile.engine, { index: ACCESS + index, kind: "access", mtu: 1500, up: false, linkAddress: MAC, interfaceId }, mobile.now);
  }
  return mobile;
}

/** A router advertisement of the home link: from the home agent, or (`agent: false`) from another router there. */
export function homeAdvertisement(
  { agent = true, prefixLength = 64, onLink = true, autonomous = true, valid = 3600, prefix = "2001:db8:100::", router = "fe80::aa" } = {},
): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source: router, destination: "ff02::1", hopLimit: 255 } },
    {
      name: "router-advertisement", fields: { hopLimit: 64, routerLifetime: 1800 }, options: [
        ...(agent ? [{ name: "source-link-layer-address", fields: { linkLayerAddress: AGENT_MAC } }] : []),
        {
          name: "prefix-information",
          fields: { prefix: agent ? HOME_AGENT : prefix, prefixLength, onLink, autonomous, routerAddress: agent, validLifetime: valid, preferredLifetime: valid },
        },
      ],
    },
  ]);
}

/** The home agent's answer for the home address that it defends. */
export function proxyAdvertisement(target = HOME_ADDRESS, linkAddress: Uint8Array | null = AGENT_MAC): Uint8Array {
  return codec.encode([
    { name: "ipv6", fields: { source: HOME_AGENT, destination: "ff02::1", hopLimit: 255 } },
    {
      name: "neighbour-advertisement", fields: { target, override: false },
      options: linkAddress ? [{ name: "target-link-layer-address", fields: { linkLayerAddress: linkAddress } }] : [],
    },
  ]);
}

/** Brings the uplink up on the home link. */
export function comeHome(mobile: Node, advertisement = homeAdvertisement(), device = ACCESS): void {
  setLink(mobile.engine, device, false, mobile.now);
  setLink(mobile.engine, device, true, mobile.now);
  mobile.receive(device, advertisement);
}

export const state = (mobile: Node) => readUpdates(mobile.engine)[0].state;
export const layersOf = (packet: Uint8Array) => codec.dissect(packet).map(({ name }) => name);

/** Packets whose last layer has this name, out of what was sent. */
export function named(sent: { device: number; packet: Uint8Array }[], name: string): Uint8Array[] {
  return sent.filter(({ packet }) => layersOf(packet).at(-1) === name).map(({ packet }) => packet);
}

/** Neighbour Solicitations for the home address. */
export function solicitations(sent: { device: number; packet: Uint8Array }[]): Uint8Array[] {
  return named(sent, "neighbour-solicitation").filter((packet) => hex(packet.subarray(48, 64)) === HOME);
}

/** Neighbour Advertisements for an address. */
export function claims(sent: { device: number; packet: Uint8Array }[], address = HOME_ADDRESS): Uint8Array[] {
  return named(sent, "neighbour-advertisement")
    .filter((packet) => hex(packet.subarray(48, 64)) === hex(parseAddress(address)) && addresses(packet)[1] === "ff02::1");
}
