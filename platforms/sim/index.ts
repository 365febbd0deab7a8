/** `mext/sim`: whole networks of mext nodes in virtual time, in any JavaScript runtime. */
export { Clock, type Timer } from "./clock.ts";
export { CorrespondentNode } from "./correspondent-node.ts";
export { demoScenario, type DemoSettings } from "./demo.ts";
export { coreEngine, type EngineFactory, type NodeEngine } from "./engine.ts";
export { type DualStack, HOME_AGENT_DEFAULTS, HomeAgent, type HomeLink } from "./home-agent.ts";
export {
  DROP_EXTENSION_HEADERS, DROP_IPV4_TUNNELS, DROP_IPV6_TUNNELS, DROP_MOBILITY_HEADERS, DROP_UDP, dropProtocol,
  Firewall, FIREWALL_DEFAULTS, type FirewallRule, type FirewallSettings,
} from "./firewall.ts";
export { Host } from "./host.ts";
export { type Lease, Leases } from "./leases.ts";
export { type Conditions, GOOD_CONDITIONS, Link, Port } from "./link.ts";
export { MobileNode, type RouteOptimisation } from "./mobile-node.ts";
export { type Dependence, NAT_DEFAULTS, type NatSettings } from "./nat-mappings.ts";
export { Nat } from "./nat.ts";
export { Neighbours } from "./neighbours.ts";
export { Network, type NetworkSettings } from "./network.ts";
export { CoreNode, NO_STATE } from "./node.ts";
export { Ping, type PingSettings } from "./ping.ts";
export { Random } from "./random.ts";
export { ADVERTISING_DEFAULTS, type Advertising, advertisedPrefix, Router } from "./router.ts";
export { type Device, type Route, RouteTable } from "./routes.ts";
export { Stack } from "./stack.ts";
export { StreamReceiver, StreamSender, type StreamSettings } from "./stream.ts";
export {
  type DualStackSettings, HOME_AGENT_ADDRESS, HOME_AGENT_IPV4, homeAddressOf, ipv4HomeAddressOf, securityOf, Topology,
  type TopologySettings,
} from "./topology.ts";
export { blockUdp, buildVisited, isNat, type Visited, VISITED_KINDS, type VisitedKind } from "./visited.ts";
export {
  type DescribePacket, type DropReason, printRecord, printTrace, Trace, type TraceRecord,
} from "./trace.ts";
