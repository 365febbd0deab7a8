import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as abi from "../../core-as/abi/contract.ts";
import { LinkType } from "../../core-as/abi/fields.ts";
import { Reason } from "../../core-as/abi/reasons.ts";
import { RegistrationState, UplinkState } from "../../core-as/abi/states.ts";
import { sha256Of } from "../conformance/record.ts";
import { coreModules } from "./binary.ts";
import { witNames } from "./lifted.ts";

const read = (path: string) => new Uint8Array(readFileSync(new URL(`../../${path}`, import.meta.url)));
const text = (path: string) => new TextDecoder().decode(read(path));

describe("the component", () => {
  const modules = coreModules(read("dist/component/mext.component.wasm"));

  it("has the core in it, octet by octet", () => {
    expect(modules.map(sha256Of)).toContain(sha256Of(read("build/mext.wasm")));
    expect(sha256Of(read("dist/component/mext.core.wasm")), "what jco took out of it").toBe(sha256Of(read("build/mext.wasm")));
  });

  it("has the adapter beside it, and nothing else", () => {
    expect(modules.length).toBe(2);
    const adapter = new WebAssembly.Module(modules[1]);
    const from = new Set(WebAssembly.Module.imports(adapter).map((each) => each.module));
    expect([...from].sort()).toEqual([
      "[export]mext:core/codec@0.1.0", "[export]mext:core/engine@0.1.0", "__main_module__", "env",
    ]);
    expect(modules[1].length, "octets: small beside the core").toBeLessThan(40_000);
  });

  it("is of the package's version", () => {
    const { version } = JSON.parse(text("package.json"));
    expect(text("dist/component/mext.wit")).toContain(`package mext:core@${version};`);
  });
});

describe("enums of the WIT are those of the contract", () => {
  const wit = text("dist/component/mext.wit");

  /** Names of the cases of an enum or variant. */
  function cases(kind: "enum" | "variant", name: string): string[] {
    const [, body] = new RegExp(`^  ${kind} ${name} \\{\\n([^}]*)\\}`, "m").exec(wit)!;
    return [...body.matchAll(/^ {4}([a-z][a-z0-9-]*)/gm)].map(([, each]) => each);
  }
  /** Names by rising numbers, without that of 0 where it is none. */
  const names = (enumeration: object, first = 0) => (
    [...witNames(enumeration)].sort(([a], [b]) => a - b).filter(([number]) => number >= first).map(([, name]) => name)
  );

  it.each([
    ["reason", names(Reason, 1)],
    ["event-kind", names(abi.Event, 1)],
    ["role", names(abi.Role, 1)],
    ["table", names(abi.Query, 1)],
    ["device-kind", names(abi.DeviceKind)],
    ["replay-protection", names(abi.ReplayProtection)],
    ["route-policy", names(abi.RoutePolicy)],
    ["encapsulation", names(abi.Encapsulation)],
    ["registration-state", names(RegistrationState)],
    ["uplink-state", names(UplinkState)],
    ["link-type", names(LinkType)],
  ])("%s", (name, expected) => expect(cases("enum", name)).toEqual(expected));

  it("refusal: the core's, then the component's own", () => {
    const core = names(abi.Refusal, 1);
    expect(cases("enum", "refusal").slice(0, core.length)).toEqual(core);
  });

  it("order", () => expect(cases("variant", "order")).toEqual(names(abi.Order, 1)));
});
