/** Two nodes on one link: what most tests of the access side need. */

import { AccessReceiver, type ReceiveOptions } from "../../../platforms/linux/system/access-receive.ts";
import { AccessSender, type SendOptions } from "../../../platforms/linux/system/access-send.ts";
import { addAddress, listAddresses } from "../../../platforms/linux/system/addresses.ts";
import { linkByName } from "../../../platforms/linux/system/links.ts";
import { PacketMemory } from "../../../platforms/linux/system/memory.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { PollSet } from "../../../platforms/linux/system/poll.ts";
import { cable, eventually, inside, ip, makeNamespace } from "./namespace.ts";

export const LEFT = "2001:db8::a";
export const RIGHT = "2001:db8::b";
const SLOT_BYTES = 2048;
const SLOTS = 32;

/** A node in its own namespace, with sockets of its own and a piece of WebAssembly memory. */
export class TestNode {
  readonly wasm = new WebAssembly.Memory({ initial: 4, maximum: 64 });
  readonly memory = new PacketMemory(this.wasm);
  readonly netlink: NetlinkSocket;
  readonly interfaceIndex: number;
  readonly namespace: string;

  constructor(namespace: string, address: string) {
    this.namespace = namespace;
    this.netlink = inside(namespace, () => new NetlinkSocket());
    this.interfaceIndex = linkByName(this.netlink, "eth0").index;
    addAddress(this.netlink, { interfaceIndex: this.interfaceIndex, address, prefixLength: 64 });
  }

  /** The address that the kernel made for the interface. */
  linkLocal(): Promise<string> {
    const addresses = () => listAddresses(this.netlink, this.interfaceIndex);
    return eventually(() => addresses().find(({ scope }) => scope === "link")?.address);
  }

  sender(options?: SendOptions): AccessSender {
    return inside(this.namespace, () => new AccessSender(this.memory, options));
  }

  receiver(options?: ReceiveOptions): AccessReceiver {
    const all = { batch: SLOTS, ...options };
    const receiver = inside(this.namespace, () => new AccessReceiver(this.memory, all));
    for (let slot = 0; slot < SLOTS; slot++) receiver.setSlot(slot, slotPointer(slot), SLOT_BYTES);
    return receiver;
  }

  /** Sends one packet and returns its result: 0 or an errno. */
  send(sender: AccessSender, packet: Uint8Array, interfaceIndex?: number): number {
    const pointer = 64;
    new Uint8Array(this.wasm.buffer).set(packet, pointer);
    sender.setPacket(0, pointer, packet.length, interfaceIndex);
    sender.send(1);
    return sender.results[0];
  }

  /** The packets that are waiting, or come within the time. */
  receive(receiver: AccessReceiver, timeoutMs = 50): Received[] {
    const poll = new PollSet(1);
    poll.add(receiver.fd);
    const packets: Received[] = [];
    while (poll.wait(timeoutMs) > 0) {
      const count = receiver.receive();
      for (let slot = 0; slot < count; slot++) {
        const bytes = new Uint8Array(this.wasm.buffer, slotPointer(slot), receiver.lengthBytes(slot));
        packets.push({
          bytes: Buffer.from(bytes.slice()),
          interfaceIndex: receiver.interfaceIndex(slot),
          truncated: receiver.truncated(slot),
        });
      }
    }
    return packets;
  }
}

export interface Received {
  readonly bytes: Buffer;
  readonly interfaceIndex: number;
  readonly truncated: boolean;
}

function slotPointer(slot: number): number {
  return 64 * 1024 + slot * SLOT_BYTES;
}

/** Two nodes joined by a cable, both quite up, neighbour discovery between them done. */
export async function twoNodes(purpose: string): Promise<[left: TestNode, right: TestNode]> {
  const [left, right] = [makeNamespace(`${purpose}-left`), makeNamespace(`${purpose}-right`)];
  cable(left, right);
  const nodes: [TestNode, TestNode] = [new TestNode(left, LEFT), new TestNode(right, RIGHT)];
  for (const node of nodes) await node.linkLocal();
  ip("netns", "exec", left, "ping", "-c", "1", "-W", "2", RIGHT);
  return nodes;
}
