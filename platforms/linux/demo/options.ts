/** The command line of the demonstration. */
import { parseArgs } from "node:util";

export const USAGE = `Usage: npm run demo -- [<options>]      or: mext demo [<options>]

A mobile node leaves its network and appears in another, twice, while a TCP transfer and a ping to its home
address go on. On Linux this runs real daemons in network namespaces; elsewhere, or where that is not
allowed, the same story on a simulated network. The host's own network settings are not touched.

  --moves <n>    how often the node moves, 1 to 5; default 2
  --seed <n>     of the transfer's content, and of the simulation
  --sim          on the simulated network
  --json         the report as JSON
  --verbose      every event of the daemons, also between the moves
  --keep         leave the network up until Ctrl-C, and say how to explore it; not with --sim
  -h, --help     this text

Exit code: 0 the sessions survived, 1 they did not, 2 a wrong option.
`;

export interface Options {
  moves: number;
  seed: number;
  sim: boolean;
  json: boolean;
  verbose: boolean;
  keep: boolean;
  help: boolean;
  /** Set by the demonstration itself: it runs in a user namespace that it made. */
  inUserNamespace: boolean;
}

/** A wrong command line: one line that says what is wrong. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

/** Reads the options; throws OptionError. */
export function readOptions(argv: string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        moves: { type: "string", default: "2" }, seed: { type: "string", default: "1" },
        sim: flag, json: flag, verbose: flag, keep: flag, help: { ...flag, short: "h" }, "in-user-namespace": flag,
      },
    });
    const { "in-user-namespace": inUserNamespace, ...others } = values;
    const moves = integer("moves", values.moves, 1, 5);
    const seed = integer("seed", values.seed, 0, 2 ** 32 - 1);
    if (values.sim && values.keep) throw new OptionError("--keep needs a real network: leave out --sim");
    return { ...others, moves, seed, inUserNamespace };
  } catch (error) {
    throw new OptionError((error as Error).message.split(/\. |\n/)[0]);
  }
}

function integer(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new OptionError(`--${name} is "${text}", must be an integer from ${least} to ${most}`);
}
