/**
 * What makes a scenario: every field is held against its rule, and each mistake is told with the field and what would
 * be right. What comes from a URL is believed in nothing.
 */
import { isNat, VISITED_KINDS } from "../../sim/visited.ts";
import type { Action, LinkConditions, Scenario, ScenarioProblem, Traffic, VisitedNetwork } from "./contract.ts";

export const MAX_MOBILE_NODES = 20;
export const MAX_VISITED = 8;
export const MAX_ACTIONS = 1000;
/** Of actions, and of what is loaded. */
export const MAX_TIME_MS = 24 * 3_600_000;
const MAX_SEED = 0xffff_ffff;
const MAX_DELAY_MS = 10_000;
const MAX_BITS_PER_SECOND = 10_000_000_000;
const MIN_BITS_PER_SECOND = 1000;
const MIN_PING_MS = 10;
const MAX_PING_MS = 60_000;
const PRESET_ID = /^[a-z][a-z0-9-]{0,39}$/;

/** An Error with what is wrong with a scenario: the problems, and all of them in its message. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  constructor(readonly problems: readonly ScenarioProblem[]) {
    super(problems.map(({ field, message }) => (field === "" ? message : `${field} ${message}`)).join("; "));
  }
}

/** Collects what is wrong. */
class Check {
  readonly problems: ScenarioProblem[] = [];

  problem(field: string, message: string): undefined {
    this.problems.push({ field, message });
    return undefined;
  }

  /** The fields of an object; those that nobody knows are a mistake. */
  object(value: unknown, field: string, known: readonly string[]): Readonly<Record<string, unknown>> | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.problem(field, "must be an object");
    const unknown = Object.keys(value).filter((name) => !known.includes(name));
    for (const name of unknown.slice(0, 3)) {
      this.problem(joined(field, name.slice(0, 40)), `is not known: there are ${known.join(", ")}`);
    }
    return value as Record<string, unknown>;
  }

  number(value: unknown, field: string, least: number, most: number, unit = "", whole = false): number {
    const isGood = typeof value === "number" && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (!isGood) this.problem(field, `must be a ${whole ? "whole " : ""}number from ${least} to ${most}${unit}`);
    return isGood ? value : least;
  }

  flag(value: unknown, field: string): boolean {
    if (typeof value !== "boolean") this.problem(field, "must be true or false");
    return value === true;
  }

  list(value: unknown, field: string, least: number, most: number): readonly unknown[] {
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      this.problem(field, `must be a list of ${least} to ${most}`);
      return [];
    }
    return value;
  }

  word<Word extends string>(value: unknown, field: string, words: readonly Word[]): Word {
    if (words.includes(value as Word)) return value as Word;
    const shown = words.length > 12 ? `${words.slice(0, 12).join(", ")} …` : words.join(", ");
    this.problem(field, `must be one of ${shown}`);
    return words[0];
  }
}

const joined = (field: string, name: string) => (field === "" ? name : `${field}.${name}`);

/** What ids a world made of a scenario has, as far as actions may name them. */
export interface WorldIds {
  readonly mobileNodes: readonly string[];
  /** Those with a core, which can be switched off. */
  readonly cores: readonly string[];
  readonly nats: readonly string[];
  readonly links: readonly string[];
  /** Those that mobile nodes can enter. */
  readonly enterable: readonly string[];
}

export function idsOf(scenario: Pick<Scenario, "visited" | "mobileNodes" | "homeLink" | "routeOptimisation">): WorldIds {
  const mobileNodes = numbers(scenario.mobileNodes).map((number) => `mobile-node-${number}`);
  const networks = scenario.visited.map((_, index) => `visited-${index + 1}`);
  const enterable = [...networks, ...(scenario.homeLink ? ["home-link"] : [])];
  const nats = scenario.visited.flatMap(({ kind }, index) => (isNat(kind) ? [`visited-router-${index + 1}`] : []));
  const cores = [...mobileNodes, "home-agent", ...(scenario.routeOptimisation ? ["correspondent"] : [])];
  return { mobileNodes, cores, nats, enterable, links: [...enterable, "backbone", "home-access", "correspondents"] };
}

const numbers = (total: number) => Array.from({ length: total }, (_, index) => index + 1);

const SCENARIO_FIELDS = [
  "preset", "seed", "visited", "mobileNodes", "routeOptimisation", "homeLink", "traffic", "actions",
] as const satisfies readonly (keyof Scenario)[];

/** A scenario that makes sense, with nothing else in it. Throws ScenarioError with every problem. */
export function checkScenario(value: unknown): Scenario {
  const check = new Check();
  const fields = check.object(value, "", SCENARIO_FIELDS);
  if (!fields) throw new ScenarioError([{ field: "", message: "a scenario must be an object" }]);
  const { preset } = fields;
  if (preset !== undefined && (typeof preset !== "string" || !PRESET_ID.test(preset))) {
    check.problem("preset", "must be the id of a preset: lower-case letters, digits and dashes");
  }
  const shape = {
    ...(preset !== undefined && { preset: preset as string }),
    seed: check.number(fields.seed, "seed", 0, MAX_SEED, "", true),
    visited: check.list(fields.visited, "visited", 1, MAX_VISITED).map((each, index) => visitedOf(check, each, `visited[${index}]`)),
    mobileNodes: check.number(fields.mobileNodes, "mobileNodes", 1, MAX_MOBILE_NODES, "", true),
    routeOptimisation: check.flag(fields.routeOptimisation, "routeOptimisation"),
    homeLink: check.flag(fields.homeLink, "homeLink"),
    traffic: { pingEveryMs: 0, stream: false, ...trafficOf(check, fields.traffic, "traffic", true) },
  };
  const ids = idsOf(shape);
  let lastMs = 0;
  const actions = check.list(fields.actions, "actions", 0, MAX_ACTIONS).map((each, index) => {
    const field = `actions[${index}]`;
    const { atMs } = (each ?? {}) as { atMs?: unknown };
    const time = check.number(atMs, `${field}.atMs`, 0, MAX_TIME_MS, " ms");
    if (time < lastMs) check.problem(`${field}.atMs`, `must not be before ${lastMs}: actions stand in order of time`);
    lastMs = Math.max(lastMs, time);
    return { ...actionOf(check, each, field, ids), atMs: time };
  });
  if (check.problems.length > 0) throw new ScenarioError(check.problems);
  return { ...shape, actions };
}

/** An action that makes sense in a world. Throws ScenarioError. */
export function checkAction(value: unknown, ids: WorldIds): Action {
  const check = new Check();
  const action = actionOf(check, value, "", ids);
  if (check.problems.length > 0) throw new ScenarioError(check.problems);
  return action;
}

function visitedOf(check: Check, value: unknown, field: string): VisitedNetwork {
  const fields = check.object(value, field, ["kind", "conditions"]) ?? {};
  const kind = check.word(fields.kind, `${field}.kind`, VISITED_KINDS);
  if (fields.conditions === undefined) return { kind };
  return { kind, conditions: conditionsOf(check, fields.conditions, `${field}.conditions`) };
}

function conditionsOf(check: Check, value: unknown, field: string): Partial<LinkConditions> {
  const fields = check.object(value, field, ["delayMs", "loss", "bitsPerSecond", "cut"]) ?? {};
  const { delayMs, loss, bitsPerSecond, cut } = fields;
  if (typeof bitsPerSecond === "number" && bitsPerSecond > 0 && bitsPerSecond < MIN_BITS_PER_SECOND) {
    check.problem(`${field}.bitsPerSecond`, `must be 0 for no limit, or at least ${MIN_BITS_PER_SECOND}`);
  }
  return {
    ...(delayMs !== undefined && { delayMs: check.number(delayMs, `${field}.delayMs`, 0, MAX_DELAY_MS, " ms") }),
    ...(loss !== undefined && { loss: check.number(loss, `${field}.loss`, 0, 1) }),
    ...(bitsPerSecond !== undefined && {
      bitsPerSecond: check.number(bitsPerSecond, `${field}.bitsPerSecond`, 0, MAX_BITS_PER_SECOND),
    }),
    ...(cut !== undefined && { cut: check.flag(cut, `${field}.cut`) }),
  };
}

function trafficOf(check: Check, value: unknown, field: string, whole: boolean): Partial<Traffic> {
  const fields = check.object(value, field, ["pingEveryMs", "stream"]) ?? {};
  const { pingEveryMs, stream } = fields;
  if (typeof pingEveryMs === "number" && pingEveryMs > 0 && pingEveryMs < MIN_PING_MS) {
    check.problem(`${field}.pingEveryMs`, `must be 0 for none, or at least ${MIN_PING_MS} ms`);
  }
  return {
    ...((whole || pingEveryMs !== undefined) && {
      pingEveryMs: check.number(pingEveryMs, `${field}.pingEveryMs`, 0, MAX_PING_MS, " ms"),
    }),
    ...((whole || stream !== undefined) && { stream: check.flag(stream, `${field}.stream`) }),
  };
}

const ACTIONS = {
  attach: ["kind", "atMs", "node", "link"],
  conditions: ["kind", "atMs", "link", "conditions"],
  power: ["kind", "atMs", "node", "on"],
  "forget-mappings": ["kind", "atMs", "node"],
  traffic: ["kind", "atMs", "node", "traffic"],
} as const satisfies Record<Action["kind"], readonly string[]>;

function actionOf(check: Check, value: unknown, field: string, ids: WorldIds): Action {
  const kinds = Object.keys(ACTIONS) as Action["kind"][];
  const about = typeof value === "object" && value !== null ? (value as { kind?: unknown }) : {};
  const kind = check.word(about.kind, joined(field, "kind"), kinds);
  const fields = check.object(value, field, ACTIONS[kind]) ?? {};
  const at = (name: string) => joined(field, name);
  switch (kind) {
    case "attach": {
      const link = fields.link === null ? null : check.word(fields.link, at("link"), ids.enterable);
      return { kind, node: check.word(fields.node, at("node"), ids.mobileNodes), link };
    }
    case "conditions":
      return {
        kind, link: check.word(fields.link, at("link"), ids.links),
        conditions: conditionsOf(check, fields.conditions, at("conditions")),
      };
    case "power":
      return { kind, node: check.word(fields.node, at("node"), ids.cores), on: check.flag(fields.on, at("on")) };
    case "forget-mappings": {
      if (ids.nats.length > 0) return { kind, node: check.word(fields.node, at("node"), ids.nats) };
      check.problem(at("node"), "must be a NAT, and this world has none");
      return { kind, node: "" };
    }
    case "traffic":
      return {
        kind, node: check.word(fields.node, at("node"), ids.mobileNodes),
        traffic: trafficOf(check, fields.traffic, at("traffic"), false),
      };
  }
}
