/** Router advertisements, sent by a raw socket from inside a router's namespace: what a moving node finds. */
import { readFileSync } from "node:fs";
import { Codec } from "../../bindings/codec.ts";
import { AccessSender } from "../../platforms/linux/system/access-send.ts";
import { linkByName } from "../../platforms/linux/system/links.ts";
import { PacketMemory } from "../../platforms/linux/system/memory.ts";
import { NetlinkSocket } from "../../platforms/linux/system/netlink-socket.ts";
import { inside } from "./system/namespace.ts";

const EVERY_MS = 150;
export const codec = new Codec(
  new WebAssembly.Module(readFileSync(new URL("../../build/mext.wasm", import.meta.url))),
);

/** Advertises a /64 on an interface that has the address `router`, again and again. Returns what ends it. */
export function advertise(
  namespace: string,
  interfaceName: string,
  router: string,
  prefix: string,
): () => void {
  const packet = codec.encode([
    { name: "ipv6", fields: { source: router, destination: "ff02::1", hopLimit: 255 } },
    {
      name: "router-advertisement",
      fields: { hopLimit: 64, routerLifetime: 1800 },
      options: [
        {
          name: "prefix-information",
          fields: {
            prefix,
            prefixLength: 64,
            onLink: true,
            autonomous: true,
            validLifetime: 3600,
            preferredLifetime: 1800,
          },
        },
      ],
    },
  ]);
  const wasm = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(wasm.buffer).set(packet);
  const sender = inside(namespace, () => {
    const netlink = new NetlinkSocket();
    const interfaceIndex = linkByName(netlink, interfaceName).index;
    netlink.close();
    return new AccessSender(new PacketMemory(wasm), { interfaceIndex });
  });
  const timer = setInterval(() => {
    sender.setPacket(0, 0, packet.length);
    sender.send(1); // refused while the interface is down: the next one will do
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    sender.close();
  };
}
