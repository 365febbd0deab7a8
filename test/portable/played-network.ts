/** An internet of the test: it loses, delays and reorders datagrams, in the test's time; mobile nodes are behind a NAT. */
import { parseAnyAddress } from "../../bindings/address.ts";
import type { Endpoint, Underlay } from "../../platforms/portable/contract.ts";
import { Random } from "../../platforms/sim/random.ts";
import type { ManualClock } from "./manual-clock.ts";

const HOME_AGENT = { address: parseAnyAddress("192.0.2.1"), port: 4191 };

export class PlayedNetwork {
  /** Of a hundred datagrams, so many are lost. */
  lossPercent = 0;
  delayMs = 20;
  jitterMs = 0;
  lost = 0;
  readonly agent: PlayedUnderlay;
  readonly #byPort = new Map<number, PlayedUnderlay>();
  #nextPort = 20_000;

  constructor(readonly clock: ManualClock, readonly random: Random) {
    this.agent = new PlayedUnderlay(this, HOME_AGENT);
  }

  /** A mobile node's way to it. */
  mobileNode(): PlayedUnderlay {
    const underlay = new PlayedUnderlay(this, { address: parseAnyAddress("10.0.0.7"), port: 50_000 });
    this.move(underlay);
    return underlay;
  }

  /** Another network: the NAT has another mapping, and the former one is gone. */
  move(underlay: PlayedUnderlay): void {
    for (const [port, other] of this.#byPort) if (other === underlay) this.#byPort.delete(port);
    this.#byPort.set(this.#nextPort++, underlay);
  }

  carry(from: PlayedUnderlay, payload: Uint8Array, to: Endpoint): void {
    if (!from.isUp || this.random.chance(this.lossPercent / 100)) return void this.lost++;
    const port = [...this.#byPort].find(([, underlay]) => underlay === from)?.[0];
    const source = port === undefined ? HOME_AGENT : { address: parseAnyAddress("203.0.113.7"), port };
    this.clock.after(this.delayMs + this.random.integer(0, this.jitterMs), () => {
      const target = port === undefined ? this.#byPort.get(to.port) : this.agent;
      if (target?.isUp) target.receive?.(payload, source);
      else this.lost++;
    });
  }
}

export class PlayedUnderlay implements Underlay {
  readonly name = "played";
  readonly mtuBytes = 1500;
  isUp = true;
  receive?: (payload: Uint8Array, from: Endpoint) => void;
  changed?: () => void;

  constructor(private readonly network: PlayedNetwork, readonly local: Endpoint) {}

  send(payload: Uint8Array, to: Endpoint): void {
    this.network.carry(this, payload, to);
  }

  /** Unplugs it, or plugs it into another network. */
  plug(isUp: boolean): void {
    this.isUp = isUp;
    if (isUp) this.network.move(this);
    this.changed?.();
  }

  close(): void {}
}
