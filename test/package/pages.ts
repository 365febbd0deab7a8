/**
 * The pages "embed in ten minutes" as programs: their code blocks, with the comments before them that say what they are.
 *
 *   <!-- file: name -->         the next block is that file
 *   <!-- run -->                the next block is commands; "(needs …)" behind it: what the machine must have
 *   <!-- run: until "text" -->  the same, ended by an interrupt when it has printed the text
 *   <!-- open: file -->         a page, opened in a browser; the next block is for people
 *   <!-- prints -->             the next block is what the commands before it print, with … for what differs
 */
export interface Step {
  readonly kind: "file" | "run" | "open" | "prints";
  /** The file's name, or the text that ends a program. */
  readonly argument?: string;
  /** What the machine must have. */
  readonly needs?: string;
  readonly text: string;
}

const BLOCK = /<!-- (file|run|open|prints)(?:: (?:until )?"?([^"\s(]+)"?)?:?(?: \(needs ([^)]+)\))? -->\n```\w*\n([^]*?)```/g;

/** The steps of a page, in order. Throws when a comment has no block. */
export function stepsOf(page: string): Step[] {
  const steps = [...page.matchAll(BLOCK)].map(([, kind, argument, needs, text]) => ({ kind, argument, needs, text }) as Step);
  const comments = page.match(/<!-- (file|run|open|prints)/g)?.length ?? 0;
  if (comments !== steps.length) throw new Error(`${comments - steps.length} comments of the page have no block`);
  return steps;
}

/** Whether a text is as a page says. */
export function isAsPrinted(text: string, expected: string): boolean {
  const escaped = expected.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", "[^]*?");
  return new RegExp(`^${escaped}$`).test(text.trim());
}
