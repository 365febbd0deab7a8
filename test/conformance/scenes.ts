/** Where cases play: the addresses, and the subject in each of its roles, started and ready. */
import type { CorrespondentSettings } from "../../bindings/commands.ts";
import { PlayedMobileNode } from "./players/mobile-node.ts";
import type { Case, Subject } from "./subject.ts";
import { Tester } from "./tester.ts";

export const CORRESPONDENT = "2001:db8:c::c";
export const HOME = "2001:db8:100::17";
export const OTHER_HOME = "2001:db8:100::18";
export const CAREOF = "2001:db8:a::17";
export const OTHER_CAREOF = "2001:db8:b::17";
export const MULTICAST = "ff0e::17";
export const LINK_LOCAL = "fe80::17";
/** The router of every link. */
export const ROUTER = "fe80::1";
export const LINK = "link";

/** The subject is a correspondent node; everybody else is behind its router. */
export interface CorrespondentScene {
  readonly subject: Subject;
  readonly tester: Tester;
  /** Away from home, and not bound yet. */
  readonly mobile: PlayedMobileNode;
}

/** Starts a correspondent node. */
export async function correspondentScene(
  subject: Subject, correspondent?: Partial<Omit<CorrespondentSettings, "addresses">>,
): Promise<CorrespondentScene> {
  const attachment = { link: LINK, addresses: [CORRESPONDENT], router: ROUTER };
  const tester = await Tester.start(subject, { role: "correspondent-node", attachment, correspondent }, LINK);
  return { subject, tester, mobile: new PlayedMobileNode(tester, CORRESPONDENT, HOME, CAREOF) };
}

/** A case that begins with a correspondent node that knows nobody. */
export function correspondentCase(
  id: string, title: string, play: (scene: CorrespondentScene) => Promise<void>,
): Case {
  return { id, title, run: async (subject) => play(await correspondentScene(subject)) };
}
