/** The whole suite on the simulated network, in the runtime that this is bundled for and run by. */
import { compileCore } from "../../../bindings/engine.ts";
import { readPacketsWith } from "../packet.ts";
import { casesOf, type Report, runCases } from "../run.ts";
import { Simulator } from "../simulator.ts";

/** Compiles these octets and plays the cases with these ids, or all. */
export async function report(bytes: Uint8Array<ArrayBuffer>, ids?: readonly string[]): Promise<Report> {
  const core = await compileCore(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  readPacketsWith(core);
  return {
    runtime: runtimeName(),
    sha256: Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join(""),
    cases: await runCases(casesOf(ids), () => new Simulator(core)),
  };
}

function runtimeName(): string | undefined {
  const { Deno: deno, process } = globalThis as {
    Deno?: { version: { deno: string } }; process?: { versions?: { node?: string } };
  };
  if (deno) return `Deno ${deno.version.deno}`;
  return process?.versions?.node && `Node ${process.versions.node}`;
}
