/** The cases of every list that is taken up; `ids.tsv` has the lists' ids, `exceptions.tsv` what is left out. */
import type { Case } from "../subject.ts";
import { CORRESPONDENT_CASES } from "./correspondent.ts";
import { HOME_AGENT_CASES } from "./home-agent.ts";
import { MOBILE_NODE_CASES } from "./mobile-node.ts";

/** Cases by the first column of `ids.tsv`. */
export const SUITES: Readonly<Record<string, readonly Case[]>> = {
  "correspondent-node": CORRESPONDENT_CASES,
  "home-agent": HOME_AGENT_CASES,
  "mobile-node": MOBILE_NODE_CASES,
};
