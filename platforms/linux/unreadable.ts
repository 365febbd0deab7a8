/** A file that cannot be read: one line that says which and why. */
export class UnreadableFileError extends Error {
  override readonly name = "UnreadableFileError";

  /** @param error what node:fs threw */
  constructor(path: string, { code, message }: NodeJS.ErrnoException) {
    super(`${path}: ${REASONS[code ?? ""] ?? message}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "this is a directory",
};
