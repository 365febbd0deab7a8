/**
 * The access side of a correspondent node, and what it changes on its host: nothing, until a mobile node has
 * bound a route. Then packets for its home address go into the tunnel device (tunnel-routes.ts), and receive
 * offload is switched off; when the last binding has ended, it is switched on again. All other traffic of the
 * host takes its usual way.
 */
import type { Access } from "./access.ts";
import { HostAccess } from "./host-access.ts";
import { accessLinks, type Linux } from "./linux.ts";
import type { CorrespondentLoopSettings } from "./settings.ts";
import { listAddresses } from "./system/addresses.ts";
import {
  NEXT_HEADER_DESTINATION_OPTIONS, NEXT_HEADER_MOBILITY, NEXT_HEADER_ROUTING,
} from "./system/constants.ts";
import { tolerate } from "./system/errors.ts";
import type { NetworkEvent } from "./system/network-monitor.ts";

/** Home Address options, mobility messages, and routing headers that are none of ours to follow. */
const NEXT_HEADERS = [NEXT_HEADER_DESTINATION_OPTIONS, NEXT_HEADER_MOBILITY, NEXT_HEADER_ROUTING];
/** ICMPv6 errors. */
const ICMPV6_TYPES = [[1, 4]] as const;

export class CorrespondentAccess extends HostAccess implements Access {
  readonly ownAddress: string;
  readonly #linux: Linux;
  readonly #withoutOffload = new Set<string>();
  #hasRoutes = false;

  /** Prepares the host. Throws SystemError; what was changed then is on record. */
  constructor(linux: Linux, { addresses }: CorrespondentLoopSettings, mtuBytes: number) {
    const excludedInterfaces = [linux.tun.interfaceIndex];
    super(mtuBytes, { excludedInterfaces, nextHeaders: NEXT_HEADERS, icmpv6Types: ICMPV6_TYPES });
    this.#linux = linux;
    this.ownAddress = addresses[0];
    const present = listAddresses(linux.netlink).map(({ address }) => address);
    for (const address of addresses) {
      if (!present.includes(address)) linux.report(`${address} is on no interface of this host yet`);
      linux.guard.guard(address);
    }
  }

  /** With receive offload, segments from mobile nodes would be joined into packets that fit into no slot. */
  routesChanged(count: number): void {
    if (count > 0 === this.#hasRoutes) return;
    this.#hasRoutes = count > 0;
    const { changes, netlink, tun } = this.#linux;
    if (this.#hasRoutes) {
      for (const { name } of accessLinks(netlink, tun.name)) this.#switchOffloadOff(name);
      return;
    }
    for (const name of this.#withoutOffload) {
      tolerate(["ENODEV"], () => changes.restoreReceiveOffload(name, true));
    }
    this.#withoutOffload.clear();
  }

  networkChanged(event: NetworkEvent): void {
    if (event.kind !== "link" || event.link.loopback || event.link.name === this.#linux.tun.name) return;
    if (this.#hasRoutes) this.#switchOffloadOff(event.link.name);
  }

  #switchOffloadOff(name: string): void {
    tolerate(["EOPNOTSUPP", "ENODEV"], () => {
      if (this.#linux.changes.setReceiveOffload(name, false)) this.#withoutOffload.add(name);
    });
  }
}
