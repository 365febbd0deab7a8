/** All cases of a correspondent node. */
import type { Case } from "../subject.ts";
import { AUTHORISATION } from "./correspondent-authorisation.ts";
import { BINDING_CACHE } from "./correspondent-binding-cache.ts";
import { MESSAGES } from "./correspondent-messages.ts";
import { PAYLOAD, PROCEDURE, REPEATED } from "./correspondent-payload.ts";
import { REGISTRATION } from "./correspondent-registration.ts";
import { UPDATES } from "./correspondent-updates.ts";

export const CORRESPONDENT_CASES: Case[] = [
  ...PROCEDURE, ...MESSAGES, ...UPDATES, ...REPEATED, ...REGISTRATION, ...AUTHORISATION, ...BINDING_CACHE,
  ...PAYLOAD,
];
