/** How a mobile node and its home agent authenticate binding messages: fields that both files have. */
import * as v from "valibot";
import { joinPath, type Table } from "./document.ts";
import { integer, path, secret, text, word } from "./field.ts";
import type { Report } from "./problem.ts";
import { KEY_BYTES_MAX, KEY_BYTES_MIN, parseKey, type SharedKey } from "./shared-key.ts";

/** A shared-key-based mobility security association (RFC 4285 §3.1); the algorithm is HMAC-SHA-1. */
export interface SecurityAssociation {
  readonly spi: number;
  readonly key: SharedKey;
  readonly replayProtection: "timestamp" | "sequence";
}

/** What the host does for the loader: bindings know no operating system. */
export interface LoadOptions {
  /** The text of a `key_file`; relative paths are meant from the folder of the configuration; throws. */
  readonly readFile?: (path: string) => string;
  /** Whether a `key_file` can be read or written by others than its owner. */
  readonly isExposed?: (path: string) => boolean;
}

const KEY = `a key of ${KEY_BYTES_MIN} to ${KEY_BYTES_MAX} octets in hexadecimal digits`;

/** RFC 4282 §2.1: user@realm, the realm of two or more labels. */
const NAI = /^[^\s@\p{C}]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$/iu;

/** The mobility option's length octet counts the subtype as well (RFC 4283 §3). */
const IDENTITY_BYTES_MAX = 254;

export const securityEntries = {
  identity: text('a network access identifier like "car17@example.org"', NAI, {
    about: "The network access identifier by which the mobile node names itself.",
    source: "RFC 4283 §3.1, RFC 4285 §4",
    example: "car17@example.org",
  }, IDENTITY_BYTES_MAX),
  authentication: v.optional(word(["shared-key", "none"], {
    about: "How binding updates and acknowledgements are authenticated. With \"none\" everybody can " +
      "redirect the node's traffic: for closed laboratory networks only.",
    source: "RFC 4285 §5.1",
  }), "shared-key"),
  spi: v.optional(integer(256, 0xffffffff, {
    about: "The security parameter index of the shared key; 0 to 255 are reserved. Required unless " +
      "authentication is \"none\".",
    source: "RFC 4285 §5.1",
    example: 300,
    shown: true,
  })),
  key: v.optional(secret(KEY, parseKey, {
    about: "The shared key; spaces, colons or hyphens may stand between octets. RFC 4285 has keys of 16 " +
      "octets. Give either key or key_file.",
    source: "RFC 4285 §5.1",
    example: "…",
  })),
  keyFile: v.optional(path({
    about: "A file that holds the key in the same form, and nothing else. Give either key or key_file.",
    example: "keys/car17",
    shown: true,
  })),
  replayProtection: v.optional(word(["timestamp", "sequence"], {
    about: "What shows a replayed binding update: the time in the message, or only its sequence number.",
    source: "RFC 4285 §5.1, §6",
  }), "timestamp"),
};

/** A table without the fields above, in whose place stands one security association. */
export type WithoutSecurity<Fields> = Omit<Fields, Exclude<keyof typeof securityEntries, "identity">>;

/** What was good of the fields above. */
export type SecurityFields = Partial<v.InferOutput<v.ObjectSchema<typeof securityEntries, undefined>>>;

/**
 * The security association of the table at `path`; undefined if there is none or it has a problem.
 * `table` is the table as written: a field that stands there but not in `fields` has been reported already.
 */
export function resolveAssociation(
  fields: SecurityFields, table: Table, path: string, report: Report, options: LoadOptions,
): SecurityAssociation | undefined {
  if (fields.authentication === undefined) return undefined;
  if (fields.authentication === "none") {
    for (const name of ["spi", "key", "key_file"].filter((name) => name in table)) {
      report.problem(joinPath(path, name), "is set", 'must be absent when authentication is "none"');
    }
    const authentication = joinPath(path, "authentication");
    report.warning(authentication, 'is "none"', "everybody can redirect the traffic of this node");
    return undefined;
  }
  if (!("spi" in table)) {
    report.problem(joinPath(path, "spi"), "is missing", 'must be set unless authentication is "none"');
  }
  const key = resolveKey(fields, table, path, report, options);
  const { spi, replayProtection } = fields;
  if (replayProtection === "sequence") {
    // RFC 4285 §10.2: without a binding, any sequence number is accepted.
    const field = joinPath(path, "replay_protection");
    report.warning(field, 'is "sequence"', "a recorded update can be replayed after the node has deregistered");
  }
  if (spi === undefined || key === undefined || replayProtection === undefined) return undefined;
  return { spi, key, replayProtection };
}

function resolveKey(
  fields: SecurityFields, table: Table, path: string, report: Report, options: LoadOptions,
): SharedKey | undefined {
  const keyFilePath = joinPath(path, "key_file");
  if ("key" in table && "key_file" in table) {
    report.problem(keyFilePath, "is set beside key", "only one of them may be");
  } else if (!("key" in table || "key_file" in table)) {
    const expected = `must be ${KEY} (or set key_file), unless authentication is "none"`;
    report.problem(joinPath(path, "key"), "is missing", expected);
  }
  if (fields.keyFile === undefined || "key" in table) return fields.key;

  let content: string;
  try {
    if (!options.readFile) throw new Error("this host reads no files");
    content = options.readFile(fields.keyFile);
  } catch (error) {
    report.problem(keyFilePath, `names a file that cannot be read${errorCode(error)}`,
      `must hold ${KEY}; a relative path begins at this file's folder`);
    return undefined;
  }
  if (options.isExposed?.(fields.keyFile)) {
    report.warning(keyFilePath, "names a file that is not its owner's only", "others could read the key: chmod 600");
  }
  const key = parseKey(content);
  if (typeof key !== "string") return key;
  report.problem(keyFilePath, `names a file whose content ${key}`, `must hold ${KEY}`);
  return undefined;
}

/** The code of a system error ("ENOENT"): its message could repeat what was read. */
function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^E[A-Z0-9]{1,15}$/.test(code) ? ` (${code})` : "";
}
