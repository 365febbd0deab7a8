/** What the demonstration makes of the events of both daemons and the echo requests. */
import { describe, expect, it } from "vitest";
import type { ObservedEvent } from "../../platforms/linux/demo/daemons.ts";
import { measure, type Move, timelineOf } from "../../platforms/linux/demo/story.ts";

const START_MS = 900;
const MOVE: Move = {
  from: "visited 1", to: "visited 2", uplink: "up2", leftMs: 1000, goneMs: 1000.25, untilMs: 3000,
};

function event(
  atMs: number, name: ObservedEvent["name"], fields: ObservedEvent["fields"] = {}, device?: string,
): ObservedEvent {
  const who = name === "BindingAccepted" ? "home agent" : "mobile node";
  return { atMs, name, fields, who, ...(device !== undefined && { device }) };
}

const EVENTS = [
  event(1000.125, "Link", { up: false }, "up1"),
  event(1000.5, "Link", { up: true }, "up2"),
  event(1050.25, "RouterAdvertisement", { router: "fe80::1", prefix: "2001:db8:b::" }, "up2"),
  event(1050.5, "BindingUpdateSent", { sequence: 7, lifetimeS: 600 }),
  event(1051, "BindingAccepted", { homeAddress: "2001:db8:1::101", careofAddress: "2001:db8:b::5" }),
  event(1051.5, "BindingAcknowledged", { sequence: 7, status: 0 }),
  event(1100, "RouterAdvertisement", { router: "fe80::1", prefix: "2001:db8:b::" }, "up2"),
];
const ECHOES = [
  { sentMs: 990, receivedMs: 991 },
  { sentMs: 1010 },
  { sentMs: 1052, receivedMs: 1053 },
];

describe("story of a handover", () => {
  it("divides the interruption into its phases, without remainder", () => {
    const { interruptionMs, packetsLost, leftAtMs, phases } = measure(MOVE, EVENTS, ECHOES, START_MS);
    expect([leftAtMs, interruptionMs, packetsLost]).toEqual([100, 53, 1]);
    expect(phases).toEqual([
      { name: "link", ms: 0.5 },
      { name: "router advertisement", ms: 49.75 },
      { name: "care-of address", ms: 0.25 },
      { name: "registration", ms: 1 },
      { name: "first echo", ms: 1.5 },
    ]);
  });

  it("has no phases when one of their events is missing, and no interruption when no reply came", () => {
    const unregistered = EVENTS.filter(({ name }) => name !== "BindingAcknowledged");
    expect(measure(MOVE, unregistered, ECHOES, START_MS).phases).toEqual([]);
    const silent = measure(MOVE, EVENTS, ECHOES.slice(0, 2), START_MS);
    expect(silent).not.toHaveProperty("interruptionMs");
    expect(silent.phases).toEqual([]);
  });

  it("tells each event at its moment, and a router once for each link", () => {
    const timeline = timelineOf(EVENTS, START_MS);
    expect(timeline.map(({ atMs }) => atMs)).toEqual([100.125, 100.5, 150.25, 150.5, 151, 151.5]);
    expect(timeline[4]).toEqual({
      atMs: 151, who: "home agent", event: "BindingAccepted",
      text: "binds 2001:db8:1::101 to 2001:db8:b::5",
    });
  });
});
