/** `mext/sim`: whole networks of mext nodes in virtual time, in any JavaScript runtime. */
export { Clock, type Timer } from "./clock.ts";
export { CorrespondentNode } from "./correspondent-node.ts";
export { demoScenario, type DemoSettings } from "./demo.ts";
export { HOME_AGENT_DEFAULTS, HomeAgent, type HomeLink } from "./home-agent.ts";
export { Host } from "./host.ts";
export { type Conditions, GOOD_CONDITIONS, Link, Port } from "./link.ts";
export { MobileNode, type RouteOptimisation } from "./mobile-node.ts";
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
  HOME_AGENT_ADDRESS, homeAddressOf, securityOf, Topology, type TopologySettings, type Visited,
} from "./topology.ts";
export {
  type DescribePacket, type DropReason, printRecord, printTrace, Trace, type TraceRecord,
} from "./trace.ts";
