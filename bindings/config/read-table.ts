/** Holds a table of a file against its schema: each field by itself, so that all problems are found. */
import * as v from "valibot";
import { joinPath, type Table } from "./document.ts";
import { describe, type FieldSchema, fileKey, isOptional, type TableSchema } from "./field.ts";
import { kindOf, type Report, show } from "./problem.ts";

/** The fields of a table that are good; the others are in the report. */
export type Good<S extends TableSchema> = Partial<v.InferOutput<S>>;

/** Reads the table at `path` ("" for the whole file): unknown, missing and bad fields go into the report. */
export function readTable<S extends TableSchema>(
  schema: S, table: Table, path: string, report: Report,
): Good<S> {
  const fields = Object.entries(schema.entries as Record<string, FieldSchema>);
  const keys = fields.map(([property, field]) => fileKey(property, field));
  for (const key of Object.keys(table)) {
    if (!keys.includes(key)) reportUnknown(key, keys, joinPath(path, key), report);
  }
  const good: Record<string, unknown> = {};
  for (const [index, [property, field]] of fields.entries()) {
    const key = keys[index];
    const fieldPath = joinPath(path, key);
    if (!(key in table) && !isOptional(field)) {
      report.problem(fieldPath, "is missing", `must be ${describe(field).expected}`);
      continue;
    }
    const value = readField(field, table[key], fieldPath, report);
    if (value !== BAD) good[property] = value;
  }
  return good as Good<S>;
}

const BAD = Symbol("bad");

function readField(field: FieldSchema, value: unknown, path: string, report: Report): unknown {
  const { tables, table, expected, items } = describe(field);
  if (table) {
    if (value === undefined || isTable(value)) return readTable(table, value ?? {}, path, report);
    report.keyProblem(path, `is ${kindOf(value)}`, `must be ${expected}`);
    return BAD;
  }
  if (tables && value !== undefined) {
    if (Array.isArray(value) && value.every(isTable)) {
      return value.map((item, index) => readTable(tables, item, `${path}[${index}]`, report));
    }
    report.problem(path, `is ${kindOf(value)}`, `must be ${expected}`);
    return BAD;
  }
  const result = v.safeParse(field, value);
  if (result.success) return result.output;
  const reported = new Set<string>();
  for (const issue of result.issues) {
    const item = Array.isArray(value) ? issue.path?.[0]?.key : undefined;
    const itemPath = item === undefined ? path : `${path}[${item}]`;
    if (reported.has(itemPath)) continue;
    reported.add(itemPath);
    report.problem(itemPath, issue.message, `must be ${item === undefined ? expected : items}`);
  }
  return BAD;
}

function reportUnknown(key: string, known: string[], path: string, report: Report): void {
  const [nearest, distance] = known
    .map((name) => [name, editDistance(key.toLowerCase().replaceAll("-", "_"), name)] as const)
    .reduce((best, next) => (next[1] < best[1] ? next : best));
  const near = distance <= Math.max(2, nearest.length / 3);
  const expected = near ? `did you mean ${show(nearest)}?` : `known keys: ${known.join(", ")}`;
  report.keyProblem(path, "is no known key", expected);
}

/** How many letters must be inserted, removed or replaced to turn one word into the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
