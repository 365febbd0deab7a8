/**
 * The network of the demonstration: four namespaces joined by veth cables.
 *
 *   correspondent ────────── router ────────── home agent
 *   2001:db8:c::c            │    │            2001:db8:1::1, home prefix 2001:db8:1::/64
 *                    visited 1    visited 2
 *              2001:db8:a::/64    2001:db8:b::/64
 *                            │    │
 *                        up1 │    │ up2        one of the two is up
 *                          mobile node         home address 2001:db8:1::101
 *
 * Correspondent and router are a plain kernel that knows nothing of mobility.
 */
import { linkByName, setLink } from "../system/links.ts";
import { NetlinkSocket } from "../system/netlink-socket.ts";
import { Namespace } from "./namespaces.ts";

export const HOME_PREFIX = "2001:db8:1::/64";
export const HOME_AGENT = "2001:db8:1::1";
export const HOME_ADDRESS = "2001:db8:1::101";
export const CORRESPONDENT = "2001:db8:c::c";
/** The router's address on each of its links. */
const ROUTER = { correspondent: "2001:db8:c::1", home: "2001:db8:2::1", visited: "fe80::1" };
const HOME_AGENT_ON_LINK = "2001:db8:2::2";

/** A network that the mobile node visits. */
export interface Visited {
  readonly name: string;
  readonly prefix: string;
  /** The mobile node's interface in it, and the router's. */
  readonly uplink: string;
  readonly port: string;
}

export const VISITED: readonly Visited[] = [
  { name: "visited 1", prefix: "2001:db8:a::", uplink: "up1", port: "visited1" },
  { name: "visited 2", prefix: "2001:db8:b::", uplink: "up2", port: "visited2" },
];

export class Topology {
  readonly #made: Namespace[] = [];
  readonly router: Namespace;
  readonly correspondent: Namespace;
  readonly homeAgent: Namespace;
  readonly mobileNode: Namespace;
  #netlink: NetlinkSocket | undefined;

  /** Builds the network; the mobile node is in none of its networks. Throws IpError, having removed what was there. */
  constructor() {
    try {
      this.router = this.#namespace("router");
      this.correspondent = this.#namespace("correspondent");
      this.homeAgent = this.#namespace("home-agent");
      this.mobileNode = this.#namespace("mobile-node");
      this.#configure();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Plugs the mobile node into a network, or out of it; it is done when this returns. */
  plug({ uplink }: Visited, into: boolean): void {
    this.#netlink ??= this.mobileNode.inside(() => new NetlinkSocket());
    setLink(this.#netlink, linkByName(this.#netlink, uplink).index, { up: into });
  }

  remove(): void {
    this.#netlink?.close();
    this.#netlink = undefined;
    for (const namespace of this.#made.splice(0)) namespace.remove();
  }

  #namespace(purpose: string): Namespace {
    const namespace = new Namespace(purpose);
    this.#made.push(namespace);
    return namespace;
  }

  #configure(): void {
    const { router, correspondent, homeAgent, mobileNode } = this;
    router.setting("ipv6/conf/all/forwarding", "1");
    // these have been there for long: no second of duplicate address detection. The mobile node has to do it
    for (const namespace of [router, correspondent, homeAgent]) namespace.setting("ipv6/conf/default/accept_dad", "0");
    // so that the correspondent may send echo requests without a raw socket
    correspondent.setting("ipv4/ping_group_range", "0 0");

    router.ip(
      `link add corr type veth peer name eth0 netns ${correspondent.name}`,
      `link add home type veth peer name eth0 netns ${homeAgent.name}`,
      ...VISITED.map(({ port, uplink }) => `link add ${port} type veth peer name ${uplink} netns ${mobileNode.name}`),
      ...["corr", "home", ...VISITED.map(({ port }) => port)].map((name) => `link set ${name} up`),
      `addr add ${ROUTER.correspondent}/64 dev corr nodad`,
      `addr add ${ROUTER.home}/64 dev home nodad`,
      ...VISITED.flatMap(({ port, prefix }) => [
        `addr add ${prefix}1/64 dev ${port} nodad`,
        `addr add ${ROUTER.visited}/64 dev ${port} nodad`,
      ]),
    );
    correspondent.ip(
      "link set eth0 up",
      `addr add ${CORRESPONDENT}/64 dev eth0 nodad`,
      `route add default via ${ROUTER.correspondent}`,
    );
    homeAgent.ip(
      "link set eth0 up",
      `addr add ${HOME_AGENT_ON_LINK}/64 dev eth0 nodad`,
      `addr add ${HOME_AGENT}/128 dev eth0 nodad`,
      `route add default via ${ROUTER.home}`,
    );
    router.ip(`route add ${HOME_PREFIX} via ${HOME_AGENT_ON_LINK}`);
  }
}

/** The network for people. */
export const DRAWING = [
  `  correspondent ───────────── router ───────────── home agent`,
  `  ${CORRESPONDENT}              │    │             ${HOME_AGENT}`,
  `                       visited 1    visited 2      home prefix ${HOME_PREFIX}`,
  `                ${VISITED.map(({ prefix }) => `${prefix}/64`).join("    ")}`,
  `                               │    │`,
  `                            mobile node            home address ${HOME_ADDRESS}`,
];

/** The router's link-local address in the visited networks: neighbouring networks may well have the same. */
export const ADVERTISER = ROUTER.visited;
