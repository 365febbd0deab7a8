/**
 * What the network said about datagrams that were sent: the error queue of a UDP socket (IP_RECVERR), above all
 * the MTU of a path.
 *
 *   sock_extended_err, the value of a control message (datagram-receive.ts):
 *    0  errno (32 bits)  4 origin  5 type  6 code  8 information: the MTU with EMSGSIZE  12 data
 */

import {
  EMSGSIZE, IP_RECVERR, IPPROTO_IPV6, IPV6_RECVERR, MSG_DONTWAIT, MSG_ERRQUEUE, SOL_IP,
} from "./constants.ts";
import {
  CONTROL_LEVEL, CONTROL_TYPE, CONTROL_VALUE, NAME_ADDRESS, SOCKADDR_IN6_BYTES,
} from "./datagram-receive.ts";
import type { Failures } from "./datagram-send.ts";
import { recvmmsg } from "./libc.ts";
import { Block } from "./memory.ts";
import { MessageVector } from "./messages.ts";

const INFORMATION = 8;
const BATCH = 8;
const CONTROL_BYTES = 128;
/** Of the datagram that an error is about, nothing is wanted. */
const PAYLOAD_BYTES = 8;

/** A path takes no larger packets. */
export interface PathMtu {
  /** 16 octets of the other end; IPv4 as ::ffff:a.b.c.d. */
  readonly remote: Uint8Array;
  /** Octets of IP packets. */
  readonly mtuBytes: number;
}

export class DatagramErrors {
  readonly #fd: number;
  readonly #failures: Failures;
  readonly #messages = new MessageVector(BATCH, SOCKADDR_IN6_BYTES);
  readonly #control = new Block(BATCH * CONTROL_BYTES);
  readonly #payload = new Block(PAYLOAD_BYTES);

  constructor(fd: number, failures: Failures) {
    this.#fd = fd;
    this.#failures = failures;
    for (let index = 0; index < BATCH; index++) {
      this.#messages.setBuffer(index, this.#payload.address, PAYLOAD_BYTES);
    }
  }

  /** Empties the queue: path MTUs are returned, other errors counted. */
  read(): PathMtu[] {
    const found: PathMtu[] = [];
    for (;;) {
      for (let index = 0; index < BATCH; index++) {
        this.#messages.setControl(index, this.#control.address + index * CONTROL_BYTES, CONTROL_BYTES);
      }
      const flags = MSG_ERRQUEUE | MSG_DONTWAIT;
      const count = recvmmsg(this.#fd, this.#messages.headerAddress(0), BATCH, flags, 0);
      for (let index = 0; index < count; index++) this.#readError(index, found);
      if (count < BATCH) return found;
    }
  }

  #readError(index: number, found: PathMtu[]): void {
    const { view } = this.#control;
    let at = index * CONTROL_BYTES;
    const end = at + this.#messages.controlBytes(index);
    for (; at + CONTROL_VALUE + INFORMATION < end; at += (view.getUint32(at, true) + 7) & ~7) {
      const level = view.getUint32(at + CONTROL_LEVEL, true);
      const type = view.getUint32(at + CONTROL_TYPE, true);
      const isError = (level === SOL_IP && type === IP_RECVERR) || (level === IPPROTO_IPV6 && type === IPV6_RECVERR);
      if (!isError) continue;
      const error = view.getUint32(at + CONTROL_VALUE, true);
      if (error !== EMSGSIZE) {
        this.#failures.count(error);
        continue;
      }
      const address = this.#messages.nameOffset(index) + NAME_ADDRESS;
      const mtuBytes = view.getUint32(at + CONTROL_VALUE + INFORMATION, true);
      found.push({ remote: this.#messages.block.bytes.slice(address, address + 16), mtuBytes });
    }
  }
}
