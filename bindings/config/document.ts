/** TOML 1.0 text → a tree of plain values plus the place of each of them. */
import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { type Place, type Places, show } from "./problem.ts";
import { looksLikeKey } from "./shared-key.ts";

/** A table of the file: keys as written; no prototype, so that no key is special. */
export type Table = Record<string, unknown>;

/** A parsed file. */
export interface Document extends Places {
  readonly root: Table;
  readonly places: Map<string, Place>;
  readonly keyPlaces: Map<string, Place>;
}

/** What breaks the TOML syntax, and where; the parser stops at the first such place. */
export interface SyntaxProblem extends Place {
  readonly message: string;
}

/** Reads a TOML text. The parser's own messages contain no text of the file: no key can leak by them. */
export function parseDocument(text: string): Document | SyntaxProblem {
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text, { tomlVersion: "1.0" });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
    return { line: error.lineNumber, column: error.column + 1, message: `is not TOML: ${message}` };
  }
  const document: Document = { root: newTable(), places: new Map(), keyPlaces: new Map() };
  for (const item of program.body[0].body) {
    if (item.type === "TOMLKeyValue") addKeyValue(document, document.root, "", item);
    else addTable(document, item);
  }
  return document;
}

/** The path of a key in the table at `path`; a key that is odd, or looks secret, is shown safely. */
export function joinPath(path: string, key: string): string {
  const name = /^[A-Za-z0-9_-]{1,40}$/.test(key) && !looksLikeKey(key) ? key : show(key);
  return path === "" ? name : `${path}.${name}`;
}

function addTable(document: Document, header: AST.TOMLTable): void {
  let table: Table = document.root;
  let path = "";
  header.resolvedKey.forEach((part, index, parts) => {
    if (typeof part === "number") return;
    path = joinPath(path, part);
    const item = parts[index + 1];
    document.keyPlaces.set(path, placeAt(header.key.loc));
    if (typeof item !== "number") {
      table = table[part] = (table[part] ?? newTable()) as Table;
    } else {
      const list = (table[part] ??= []) as Table[];
      path = `${path}[${item}]`;
      table = list[item] ??= newTable();
    }
    if (!document.places.has(path)) document.places.set(path, placeAt(header.loc));
  });
  for (const pair of header.body) addKeyValue(document, table, path, pair);
}

function addKeyValue(document: Document, into: Table, tablePath: string, pair: AST.TOMLKeyValue): void {
  const keys = pair.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value));
  let table = into;
  let path = tablePath;
  for (const [index, key] of keys.entries()) {
    path = joinPath(path, key);
    if (!document.keyPlaces.has(path)) document.keyPlaces.set(path, placeAt(pair.key.loc));
    if (index === keys.length - 1) {
      table[key] = toValue(document, path, pair.value);
    } else {
      if (!document.places.has(path)) document.places.set(path, placeAt(pair.key.loc));
      table = table[key] = (table[key] ?? newTable()) as Table;
    }
  }
}

function toValue(document: Document, path: string, node: AST.TOMLContentNode): unknown {
  document.places.set(path, placeAt(node.loc));
  if (node.type === "TOMLValue") return node.value;
  if (node.type === "TOMLArray") {
    return node.elements.map((element, index) => toValue(document, `${path}[${index}]`, element));
  }
  const table = newTable();
  for (const pair of node.body) addKeyValue(document, table, path, pair);
  return table;
}

function newTable(): Table {
  return Object.create(null) as Table;
}

/** The parser counts columns from 0, people from 1. */
function placeAt(loc: AST.SourceLocation): Place {
  return { line: loc.start.line, column: loc.start.column + 1 };
}
