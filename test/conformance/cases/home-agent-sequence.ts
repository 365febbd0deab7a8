/** The sequence numbers of home registrations, modulo 2^16: RFC 6275 §9.5.1. */
import { OTHER_CAREOF } from "../scenes.ts";
import type { Case } from "../subject.ts";
import { acknowledgeBit, type Ids, onHomeLinks } from "./home-agent-links.ts";

const SEQUENCE_NUMBER_OUT_OF_WINDOW = 135;

/** The sequence numbers of two Binding Updates; the ids with A = 1 and with A = 0. */
type Row = readonly [first: number, second: number, asked: Ids, notAsked: Ids];

const GREATER: readonly Row[] = [
  [15, 16, ["HA_2_5_1", "HA_2_5_3"], ["HA_2_5_5", "HA_2_5_7"]],
  [15, 32_782, ["HA_2_5_2", "HA_2_5_4"], ["HA_2_5_6", "HA_2_5_8"]],
  [32_783, 32_784, ["HA_2_7_1", "HA_2_7_3"], ["HA_2_7_5", "HA_2_7_7"]],
  [32_783, 14, ["HA_2_7_2", "HA_2_7_4"], ["HA_2_7_6", "HA_2_7_8"]],
];

const NOT_GREATER: readonly Row[] = [
  [15, 14, ["HA_2_6_1", "HA_2_6_7"], ["HA_2_6_4", "HA_2_6_10"]],
  [15, 15, ["HA_2_6_2", "HA_2_6_8"], ["HA_2_6_5", "HA_2_6_11"]],
  [15, 32_783, ["HA_2_6_3", "HA_2_6_9"], ["HA_2_6_6", "HA_2_6_12"]],
  [32_783, 32_782, ["HA_2_8_1", "HA_2_8_7"], ["HA_2_8_4", "HA_2_8_10"]],
  [32_783, 32_783, ["HA_2_8_2", "HA_2_8_8"], ["HA_2_8_5", "HA_2_8_11"]],
  [32_783, 15, ["HA_2_8_3", "HA_2_8_9"], ["HA_2_8_6", "HA_2_8_12"]],
];

/** Two Binding Updates from two places; the second one counts or is refused. */
function pair([first, second, ...ids]: Row, isGreater: boolean): Case[] {
  return [true, false].flatMap((acknowledge, index) => {
    const what = `sequence number ${second} after ${first} is ${isGreater ? "accepted" : "refused"}`;
    return onHomeLinks(ids[index], `${what}, ${acknowledgeBit(acknowledge)}`, async ({ tester, mobile }) => {
      const fields = { acknowledge };
      await mobile.register({ sequence: first, fields });
      await mobile.expectBound();
      const status = isGreater ? 0 : SEQUENCE_NUMBER_OUT_OF_WINDOW;
      const seen = await mobile.update({ source: OTHER_CAREOF, sequence: second, fields }, status);
      // A refusal says what was accepted last.
      const last = isGreater ? second : first;
      tester.equal(seen.value("binding-acknowledgement", "sequence"), last, "the sequence number");
      if (isGreater) return void await mobile.expectBound(OTHER_CAREOF);
      await mobile.expectNotBound(OTHER_CAREOF);
      await mobile.expectBound();
    });
  });
}

export const SEQUENCE: Case[] = [
  ...GREATER.flatMap((row) => pair(row, true)), ...NOT_GREATER.flatMap((row) => pair(row, false)),
];
