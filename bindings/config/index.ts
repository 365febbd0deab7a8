/** The configuration layer: everything that a host needs of it. */
export type { CorrespondentConfig } from "./correspondent.ts";
export { explainConfig } from "./explain.ts";
export type { HomeAgentConfig, HomeAgentNodeConfig } from "./home-agent.ts";
export type { HomeLinkConfig } from "./home-link.ts";
export { type Config, findControl, type Loaded, loadConfig } from "./load.ts";
export type { MobileNodeConfig } from "./mobile-node.ts";
export type { MobilePrefixAdvertisementsConfig } from "./mobile-prefix-advertisements.ts";
export type { RouteOptimisationConfig } from "./route-optimisation.ts";
export { ConfigError, formatProblem, type Problem } from "./problem.ts";
export type { LoadOptions, SecurityAssociation } from "./security.ts";
export { SharedKey } from "./shared-key.ts";
