/**
 * The program `demo router`: advertises a prefix on each link that mobile nodes visit, as the router's namespace
 * has no radvd. Forwarding is the kernel's.
 *
 * The intervals come from the settings; RFC 6275 §7.5 allows 30 to 70 ms where mobile nodes are served.
 */
import { Codec } from "../../../bindings/codec.ts";
import { AccessReceiver } from "../system/access-receive.ts";
import { AccessSender } from "../system/access-send.ts";
import { monotonicMs } from "../system/clock.ts";
import { linkByName } from "../system/links.ts";
import { PacketMemory } from "../system/memory.ts";
import { NetlinkSocket } from "../system/netlink-socket.ts";
import { PollSet } from "../system/poll.ts";
import { loadCoreModule } from "../wasm.ts";

export interface RouterSettings {
  /** Source of the advertisements: the router's link-local address on every one of the links. */
  address: string;
  links: { port: string; prefix: string }[];
  /** MinRtrAdvInterval and MaxRtrAdvInterval, ms. */
  minIntervalMs: number;
  maxIntervalMs: number;
}

/** RFC 6275 §13: MinDelayBetweenRAs may be as short as this. */
const MIN_DELAY_BETWEEN_MS = 30;
/** RFC 4861 §10: MAX_RA_DELAY_TIME. */
const MAX_ANSWER_DELAY_MS = 500;
const ROUTER_LIFETIME_S = 1800;
const ROUTER_SOLICITATION = 133;
const STANDARD_INPUT = 0;

const SEND_AT = 0;
const SLOT_BYTES = 2048;

/** One link on which the router advertises. */
class Advertiser {
  readonly receiver: AccessReceiver;
  dueMs: number;
  #sentMs = -Infinity;
  readonly #sender: AccessSender;
  readonly #lengthBytes: number;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly packet: Uint8Array,
    interfaceIndex: number,
    readonly settings: RouterSettings,
  ) {
    const packets = new PacketMemory(memory);
    this.#sender = new AccessSender(packets, { interfaceIndex, batch: 1 });
    this.#lengthBytes = packet.length;
    this.receiver = new AccessReceiver(packets, {
      interfaceIndex, batch: 1, nextHeaders: [], icmpv6Types: [[ROUTER_SOLICITATION, ROUTER_SOLICITATION]],
    });
    this.receiver.setSlot(0, SEND_AT + SLOT_BYTES, SLOT_BYTES);
    this.dueMs = monotonicMs();
  }

  /** Multicasts the advertisement; nobody may be on the link, and then it is lost. */
  send(nowMs: number): void {
    new Uint8Array(this.memory.buffer).set(this.packet, SEND_AT);
    this.#sender.setPacket(0, SEND_AT, this.#lengthBytes);
    this.#sender.send(1);
    this.#sentMs = nowMs;
    this.dueMs = nowMs + between(this.settings.minIntervalMs, this.settings.maxIntervalMs);
  }

  /** RFC 4861 §6.2.6: after a random delay, or when the next one is due anyway, and not too often. */
  answer(nowMs: number): void {
    while (this.receiver.receive(1) > 0) {
      const delayed = Math.max(nowMs, this.#sentMs + MIN_DELAY_BETWEEN_MS) + between(0, MAX_ANSWER_DELAY_MS);
      this.dueMs = Math.min(this.dueMs, delayed);
    }
  }
}

/** Advertises until standard input ends, and with it the demonstration. */
export async function runRouter(settings: RouterSettings): Promise<void> {
  const codec = new Codec(await loadCoreModule());
  const netlink = new NetlinkSocket();
  const advertisers = settings.links.map(({ port, prefix }) => {
    const { index, macAddress } = linkByName(netlink, port);
    const packet = advertisement(codec, settings, prefix, macAddress);
    return new Advertiser(new WebAssembly.Memory({ initial: 1 }), packet, index, settings);
  });
  const poll = new PollSet(advertisers.length + 1);
  const places = advertisers.map(({ receiver }) => poll.add(receiver.fd));
  const end = poll.add(STANDARD_INPUT);
  while (poll.ready(end) === 0) {
    const nextMs = Math.min(...advertisers.map(({ dueMs }) => dueMs));
    poll.wait(Math.max(0, nextMs - monotonicMs()));
    const nowMs = monotonicMs();
    advertisers.forEach((advertiser, index) => {
      if (poll.ready(places[index])) advertiser.answer(nowMs);
      if (advertiser.dueMs <= nowMs) advertiser.send(nowMs);
    });
  }
}

function advertisement(codec: Codec, settings: RouterSettings, prefix: string, macAddress: string): Uint8Array {
  const { address, maxIntervalMs } = settings;
  // RFC 6275 §7.5: 20 ms more than the truth below 200 ms, for the clocks of both sides
  const interval = maxIntervalMs < 200 ? maxIntervalMs + 20 : maxIntervalMs;
  return codec.encode([
    { name: "ipv6", fields: { source: address, destination: "ff02::1", hopLimit: 255 } },
    {
      name: "router-advertisement", fields: { hopLimit: 64, routerLifetime: ROUTER_LIFETIME_S }, options: [
        { name: "source-link-layer-address", fields: { linkLayerAddress: macAddress } },
        {
          name: "prefix-information",
          fields: {
            prefix, prefixLength: 64, onLink: true, autonomous: true, validLifetime: 86_400, preferredLifetime: 14_400,
          },
        },
        { name: "advertisement-interval", fields: { interval } },
      ],
    },
  ]);
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}
