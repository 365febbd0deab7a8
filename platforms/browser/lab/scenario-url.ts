/**
 * Scenarios in the part of a URL behind `#`:
 *
 *   #handover            a preset
 *   #handover?seed=7     with other dice
 *   #1.eyJzZWVkIjox…     version 1 of everything else: base64url (RFC 4648 §5) of JSON
 *
 * Whatever stands there is held against the rules of `scenario.ts`: hostile text gives a ScenarioError and nothing
 * else.
 */
import type { Scenario } from "./contract.ts";
import { PRESETS } from "./presets.ts";
import { checkScenario, ScenarioError } from "./scenario.ts";

const VERSION = "1";
/** Browsers take more, but no scenario of `MAX_ACTIONS` needs it. */
export const MAX_HASH_CHARACTERS = 200_000;
const SEED = /^\d{1,10}$/;

/** A scenario as the text behind `#`, without that sign. */
export function encodeScenario(scenario: Scenario): string {
  const preset = PRESETS.find(({ id }) => id === scenario.preset);
  if (preset && isSameBut(scenario, preset.scenario)) {
    return scenario.seed === preset.scenario.seed ? preset.id : `${preset.id}?seed=${scenario.seed}`;
  }
  return `${VERSION}.${toBase64Url(JSON.stringify(scenario))}`;
}

/** The scenario of a text, with the sign `#` or without. Throws ScenarioError. */
export function decodeScenario(hash: string): Scenario {
  const text = hash.startsWith("#") ? hash.slice(1) : hash;
  if (text.length > MAX_HASH_CHARACTERS) fail(`is longer than ${MAX_HASH_CHARACTERS} characters: copy it anew`);
  const [, version, rest] = /^(\d{1,4})\.(.*)$/s.exec(text) ?? [];
  if (version === undefined) return decodePreset(text);
  if (version !== VERSION) fail(`is of version ${version}, and this lab knows version ${VERSION}: use the lab that it was made with`);
  return checkScenario(parse(fromBase64Url(rest)));
}

function decodePreset(text: string): Scenario {
  const [id, query = ""] = text.split("?", 2);
  const preset = PRESETS.find((each) => each.id === id);
  if (!preset) fail(`names no preset that there is: ${PRESETS.map((each) => each.id).join(", ")}`);
  let { scenario } = preset!;
  for (const pair of query === "" ? [] : query.split("&")) {
    const [name, value = ""] = pair.split("=", 2);
    if (name !== "seed" || !SEED.test(value)) fail("may have only a seed behind the preset, as in handover?seed=7");
    scenario = { ...scenario, seed: Number(value) };
  }
  return checkScenario(scenario);
}

/** Whether two scenarios differ in nothing but the seed. */
function isSameBut(one: Scenario, other: Scenario): boolean {
  return JSON.stringify(sorted({ ...one, seed: 0 })) === JSON.stringify(sorted({ ...other, seed: 0 }));
}

/** The same value with the fields of all objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, sorted(each)]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail("is cut off or damaged: copy it anew");
  }
}

function toBase64Url(text: string): string {
  const octets = new TextEncoder().encode(text);
  let binary = "";
  for (const octet of octets) binary += String.fromCharCode(octet);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64Url(text: string): string {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(binary, (sign) => sign.charCodeAt(0)));
  } catch {
    return fail("is cut off or damaged: copy it anew");
  }
}

function fail(message: string): never {
  throw new ScenarioError([{ field: "", message: `the scenario in the address ${message}` }]);
}
