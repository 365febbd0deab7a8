/**
 * Sending whole IPv4 packets from the core's memory, header included, with any source address, by an IPPROTO_RAW
 * socket: tunnelled packets without UDP (protocols 41 and 4). The kernel finds the route and the neighbour; in the
 * header it writes the checksum, and an identification where that is 0. Nothing is fragmented here.
 *
 *   sockaddr_in:  0 family  2 port (must be 0)  4 address (4 bytes)
 */

import { AF_INET, IPPROTO_RAW, SOCK_CLOEXEC, SOCK_RAW } from "./constants.ts";
import { type PacketSender, sendBatch, type SendOptions, setUpSender } from "./access-send.ts";
import { check, close, prepare, socket } from "./libc.ts";
import type { PacketMemory } from "./memory.ts";
import { MessageVector } from "./messages.ts";

const SOCKADDR_IN_BYTES = 16;
const NAME_ADDRESS = 4;
const PACKET_DESTINATION = 16;

export class Ipv4Sender implements PacketSender {
  readonly fd: number;
  /** What became of each packet of the last `send`: 0 for sent, else the errno. */
  readonly results: Int32Array;
  readonly #memory: PacketMemory;
  readonly #messages: MessageVector;

  /** Opens the socket; throws SystemError (EPERM without CAP_NET_RAW, ENODEV). */
  constructor(memory: PacketMemory, options: SendOptions = {}) {
    this.#memory = memory;
    this.#messages = new MessageVector(options.batch ?? 64, SOCKADDR_IN_BYTES);
    this.results = new Int32Array(this.#messages.capacity);
    for (let slot = 0; slot < this.#messages.capacity; slot++) {
      this.#messages.block.view.setUint16(this.#messages.nameOffset(slot), AF_INET, true);
    }
    this.fd = check(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), "open raw IPv4 socket");
    prepare(this.fd, () => setUpSender(this.fd, options));
  }

  /** How many packets fit into one batch. */
  get batch(): number {
    return this.#messages.capacity;
  }

  /** Puts a packet into the batch. It goes to the destination in its own IPv4 header. */
  setPacket(slot: number, pointer: number, lengthBytes: number): void {
    const destination = this.#memory.view.getUint32(pointer + PACKET_DESTINATION, true);
    this.#messages.block.view.setUint32(this.#messages.nameOffset(slot) + NAME_ADDRESS, destination, true);
    this.#messages.setBuffer(slot, this.#memory.addressAt(pointer), lengthBytes);
  }

  /** Sends the packets in slots 0 to count − 1, as AccessSender.send does. */
  send(count: number): number {
    return sendBatch(this.fd, this.#messages, count, this.results);
  }

  close(): void {
    close(this.fd);
  }
}
