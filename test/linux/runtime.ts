/** What runs `mext` in a lab. */
import { fileURLToPath } from "node:url";

export const MEXT = fileURLToPath(new URL("../../dist/mext.js", import.meta.url));

export interface Runtime {
  /**
   * The command line up to `mext`'s own words.
   * @param command of `mext`: "home-agent", "status", …
   * @param folder where the lab has its files: configurations, state, control sockets
   */
  command(command: string, folder: string): readonly string[];
}

export const NODE: Runtime = { command: () => [process.execPath, MEXT] };
