/** Most cases of a home agent are played twice: where its home link is a real one, and where it is a virtual one. */
import { type HomeAgentOptions, type HomeAgentScene, homeAgentCase } from "../scenes.ts";
import type { Case } from "../subject.ts";

/** What a case does, and whether its home link is a real one. */
export type Play = (scene: HomeAgentScene, isReal: boolean) => Promise<void>;

/** The ids of a case, on a real home link and on a virtual one; one that is not in the list is undefined. */
export type Ids = readonly [real?: string, virtual?: string];

/** The same case on both kinds of home link. */
export function onHomeLinks([real, virtual]: Ids, title: string, play: Play, options: HomeAgentOptions = {}): Case[] {
  const cases: Case[] = [];
  if (real !== undefined) cases.push(onRealLink(real, title, play, options));
  if (virtual !== undefined) {
    const { settings } = options;
    cases.push(homeAgentCase(virtual, `virtual home link: ${title}`, (scene) => play(scene, false), { settings }));
  }
  return cases;
}

/** A case on a real home link. */
export function onRealLink(id: string, title: string, play: Play, { homeLink = {}, settings }: HomeAgentOptions = {}): Case {
  return homeAgentCase(id, `real home link: ${title}`, (scene) => play(scene, true), { homeLink, settings });
}

/** Whether a Binding Update asks for its acknowledgement; a home agent sends it either way (RFC 6275 §9.5.4). */
export function acknowledgeBit(acknowledge: boolean): string {
  return acknowledge ? "A = 1" : "A = 0";
}
