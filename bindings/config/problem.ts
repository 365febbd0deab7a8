/** What is wrong with a configuration file, where, and what would be right. */
import { looksLikeKey } from "./shared-key.ts";

/** A place in a text; lines and columns are counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong, or (in a list of warnings) allowed but unwise. */
export interface Problem extends Place {
  readonly file: string;
  /** The field as in the file, list items counted from 0: "node[2].spi"; "" for the file as a whole. */
  readonly field: string;
  /** What is there: "is 12"; never a piece of a key. */
  readonly message: string;
  /** What would be right: "must be an integer from 256 to 4294967295"; may be "". */
  readonly expected: string;
}

/** All problems of one file; no configuration came out of it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
  }
}

/** One line: `home-agent.toml:12:7: node[2].spi: is 12, must be an integer from 256 to 4294967295`. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, field, message, expected } = problem;
  const sentence = expected === "" ? message : `${message}, ${expected}`;
  return [`${file}:${line}:${column}`, field, sentence].filter((part) => part !== "").join(": ");
}

/** Where the fields of a file stand, by their path: "node[2].spi". */
export interface Places {
  /** The value of a field, or the header of a table. */
  readonly places: ReadonlyMap<string, Place>;
  /** The key of a field, left of the "=". */
  readonly keyPlaces: ReadonlyMap<string, Place>;
}

/** Collects the problems and warnings of one file; knows where each of its fields stands. */
export class Report {
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];

  constructor(
    readonly file: string,
    readonly document: Places,
  ) {}

  /** Something is wrong with a value, or a field is missing. */
  problem(field: string, message: string, expected: string): void {
    this.#problems.push({ file: this.file, ...this.placeOf(field), field, message, expected });
  }

  /** Something is wrong with the key of a field: the place is left of the "=". */
  keyProblem(field: string, message: string, expected: string): void {
    const place = this.document.keyPlaces.get(field) ?? this.placeOf(field);
    this.#problems.push({ file: this.file, ...place, field, message, expected });
  }

  /** A value is allowed, but unwise. */
  warning(field: string, message: string, expected: string): void {
    this.#warnings.push({ file: this.file, ...this.placeOf(field), field, message, expected });
  }

  get problems(): Problem[] {
    return this.#problems.sort(byPlace);
  }

  get warnings(): Problem[] {
    return this.#warnings.sort(byPlace);
  }

  /** Where a field stands; one that the file lacks stands where its table begins. */
  placeOf(field: string): Place {
    for (let path = field; path !== ""; path = path.replace(/(^|\.)[^.[]+$|\[\d+\]$/, "")) {
      const place = this.document.places.get(path);
      if (place) return place;
    }
    return { line: 1, column: 1 };
  }
}

/** How a value of the file is named in a message: short, printable, and never a key. */
export function show(value: unknown): string {
  if (looksLikeKey(String(value))) return `${kindOf(value)} that could be a key (not shown)`;
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) return "a huge number";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}

/** A text in quotes, shortened; what a terminal could obey is escaped or left out. */
function quote(text: string): string {
  const shortened = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(shortened).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** What kind of TOML value this is. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date or time";
  if (typeof value === "object") return "a table";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal number";
  return typeof value === "string" ? "a text" : "a boolean";
}

function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column;
}
