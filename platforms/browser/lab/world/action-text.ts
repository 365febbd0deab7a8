/** What a person did, in words. */
import type { Action } from "../contract.ts";

/** "Network 1: IPv6 has a delay of 20 ms". */
export function conditionsText(label: string, conditions: Extract<Action, { kind: "conditions" }>["conditions"]): string {
  const { delayMs, loss, bitsPerSecond, cut } = conditions;
  const parts = [
    ...(cut === undefined ? [] : [cut ? "is cut" : "is whole again"]),
    ...(delayMs === undefined ? [] : [`has a delay of ${delayMs} ms`]),
    ...(loss === undefined ? [] : [`loses ${Math.round(loss * 1000) / 10} % of its frames`]),
    ...(bitsPerSecond === undefined ? [] : [bitsPerSecond === 0 ? "has no limit of its rate" : `carries ${bitsPerSecond} bit/s`]),
  ];
  return `${label} ${parts.join(", ")}`;
}

/** "is sent a stream from now on". */
export function trafficText({ pingEveryMs, stream }: Extract<Action, { kind: "traffic" }>["traffic"]): string {
  const parts = [
    ...(pingEveryMs === undefined ? [] : [pingEveryMs === 0 ? "no echo requests" : `an echo request every ${pingEveryMs} ms`]),
    ...(stream === undefined ? [] : [stream ? "a stream" : "no stream"]),
  ];
  return `is sent ${parts.join(", ")} from now on`;
}
