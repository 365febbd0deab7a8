/**
 * The kinds of fields a configuration file has. Each is a valibot schema that carries its own documentation:
 * what is expected (used by every message), what it means and where it comes from (used by the reference).
 */
import * as v from "valibot";
import { parseDuration } from "./duration.ts";
import { kindOf, show } from "./problem.ts";

/** What is said about a field in the reference. */
export interface About {
  /** What it means: full sentences. */
  readonly about: string;
  /** Where it comes from: "RFC 6275 §13". */
  readonly source?: string;
  /** A good value, for a field that has no default. */
  readonly example?: unknown;
  /** What the reference does not comment out, though it may be absent; false: a table that it does. */
  readonly shown?: boolean;
}

/** All that the reference and the messages know of a field. */
export interface Description extends About {
  /** "an integer from 256 to 4294967295" */
  readonly expected: string;
  /** What each item must be, where the field is a list. */
  readonly items?: string;
  /** The fields of one table, where the field is a list of tables. */
  readonly tables?: TableSchema;
  /** The fields, where the field is a table itself. */
  readonly table?: TableSchema;
}

/** A table of a file: property name in the program → schema. The key in the file follows by `fileKey`. */
export type TableSchema = v.ObjectSchema<v.ObjectEntries, undefined>;
export type FieldSchema = v.GenericSchema<unknown>;

/**
 * The key in the file for a property of the program: units are dropped (`maxLifetimeMs` is `max_lifetime`),
 * and a list of tables has one header for each item (`nodes` is `[[node]]`).
 */
export function fileKey(property: string, field: FieldSchema): string {
  const name = describe(field).tables ? property.replace(/(?<=x)es$|s$/, "") : property.replace(/Ms$/, "");
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The description that a field was built with. */
export function describe(field: FieldSchema): Description {
  const inner = (field as { wrapped?: FieldSchema }).wrapped ?? field;
  return v.getMetadata(inner as never) as unknown as Description;
}

/** Whether the file may leave the field out. */
export function isOptional(field: FieldSchema): boolean {
  return field.type === "optional";
}

/** A text that `read` turns into a value, or gives a `Refusal` saying why not. */
export function readText<T>(description: Description, read: (text: string) => T | Refusal) {
  return v.pipe(
    v.string(refuseKind),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value);
      if (!(value instanceof Refusal)) return value;
      addIssue({ message: value.why });
      return NEVER;
    }),
    v.metadata({ ...description }),
  );
}

/** Why a text is refused: "is …". */
export class Refusal {
  constructor(readonly why: string) {}
}

function refuseKind(issue: { input: unknown }): string {
  return `is ${kindOf(issue.input)}`;
}

function refuseValue(issue: { input: unknown }): string {
  return typeof issue.input === "number" ? `is ${show(issue.input)}` : `is ${kindOf(issue.input)}`;
}

/** A text of the given form, as it is. */
export function text(expected: string, form: RegExp, about: About, maxBytes = 255) {
  return readText({ ...about, expected }, (value) => {
    const lengthBytes = new TextEncoder().encode(value).length;
    if (lengthBytes > maxBytes) return new Refusal(`has ${lengthBytes} octets, more than ${maxBytes}`);
    return form.test(value) ? value : new Refusal(`is ${show(value)}`);
  });
}

/** The path of a file or socket, as the host understands it. */
export function path(about: About) {
  return text("a path", /^[^\0]+$/, about, 4096);
}

/** A key text: like `text`, but never shown. */
export function secret<T>(expected: string, read: (text: string) => T | string, about: About) {
  return readText({ ...about, expected }, (value) => {
    const result = read(value);
    return typeof result === "string" ? new Refusal(result) : result;
  });
}

/** One of some words. */
export function word<const W extends string>(words: readonly W[], about: About) {
  const expected = words.map((w) => JSON.stringify(w)).join(" or ");
  return readText<W>({ ...about, expected }, (value) => {
    return words.find((w) => w === value) ?? new Refusal(`is ${show(value)}`);
  });
}

/** A duration in milliseconds, from `minimum` to `maximum` (texts like "1h"). */
export function duration(minimum: string, maximum: string, about: About) {
  const expected = `a duration from "${minimum}" to "${maximum}"`;
  return readText({ ...about, expected }, (value) => {
    const durationMs = parseDuration(value);
    const good = durationMs !== undefined && durationMs >= toMs(minimum) && durationMs <= toMs(maximum);
    return good ? durationMs : new Refusal(`is ${show(value)}`);
  });
}

function toMs(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) throw new RangeError(`${text} is no duration`);
  return durationMs;
}

/** An integer within bounds. */
export function integer(minimum: number, maximum: number, about: About) {
  return v.pipe(
    v.number(refuseKind),
    v.integer(refuseValue),
    v.minValue(minimum, refuseValue),
    v.maxValue(maximum, refuseValue),
    v.metadata({ ...about, expected: `an integer from ${minimum} to ${maximum}` }),
  );
}

/** true or false. */
export function flag(about: About) {
  return v.pipe(v.boolean(refuseKind), v.metadata({ ...about, expected: "true or false" }));
}

/** A list of at least one item. */
export function list<S extends FieldSchema>(item: S, about: About) {
  const items = describe(item).expected;
  const expected = `a list of one or more, each ${items}`;
  return v.pipe(v.array(item, refuseKind), v.minLength(1, "is empty"), v.metadata({ ...about, expected, items }));
}

/** One item, or a list of at least one; a list in the program. */
export function oneOrList<S extends FieldSchema>(item: S, about: About) {
  const items = describe(item).expected;
  const expected = `${items}; or a list of these`;
  return v.pipe(
    v.unknown(),
    v.transform((value) => (Array.isArray(value) ? value : [value])),
    v.array(item),
    v.minLength(1, "is empty"),
    v.metadata({ ...about, expected, items }),
  );
}

/** Any number of tables under one header, `[[node]]`. */
export function tables<S extends TableSchema>(table: S, about: About) {
  const expected = "a list of tables, each with a header in double brackets";
  return v.pipe(v.array(table, refuseKind), v.metadata({ ...about, expected, tables: table }));
}

/** One table under its header, `[home_link]`; one that the file lacks has all its defaults. */
export function table<S extends TableSchema>(fields: S, about: About) {
  return v.pipe(fields, v.metadata({ ...about, expected: "a table", table: fields }));
}
