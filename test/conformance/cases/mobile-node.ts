/** All cases of a mobile node. */
import type { Case } from "../subject.ts";
import { CORRESPONDENTS } from "./mobile-node-correspondents.ts";
import { DISCOVERIES } from "./mobile-node-discovery.ts";
import { ERRORS } from "./mobile-node-errors.ts";
import { MOVEMENTS } from "./mobile-node-movement.ts";
import { PAYLOAD } from "./mobile-node-payload.ts";
import { PEERS } from "./mobile-node-peers.ts";
import { REGISTRATION } from "./mobile-node-registration.ts";
import { TESTS } from "./mobile-node-tests.ts";

export const MOBILE_NODE_CASES: Case[] = [
  ...MOVEMENTS, ...REGISTRATION, ...TESTS, ...CORRESPONDENTS, ...ERRORS, ...DISCOVERIES, ...PAYLOAD, ...PEERS,
];
