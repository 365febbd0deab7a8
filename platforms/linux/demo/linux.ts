/** Runs the story on Linux: builds the stage, tells the story, and clears everything away whatever happens. */
import { END_SIGNALS } from "../outlive.ts";
import type { Options } from "./options.ts";
import { type LinuxReport, type Listener, tellStory } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { HOME_ADDRESS } from "./topology.ts";

/** A signal asked the demonstration to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor(readonly signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
  }
}

/**
 * Throws Interrupted, or an Error that says which program failed and how.
 * @param explore is called with the commands to look around, when the network is to stay up
 */
export async function runOnLinux(
  host: string, options: Options, listener: Listener, explore: (report: LinuxReport, commands: string[]) => void,
): Promise<LinuxReport> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of END_SIGNALS) process.on(signal, () => reject(new Interrupted(signal)));
  });
  interrupted.catch(() => {}); // also when nobody waits any more
  listener.progress("building the network");
  const stage = new Stage();
  const clear = () => stage.endAtOnce();
  process.once("exit", clear); // the last resort
  try {
    const story = tellStory(stage, options, host, listener);
    story.catch(() => {}); // when it is left behind, it fails with its programs
    const report = await Promise.race([story, stage.failure, interrupted]);
    if (options.keep) {
      explore(report, commands(stage, options.inUserNamespace));
      await Promise.race([stage.failure, interrupted.catch(() => {})]);
    }
    return report;
  } finally {
    listener.progress("clearing away");
    await stage.end();
    process.off("exit", clear);
  }
}

/** What to type in another terminal. */
function commands({ topology, folder }: Stage, inUserNamespace: boolean): string[] {
  const enter = inUserNamespace ? `nsenter -t ${process.pid} -U -m --preserve-credentials ` : "";
  const within = (name: string) => `${enter}ip netns exec ${name}`;
  const mobileNode = within(topology.mobileNode.name);
  return [
    `${enter}node dist/mext.js status --control ${folder}/mobile-node.sock`,
    `${enter}node dist/mext.js watch --control ${folder}/home-agent.sock`,
    `${within(topology.correspondent.name)} ping ${HOME_ADDRESS}`,
    `${mobileNode} ip -6 address`,
    `${mobileNode} sh -c "ip link set up1 down; ip link set up2 down; ip link set up1 up"`,
    `ls ${folder}`,
  ];
}
