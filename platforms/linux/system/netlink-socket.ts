/**
 * A socket to the kernel's routing tables (rtnetlink) or its packet filter (nfnetlink): requests are
 * answered before the call returns, which takes less than a tenth of a millisecond.
 */

import {
  AF_NETLINK, EAGAIN, ENOBUFS, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_ROUTE, SOCK_CLOEXEC, SOCK_RAW,
  SOL_NETLINK, SOL_SOCKET, SO_RCVTIMEO,
} from "./constants.ts";
import { SystemError } from "./errors.ts";
import { bind, check, close, errno, prepare, recv, retryInterrupted, send, socket } from "./libc.ts";
import { Block, setBytesOption, setIntegerOption } from "./memory.ts";
import {
  decodeAttributes, decodeMessages, NETLINK_HEADER_BYTES, type NetlinkMessage, type NetlinkRequest,
  NLM_F_DUMP_INTERRUPTED, NLMSG_DONE, NLMSG_ERROR, text,
} from "./netlink-codec.ts";

const SOCKADDR_NL_BYTES = 12;
const DATAGRAM_BYTES = 64 << 10;
const ANSWER_TIMEOUT_SECONDS = 5;
const NLMSGERR_ATTR_MSG = 1;

/**
 * Opens a netlink socket.
 * @param protocol NETLINK_ROUTE or NETLINK_NETFILTER
 * @param groups to listen to, a bit mask
 */
export function openNetlink(protocol: number, groups = 0): number {
  const fd = check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), "open netlink socket");
  const name = new Block(SOCKADDR_NL_BYTES);
  name.view.setUint16(0, AF_NETLINK, true);
  name.view.setUint32(8, groups, true);
  return prepare(fd, () => {
    check(bind(fd, name.bytes, SOCKADDR_NL_BYTES), "bind netlink socket");
    return fd;
  });
}

/** A receive buffer for netlink datagrams. */
export function datagramBlock(): Block {
  return new Block(DATAGRAM_BYTES);
}

/**
 * Receives one datagram.
 * @returns its bytes (valid until the next call), undefined when none is waiting or the time is over,
 *   "lost" when the kernel had to throw messages away
 */
export function receiveDatagram(fd: number, block: Block, flags: number): Buffer | undefined | "lost" {
  const length = retryInterrupted(() => recv(fd, block.bytes, block.bytes.length, flags));
  if (length >= 0) return Buffer.from(block.bytes.buffer, 0, length);
  const error = errno();
  if (error === EAGAIN) return undefined;
  if (error === ENOBUFS) return "lost";
  throw new SystemError("receive from netlink", error);
}

export class NetlinkSocket {
  readonly #fd: number;
  readonly #block = datagramBlock();
  #sequence = 0;

  constructor(protocol: number = NETLINK_ROUTE) {
    this.#fd = openNetlink(protocol);
    const timeout = new Block(16);
    timeout.setAddress(0, ANSWER_TIMEOUT_SECONDS);
    prepare(this.#fd, () => {
      setIntegerOption(this.#fd, SOL_NETLINK, NETLINK_CAP_ACK, 1, "NETLINK_CAP_ACK");
      setIntegerOption(this.#fd, SOL_NETLINK, NETLINK_EXT_ACK, 1, "NETLINK_EXT_ACK");
      setBytesOption(this.#fd, SOL_SOCKET, SO_RCVTIMEO, timeout.bytes, "SO_RCVTIMEO");
    });
  }

  /**
   * Sends a request that carries NLM_F_ACK and waits for the acknowledgement.
   * @param what was asked for, for the error: "add address 2001:db8::1/64"
   * @param hint what to do when it is refused, in place of the general advice
   */
  request(request: NetlinkRequest, what: string, hint?: string): void {
    this.#exchange([request], 0, what, hint);
  }

  /** Sends a request that carries NLM_F_ACK, and returns what comes before the acknowledgement. */
  ask(request: NetlinkRequest, what: string): NetlinkMessage[] {
    return this.#exchange([request], 0, what);
  }

  /** Sends a request that carries NLM_F_DUMP and returns all messages of the answer. */
  dump(request: NetlinkRequest, what: string): NetlinkMessage[] {
    for (;;) {
      const answers = this.#exchange([request], 0, what);
      // the table changed while it was being told: what was heard may fit neither the old nor the new one
      if (!answers.some(({ flags }) => (flags & NLM_F_DUMP_INTERRUPTED) !== 0)) return answers;
    }
  }

  /**
   * Sends several requests in one datagram, of which the one at place `acknowledged` carries
   * NLM_F_ACK. The first refusal of any of them is thrown.
   */
  batch(requests: readonly NetlinkRequest[], acknowledged: number, what: string, hint?: string): void {
    this.#exchange(requests, acknowledged, what, hint);
  }

  close(): void {
    close(this.#fd);
  }

  #exchange(
    requests: readonly NetlinkRequest[], acknowledged: number, what: string, hint?: string,
  ): NetlinkMessage[] {
    const first = this.#sequence + 1;
    const bytes = Buffer.concat(requests.map((request) => request.encode(++this.#sequence)));
    check(retryInterrupted(() => send(this.#fd, bytes, bytes.length, 0)), what, hint);
    const answers: NetlinkMessage[] = [];
    for (;;) {
      const datagram = receiveDatagram(this.#fd, this.#block, 0);
      if (datagram === undefined) throw new Error(`${what}: no answer from the kernel`);
      if (datagram === "lost") throw new SystemError(what, ENOBUFS, hint);
      // a copy: the messages outlive the receive buffer
      for (const message of decodeMessages(Buffer.from(datagram))) {
        // an older sequence belongs to a request that was given up
        if (message.sequence < first) continue;
        if (message.type === NLMSG_DONE) return answers;
        if (message.type !== NLMSG_ERROR) {
          answers.push(message);
          continue;
        }
        throwRefusal(message, what, hint);
        if (message.sequence === first + acknowledged) return answers;
      }
    }
  }
}

/** NLMSG_ERROR: a negative errno (0 is the acknowledgement), the request's header, and attributes. */
function throwRefusal(message: NetlinkMessage, what: string, hint?: string): void {
  const error = -message.payload.readInt32LE(0);
  if (error === 0) return;
  const attributes = decodeAttributes(message.payload, 4 + NETLINK_HEADER_BYTES);
  throw new SystemError(what, error, hint, text(attributes.get(NLMSGERR_ATTR_MSG)));
}
