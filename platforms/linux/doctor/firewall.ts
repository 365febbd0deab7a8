/**
 * Whether the packet filter of this host lets in what a home agent needs, as far as its rules can be read: by the
 * program `nft`, which shows the rules of iptables-nft as well. Rules are judged one by one, not played through.
 */
import { execFileSync } from "node:child_process";
import { bad, type Finding, good, list, unknown, warning } from "./report.ts";

/** What a home agent must receive. */
export interface Need {
  /** For people. */
  readonly name: string;
  readonly family: "ip" | "ip6";
  /** As nft names it. */
  readonly protocol: string;
  /** As a number. */
  readonly number: number;
  readonly port?: number;
}

interface Match {
  readonly left?: { payload?: { protocol: string; field: string }; meta?: { key: string } };
  readonly op?: string;
  readonly right?: unknown;
}
type Statement = Readonly<Record<string, unknown>> & { readonly match?: Match };
interface Rule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr: readonly Statement[];
}
interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly policy?: string;
}

/** The rules as nft tells them; undefined: they cannot be read. */
export function readRuleset(): unknown {
  try {
    return JSON.parse(execFileSync("nft", ["-j", "list", "ruleset"],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    return undefined;
  }
}

export function judgeFirewall(ruleset: unknown, needs: readonly Need[]): Finding[] {
  const entries = (ruleset as { nftables?: Record<string, unknown>[] } | undefined)?.nftables;
  const names = list(needs.map(({ name }) => name));
  if (entries === undefined) {
    const advice = `Run the doctor as root where nft is installed (under Deno with --allow-run=nft), or look yourself that ${names} may come in.`;
    return [unknown("firewall", "The rules of the packet filter cannot be read.", advice)];
  }
  const all = entries.flatMap(({ chain }) => (chain as Chain) ?? []);
  const chains = all.filter(({ type, hook }) => type === "filter" && hook === "input");
  const rules = entries.flatMap(({ rule }) => (rule as Rule) ?? []);
  const findings = needs.flatMap((need) => judgeNeed(need, chains, rules));
  return findings.length > 0 ? findings : [good("firewall", `No rule of this host is seen to keep out ${names}.`)];
}

function judgeNeed(need: Need, chains: readonly Chain[], rules: readonly Rule[]): Finding[] {
  const own = chains.filter(({ family }) => family === "inet" || family === need.family);
  for (const chain of own) {
    const where = `${chain.family} ${chain.table} ${chain.name}`;
    const within = rulesOf(chain, rules);
    const first = within.find(({ expr }) => mentions(expr, need) && verdictOf(expr) !== undefined);
    const verdict = first && verdictOf(first.expr);
    if (verdict === "drop" || verdict === "reject") {
      return [bad("firewall", `A rule in chain ${where} keeps out ${need.name}.`,
        `Remove the rule: nft -a list chain ${where}.`)];
    }
    const acceptsAll = within.some(({ expr }) => verdictOf(expr) === "accept" &&
      expr.every(({ match }) => match === undefined));
    if (chain.policy === "drop" && verdict !== "accept" && !acceptsAll) {
      return [warning("firewall", `Chain ${where} drops what no rule accepts, and none is seen to accept ${need.name}.`,
        `Accept it: nft add rule ${where} ${ruleFor(need)} accept.`)];
    }
  }
  return [];
}

/** The rules of a chain, and of those that it jumps to. */
function rulesOf(chain: Pick<Chain, "family" | "table" | "name">, rules: readonly Rule[], depth = 0): Rule[] {
  return rules.filter((rule) => rule.family === chain.family && rule.table === chain.table && rule.chain === chain.name)
    .flatMap((rule) => {
      const [target] = rule.expr.flatMap(({ jump, goto }) => ((jump ?? goto) as { target: string }) ?? []);
      return target === undefined || depth > 4 ? [rule] : rulesOf({ ...chain, name: target.target }, rules, depth + 1);
    });
}

function verdictOf(expr: readonly Statement[]): "accept" | "drop" | "reject" | undefined {
  return (["accept", "drop", "reject"] as const).find((verdict) => expr.some((statement) => verdict in statement));
}

/** Whether a rule is about this protocol, or this port. */
function mentions(expr: readonly Statement[], { protocol, number, port }: Need): boolean {
  return expr.some(({ match }) => {
    const { left, right, op } = match ?? {};
    if (op === "!=") return false;
    if (port !== undefined) {
      const isPort = left?.payload?.field === "dport" && ["udp", "th"].includes(left.payload.protocol);
      return isPort && covers(right, port);
    }
    const isProtocol = left?.meta?.key === "l4proto" || ["nexthdr", "protocol"].includes(left?.payload?.field ?? "");
    return isProtocol && (covers(right, number) || covers(right, protocol));
  });
}

/** A value, a set of values, a range. */
function covers(right: unknown, value: number | string): boolean {
  if (right === value) return true;
  const { set, range } = (right ?? {}) as { set?: unknown[]; range?: [number, number] };
  if (Array.isArray(set)) return set.some((each) => covers(each, value));
  return Array.isArray(range) && typeof value === "number" && range[0] <= value && value <= range[1];
}

function ruleFor({ number, port }: Need): string {
  return port === undefined ? `meta l4proto ${number}` : `udp dport ${port}`;
}
