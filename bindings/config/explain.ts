/** The reference of all fields of a role, written from its schema: a TOML file to start from. */
import * as v from "valibot";
import { describe, type FieldSchema, fileKey, isOptional, type TableSchema } from "./field.ts";
import { type Config, SCHEMAS } from "./load.ts";

const WIDTH = 100;

/** Every field of a role: meaning, bounds, default and RFC section; optional fields are commented out, but for the key. */
export function explainConfig(role: Config["role"]): string {
  return explainTable(SCHEMAS[role], "");
}

/** @param path what stands before the keys of this table in the headers of its own tables: "home_link." */
function explainTable(schema: TableSchema, path: string): string {
  return Object.entries(schema.entries as Record<string, FieldSchema>)
    .map(([property, field]) => explainField(fileKey(property, field), field, path))
    .join("\n");
}

function explainField(key: string, field: FieldSchema, path: string): string {
  const { about, source, expected, example, shown, tables, table } = describe(field);
  const meaning = source ? `${about} [${source}]` : about;
  const header = path + key;
  if (tables) {
    const lines = `[[${header}]]\n\n${explainTable(tables, `${header}.`)}`;
    return comment(meaning) + (shown === false ? lines.replace(/^(?=[^#\n])/gm, "# ") : lines);
  }
  if (table) return `${comment(meaning)}[${header}]\n\n${explainTable(table, `${header}.`)}`;

  const fallback = v.getDefault(field as never) as unknown;
  const optional = isOptional(field);
  const need = fallback !== undefined ? `Default: ${toToml(fallback)}` : optional ? "Optional" : "Required";
  const line = `${optional && !shown ? "# " : ""}${key} = ${toToml(fallback ?? example)}\n`;
  return comment(meaning) + comment(`${need}. Must be ${expected}.`) + line;
}

/** A value as TOML: JSON's texts, numbers, booleans and lists of them are written the same way. */
export function toToml(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(toToml).join(", ")}]` : JSON.stringify(value);
}

function comment(text: string): string {
  const lines = [""];
  for (const word of text.replace(/(RFC|§\S+,) (?=[\d§])/g, "$1\u00a0").split(" ")) {
    if (lines[lines.length - 1].length + word.length + 3 > WIDTH) lines.push("");
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.map((line) => `#${line}\n`).join("").replaceAll("\u00a0", " ");
}
