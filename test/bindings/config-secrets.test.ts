/** Keys stay secret: in objects that are printed, and in every message, wherever they stand in a file. */
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, formatProblem, loadConfig, SharedKey } from "../../bindings/config/index.ts";

const octets = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

describe("a shared key", () => {
  const key = new SharedKey(octets);

  it("is not printed", () => {
    const printed = [`${key}`, JSON.stringify({ key }), inspect({ key }), inspect(key, { showHidden: true })];
    expect(printed).toEqual(["[key]", '{"key":"[key]"}', "{ key: [key] }", "[key]"]);
    expect(Object.entries(key)).toEqual([]);
    expect(inspect(key, { customInspect: false })).not.toMatch(/160|a0/);
  });

  it("gives and keeps copies of its octets", () => {
    const given = octets.slice();
    const own = new SharedKey(given);
    given.fill(0);
    own.bytes().fill(0);
    expect(own.bytes()).toEqual(octets);
  });
});

/** Both files, with a hole for a text in each place where someone could put a key by mistake. */
const templates = [
  'role = "home-agent"\naddress = <>\nhome_prefixes = [<>]\nmax_lifetime = <>\nmax_bindings = <>\n' +
    "tunnel = <>\nlink = <>\nlog_level = <>\nlife = <>\n" +
    "[[node]]\nidentity = <>\nhome_addresses = [<>, <>]\nspi = <>\nkey = <>\n" +
    "[[node]]\nspi = <>\nkey_file = <>\nauthentication = <>\nreplay_protection = <>\n" +
    "<> = 1\n[<>]\n<>.x = 1\n",
  'role = "mobile-node"\nhome_address = <>\nhome_agent = <>\nidentity = <>\nspi = <>\nkey = <>\n' +
    "key_file = <>\nuplinks = [<>, <>]\nlifetime = <>\noptimistic = <>\nstate_file = <>\n",
  "role = <>\n",
  "key = <> <>\n",
  "key = <>\nkey = <>\n",
];

const octetTexts = fc.oneof(
  fc.uint8Array({ minLength: 8, maxLength: 70 }).map((key) => Array.from(key, hexOctet)),
  // Decimal digits only: without quotes, that is an integer.
  fc.array(fc.integer({ min: 11, max: 99 }).map(String), { minLength: 8, maxLength: 20 }),
);

/** A key as people write it: good, too short, too long, or with something wrong at its end. */
const keyTexts = fc.tuple(
  octetTexts,
  fc.constantFrom("", " ", ":", "-"),
  fc.constantFrom("", "0x"),
  fc.constantFrom("", "0", "zz", " and more"),
).map(([key, separator, start, end]) => {
  return start + key.join(separator) + end;
});
const quotes = fc.constantFrom('"', "'", "");

describe("no message about a file", () => {
  it("contains a piece of a key, wherever the key stands", () => {
    fc.assert(fc.property(fc.constantFrom(...templates), keyTexts, quotes, (file, key, quote) => {
      const said = allThatIsSaid(file.replaceAll("<>", quote + key + quote), () => key);
      expect(pieces(key).filter((piece) => said.includes(piece))).toEqual([]);
    }), { numRuns: 1_000 });
  });

  it("contains what a key file holds, or what the system says about it", () => {
    const file = 'role = "mobile-node"\nkey_file = "keys/car17"\n';
    expect(allThatIsSaid(file, () => "correct horse")).not.toContain("horse");
    const said = allThatIsSaid(file, () => {
      throw Object.assign(new Error("cannot read 'correct horse'"), { code: "correct horse" });
    });
    expect(said).toContain("key_file: names a file that cannot be read, must hold");
    expect(said).not.toContain("horse");
  });

  it("contains a short secret in the place of a key", () => {
    const said = allThatIsSaid('role = "mobile-node"\nkey = "hunter2"\nspi = "hunter2"\n');
    expect(said).not.toContain("hunter2");
  });
});

function hexOctet(octet: number): string {
  return octet.toString(16).padStart(2, "0");
}

function allThatIsSaid(text: string, readFile?: (path: string) => string): string {
  try {
    const { config, warnings } = loadConfig(text, "f.toml", { readFile });
    return inspect(config, { depth: 9 }) + warnings.map(formatProblem).join("\n");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `${error.stack}\n${JSON.stringify(error.problems)}`;
  }
}

/** Every run of four octets of a key text, as written and without separators. */
function pieces(key: string): string[] {
  const plain = key.replace(/^0x|[^0-9a-f]/g, "");
  return [key, plain].flatMap((text) => {
    return Array.from({ length: Math.max(0, text.length - 11) }, (_, start) => text.slice(start, start + 12));
  }).filter((piece) => /[0-9a-f]{2}[ :-]?[0-9a-f]{2}[ :-]?[0-9a-f]{2}/.test(piece) && !/[g-z]/.test(piece));
}
