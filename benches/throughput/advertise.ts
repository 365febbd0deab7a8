/** Router advertisements on the cable between `near` and `far`: without them a mobile node has no IPv6 care-of address. */
import { existsSync, readFileSync } from "node:fs";
import { Codec } from "../../bindings/codec.ts";
import { AccessSender } from "../../platforms/linux/system/access-send.ts";
import { linkByName } from "../../platforms/linux/system/links.ts";
import { PacketMemory } from "../../platforms/linux/system/memory.ts";
import { NetlinkSocket } from "../../platforms/linux/system/netlink-socket.ts";
import { type Network, OUTSIDE, ROUTER } from "./network.ts";

const EVERY_MS = 500;
const PREFIX = "2001:db8:a::";
/** Beside the bundle in dist/, or from the source tree. */
const CORE = ["./mext.wasm", "../../build/mext.wasm"].map((place) => new URL(place, import.meta.url));

/** Advertises from now on; returns what ends it. */
export function startAdvertising(network: Network): () => void {
  const core = new WebAssembly.Module(readFileSync(CORE.find((place) => existsSync(place))!));
  const packet = new Codec(core).encode([
    { name: "ipv6", fields: { source: ROUTER, destination: "ff02::1", hopLimit: 255 } },
    {
      name: "router-advertisement",
      fields: { hopLimit: 64, routerLifetime: 1800 },
      options: [{
        name: "prefix-information",
        fields: {
          prefix: PREFIX, prefixLength: 64, onLink: true, autonomous: true, validLifetime: 3600, preferredLifetime: 1800,
        },
      }],
    },
  ]);
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).set(packet);
  const sender = network.inside("far", () => {
    const netlink = new NetlinkSocket();
    const interfaceIndex = linkByName(netlink, OUTSIDE).index;
    netlink.close();
    return new AccessSender(new PacketMemory(memory), { interfaceIndex });
  });
  const send = () => {
    sender.setPacket(0, 0, packet.length);
    sender.send(1);
  };
  send();
  const timer = setInterval(send, EVERY_MS);
  return () => {
    clearInterval(timer);
    sender.close();
  };
}
