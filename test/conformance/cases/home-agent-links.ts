/** Most cases of a home agent are played twice: on a real home link, and on a virtual one. */
import { type HomeAgentOptions, type HomeAgentScene, homeAgentCase } from "../scenes.ts";
import type { Case } from "../subject.ts";

/** What a case does, and whether its home link is a real one. */
export type Play = (scene: HomeAgentScene, isReal: boolean) => Promise<void>;

/** The ids of a case, on a real home link and on a virtual one; one that is not in the list is undefined. */
export type Ids = readonly [real?: string, virtual?: string];

/** The same case on both kinds of home link. */
export function onHomeLinks(
  [real, virtual]: Ids, title: string, play: Play, options: HomeAgentOptions = {},
): Case[] {
  const cases: Case[] = [];
  if (real !== undefined) cases.push(onRealLink(real, title, play, options));
  if (virtual !== undefined) {
    const { settings } = options;
    const whole = `virtual home link: ${title}`;
    cases.push(homeAgentCase(virtual, whole, (scene) => play(scene, false), { settings }));
  }
  return cases;
}

/** A case on a real home link. */
export function onRealLink(
  id: string, title: string, play: Play, { homeLink = {}, settings }: HomeAgentOptions = {},
): Case {
  return homeAgentCase(id, `real home link: ${title}`, (scene) => play(scene, true), { homeLink, settings });
}

/** Whether a Binding Update asks for its acknowledgement, which a home agent sends either way. */
export function acknowledgeBit(acknowledge: boolean): string {
  return acknowledge ? "A = 1" : "A = 0";
}
