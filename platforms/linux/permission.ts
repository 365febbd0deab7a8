/**
 * Whether the runtime was not allowed to do something: Deno's error NotCapable, whose message names the flag that would
 * allow it. (What the kernel refuses is another matter: those errors have a code.)
 */
export function lacksPermission(error: unknown): error is Error {
  return error instanceof Error && error.name === "NotCapable";
}

/**
 * What to say of a DNS query that failed. Deno's own resolver tells a refusal by the runtime by these codes; UNKNOWN can
 * also mean that no network leads to the name server.
 */
export function queryProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!("Deno" in globalThis)) return code ?? message;
  if (code === "EPERM") return "Deno may not ask for names, run it again with the --allow-net flag";
  return code === "UNKNOWN" ? "no name server is reached, or Deno runs without the --allow-net flag" : code ?? message;
}
