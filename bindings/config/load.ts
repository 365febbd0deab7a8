/**
 * Configuration text → typed configuration, or all that is wrong with it.
 *
 * 1. parse the TOML text, keeping the place of every field    document.ts
 * 2. hold each field against the schema of the file's role    read-table.ts and the file of the role
 * 3. check what the fields are together, fetch key files      the file of the role, security.ts
 * 4. give the configuration and its warnings, or throw every problem, sorted by line
 */
import { checkCorrespondent, type CorrespondentConfig, correspondentSchema } from "./correspondent.ts";
import { type Document, parseDocument, type Table } from "./document.ts";
import type { TableSchema } from "./field.ts";
import {
  checkHomeAgent, checkKeys, type HomeAgentConfig, type HomeAgentNodeConfig, homeAgentSchema,
} from "./home-agent.ts";
import { checkMobileNode, type MobileNodeConfig, mobileNodeSchema } from "./mobile-node.ts";
import { ConfigError, type Problem, Report, show } from "./problem.ts";
import { readTable } from "./read-table.ts";
import { type LoadOptions, resolveAssociation, type SecurityFields } from "./security.ts";

/** A configuration of any role. */
export type Config = HomeAgentConfig | MobileNodeConfig | CorrespondentConfig;

/** The schema of each role's file. */
export const SCHEMAS = {
  "home-agent": homeAgentSchema,
  "mobile-node": mobileNodeSchema,
  correspondent: correspondentSchema,
} as const satisfies Record<Config["role"], TableSchema>;

/** What a file has turned out to be. */
export interface Loaded {
  readonly config: Config;
  /** What is allowed but unwise, sorted by line. */
  readonly warnings: readonly Problem[];
}

/** Reads a configuration file of any role; `fileName` only names it in messages. Throws ConfigError. */
export function loadConfig(text: string, fileName: string, options: LoadOptions = {}): Loaded {
  const document = parse(text, fileName);
  const report = new Report(fileName, document);
  const config = readRole(document, report, options);
  if (config === undefined || report.problems.length > 0) throw new ConfigError(report.problems);
  return { config, warnings: report.warnings };
}

/** The `control` of a file of any role, whatever else is in it; undefined: there is none. Throws ConfigError. */
export function findControl(text: string, fileName: string): string | undefined {
  const { control } = parse(text, fileName).root;
  return typeof control === "string" ? control : undefined;
}

function parse(text: string, fileName: string): Document {
  const document = parseDocument(text);
  if ("root" in document) return document;
  const { message, line, column } = document;
  throw new ConfigError([{ file: fileName, line, column, field: "", message, expected: "" }]);
}

function readRole(document: Document, report: Report, options: LoadOptions): Config | undefined {
  const { role } = document.root;
  if (role === "home-agent") return readHomeAgent(document, report, options);
  if (role === "mobile-node") return readMobileNode(document, report, options);
  if (role === "correspondent") return readCorrespondent(document, report);
  const message = "role" in document.root ? `is ${show(role)}` : "is missing";
  report.problem("role", message, `must be ${Object.keys(SCHEMAS).map(show).join(" or ")}`);
  return undefined;
}

function readHomeAgent(document: Document, report: Report, options: LoadOptions): HomeAgentConfig {
  const fields = readTable(homeAgentSchema, document.root, "", report);
  checkHomeAgent(fields, report);
  const tables = document.root.node as Table[] | undefined;
  const nodes = (fields.nodes ?? []).map((node, index) => {
    return withAssociation(node, tables![index], `node[${index}]`, report, options) as HomeAgentNodeConfig;
  });
  checkKeys(nodes, report);
  return { ...fields, nodes } as HomeAgentConfig;
}

function readMobileNode(document: Document, report: Report, options: LoadOptions): MobileNodeConfig {
  const fields = readTable(mobileNodeSchema, document.root, "", report);
  checkMobileNode(fields, report);
  return withAssociation(fields, document.root, "", report, options) as MobileNodeConfig;
}

function readCorrespondent(document: Document, report: Report): CorrespondentConfig {
  const fields = readTable(correspondentSchema, document.root, "", report);
  checkCorrespondent(fields, report);
  return fields as CorrespondentConfig;
}

/** Puts one security association in the place of the fields that make it. */
function withAssociation<F extends SecurityFields>(
  fields: F, table: Table, path: string, report: Report, options: LoadOptions,
) {
  const association = resolveAssociation(fields, table, path, report, options);
  const { authentication, spi, key, keyFile, replayProtection, ...others } = fields;
  return { ...others, association };
}
