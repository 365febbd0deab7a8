/** The page's real node with a real home agent, over WebSockets of this machine. */
import { WebSocket } from "ws";
import { afterEach, describe, expect, it } from "vitest";
import { makeCore } from "../../platforms/browser/core.ts";
import { checkRealNode, RealNode, RealNodeError, type RealNodeSettings, type RealPacket } from "../../platforms/browser/lab/real-node.ts";
import type { WebSocketConstructor } from "../../platforms/portable/websocket-underlay.ts";
import { Bed, HOME_AGENT, homeAddressOf, keyOf, until } from "../portable/bed.ts";
import { binary } from "./world.ts";

let bed: Bed | undefined;
let node: RealNode | undefined;
afterEach(async () => {
  await node?.disconnect();
  await bed?.close();
  node = bed = undefined;
});

const settingsOf = (url: string, number = 0): RealNodeSettings => ({
  url, homeAddress: homeAddressOf(number), homeAgent: HOME_AGENT, identity: `car${number}@example.org`, spi: 300 + number, key: keyOf(number),
});

async function connected(settings: RealNodeSettings) {
  const packets: RealPacket[] = [];
  const notes: string[] = [];
  let changes = 0;
  node = await RealNode.connect(settings, {
    core: await makeCore(binary), WebSocket: WebSocket as unknown as WebSocketConstructor,
    onPacket: (packet) => packets.push(packet), onNote: ({ text }) => notes.push(text), onChange: () => changes++,
  });
  return { node, packets, notes, changes: () => changes };
}

describe("a real node in the page", () => {
  it("registers, pings its home agent and another node, and ends well", async () => {
    bed = await Bed.open(2);
    const other = await bed.mobileNode(1);
    const { node, packets, notes, changes } = await connected(settingsOf(bed.url));
    await until(() => node.status().registered);
    await other.registered();
    expect(node.status()).toMatchObject({ connection: "up", homeAddress: homeAddressOf(0), text: expect.stringMatching(/^Registered, \d+ m \d+ s left$/) });
    expect(await node.ping()).toBeLessThan(3000);
    expect(await node.ping(homeAddressOf(1))).toBeLessThan(3000);
    expect(await node.ping("2001:db8:100::77", 200)).toBeUndefined();
    expect(notes).toEqual(expect.arrayContaining(["is registered"]));
    expect(changes()).toBeGreaterThan(2);
    const told = packets.map(({ direction, summary }) => `${direction} ${summary}`);
    expect(told[0]).toMatch(/^sent Binding Update \[AHF?\] seq \d+/);
    expect(told.some((line) => /^received Binding Acknowledgement status 0/.test(line))).toBe(true);
    expect(told.some((line) => /^received .*Echo Reply 1$/.test(line))).toBe(true);
    const opened = node.packet(packets[0].id)!;
    expect(opened.layers.map(({ name }) => name)).toContain("binding-update");
    await node.disconnect();
    expect(bed.agent.bindings.map(({ homeAddress }) => homeAddress)).toEqual([homeAddressOf(1)]);
    expect(node.status().text).toBe("Ended");
  });

  it("keeps its binding when it moves to another connection", async () => {
    bed = await Bed.open(1);
    const { node } = await connected(settingsOf(bed.url));
    await until(() => node.status().registered);
    const [{ port }] = bed.agent.bindings;
    node.move();
    await until(() => bed!.agent.bindings.some((binding) => binding.port !== port));
    await until(() => node.status().registered);
    expect(await node.ping()).toBeLessThan(3000);
  });

  it("with a wrong key hears why, and its key stands nowhere", async () => {
    bed = await Bed.open(1, { authenticationMs: 200 });
    const settings = { ...settingsOf(bed.url), key: keyOf(9) };
    const { node, packets, notes } = await connected(settings);
    await until(() => node.status().text.startsWith("The connection was closed (not authenticated)"));
    expect(JSON.stringify([node.status(), packets, notes])).not.toContain(settings.key);
  });
});

describe("the form of a real node", () => {
  const good = settingsOf("wss://ha.example/mext");
  it("passes when all is well", () => expect(checkRealNode(good)).toMatchObject({ role: "mobile-node", homeAddress: good.homeAddress }));

  it.each<[keyof RealNodeSettings, unknown, RegExp]>([
    ["url", "https://ha.example/mext", /must be the address of a WebSocket, like "wss:/], ["url", "", /must be the address/],
    ["homeAddress", "10.0.0.1", /must be/], ["homeAddress", 'x"\n[evil]', /must be/], ["homeAgent", "ha.example", /must be an IPv6 address/],
    ["identity", "car17", /must be/], ["spi", 3, /must be/], ["spi", NaN, /./], ["key", "abcd", /too short/], ["key", "", /./],
  ])("names the field and what would be right: %s %j", (field, value, words) => {
    let problems: RealNodeError["problems"] = [];
    try {
      checkRealNode({ ...good, [field]: value });
    } catch (error) {
      expect(error).toBeInstanceOf(RealNodeError);
      ({ problems } = error as RealNodeError);
    }
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(problems[0].message).toMatch(words);
    if (field === "key" && value !== "") expect(problems[0].message).not.toContain(value);
  });

  it("says so when nobody takes WebSockets there", async () => {
    bed = await Bed.open(1);
    const { node } = await connected(settingsOf(bed.url.replace("/mext", "/elsewhere")));
    await until(() => node.status().text.startsWith("No WebSocket can be opened there"));
  });
});
