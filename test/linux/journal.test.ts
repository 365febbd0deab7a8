import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal, StateFileError } from "../../platforms/linux/journal.ts";

const HEADER = "mext state 1\n";

describe("journal", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mext-journal-"));
    path = join(folder, "deep/er/state");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const octets = (...values: number[]) => Uint8Array.from(values);
  const content = () => [...readFileSync(path)].slice(HEADER.length);

  it("writes nothing before the first snapshot, then a private file", () => {
    const journal = new Journal(path);
    expect(journal.records).toHaveLength(0);
    expect(existsSync(path)).toBe(false);
    journal.compact(octets(1, 2));
    expect(content()).toEqual([1, 2]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    journal.close();
  });

  it("has a record in the file as soon as it is appended, and gives all of them back", () => {
    const journal = new Journal(path);
    journal.compact(octets(1, 2));
    journal.append(octets(3));
    expect(content()).toEqual([1, 2, 3]);
    // no close: the process is killed here
    const successor = new Journal(path);
    expect([...successor.records]).toEqual([1, 2, 3]);
    successor.append(octets(9)); // and this one before it wrote a snapshot
    expect(content()).toEqual([1, 2, 3]);
    journal.close();
  });

  it("copies records: the core's memory is used again", () => {
    const journal = new Journal();
    const memory = octets(5, 6);
    journal.append(memory);
    memory.fill(0);
    expect([...journal.records]).toEqual([5, 6]);
  });

  it("replaces the file by a snapshot when it has grown, and leaves no draft", () => {
    const journal = new Journal(path);
    journal.compact(octets(1));
    for (let round = 0; !journal.wantsCompaction; round++) {
      expect(round).toBeLessThan(1000);
      journal.append(new Uint8Array(512));
    }
    expect(statSync(path).size).toBeGreaterThan(64 * 1024);
    journal.compact(octets(7));
    expect(content()).toEqual([7]);
    expect(journal.wantsCompaction).toBe(false);
    expect(existsSync(`${path}.new`)).toBe(false);
    journal.append(octets(8)); // goes behind the new snapshot, not into the old file
    expect(content()).toEqual([7, 8]);
    journal.close();
  });

  it.each([
    ["nothing", ""],
    ["half a header", HEADER.slice(0, 5)],
  ])("takes a file with %s for one without records", (_title, text) => {
    new Journal(path);
    writeFileSync(path, text);
    expect(new Journal(path).records).toHaveLength(0);
  });

  it("refuses a file that is something else, and does not touch it", () => {
    const other = join(folder, "precious");
    writeFileSync(other, "my thesis");
    expect(() => new Journal(other)).toThrow(StateFileError);
    expect(() => new Journal(folder)).toThrow(/cannot be read/);
    expect(() => new Journal(join(other, "state"))).toThrow(StateFileError);
    expect(readFileSync(other, "utf8")).toBe("my thesis");
  });

  it("goes on in memory when the file cannot be written, says so, and comes back with a later snapshot", () => {
    const warnings: string[] = [];
    const journal = new Journal(path, (warning) => warnings.push(warning));
    rmSync(join(path, ".."), { recursive: true });
    writeFileSync(join(path, ".."), "in the way");
    journal.compact(octets(1));
    journal.append(octets(2));
    expect(warnings).toEqual([expect.stringMatching(/state file .* cannot be written: .*ENOTDIR/)]);
    expect([...journal.records]).toEqual([1, 2]);
    expect(journal.wantsCompaction).toBe(false); // not again for every packet,
    journal.append(new Uint8Array(4096));
    expect(journal.wantsCompaction).toBe(true); // but long before the file would be replaced otherwise
    rmSync(join(path, ".."));
    new Journal(path); // makes the folder
    journal.compact(octets(1, 2));
    expect(content()).toEqual([1, 2]);
    journal.close();
  });
});
