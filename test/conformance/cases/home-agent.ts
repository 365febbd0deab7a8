/** All cases of a home agent. */
import type { Case } from "../subject.ts";
import { DEREGISTRATION } from "./home-agent-deregistration.ts";
import { DETECTION } from "./home-agent-detection.ts";
import { DISCOVERY } from "./home-agent-discovery.ts";
import { MESSAGES } from "./home-agent-messages.ts";
import { NEIGHBOURS } from "./home-agent-neighbours.ts";
import { PREFIXES } from "./home-agent-prefixes.ts";
import { REGISTRATION } from "./home-agent-registration.ts";
import { SEQUENCE } from "./home-agent-sequence.ts";
import { TUNNEL } from "./home-agent-tunnel.ts";

export const HOME_AGENT_CASES: Case[] = [
  ...MESSAGES, ...REGISTRATION, ...DETECTION, ...SEQUENCE, ...DEREGISTRATION, ...NEIGHBOURS, ...TUNNEL,
  ...DISCOVERY, ...PREFIXES,
];
