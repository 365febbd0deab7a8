/**
 * Whether the runtime was not allowed to do something: Deno's error NotCapable, whose message names the flag that would
 * allow it. (What the kernel refuses is another matter: those errors have a code.)
 */
export function lacksPermission(error: unknown): error is Error {
  return error instanceof Error && error.name === "NotCapable";
}

/** Deno's resolver hides that behind a code of its own; nothing else gives these. */
const NO_QUERIES = ["EPERM", "UNKNOWN"];

/** What to say of a DNS query that failed. */
export function queryProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const isRefused = code !== undefined && NO_QUERIES.includes(code) && "Deno" in globalThis;
  return isRefused ? "run Deno again with --allow-net to ask for names" : code ?? message;
}
