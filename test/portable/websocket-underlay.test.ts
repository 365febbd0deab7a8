/** A mobile node's end of the WebSocket underlay: with sockets that the test plays, and its clock. */
import { describe, expect, it } from "vitest";
import { ConnectionWatch } from "../../platforms/portable/connection-watch.ts";
import { type WebSocketConstructor, type WebSocketLike, WebSocketUnderlay } from "../../platforms/portable/websocket-underlay.ts";
import { ManualClock } from "./manual-clock.ts";

class PlayedWebSocket implements WebSocketLike {
  static all: PlayedWebSocket[] = [];
  binaryType = "blob";
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: Uint8Array[] = [];
  closedWith: unknown[] | undefined;

  constructor(readonly url: string) {
    PlayedWebSocket.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  send(data: Uint8Array): void {
    this.sent.push(data);
  }

  close(...how: unknown[]): void {
    this.readyState = 2;
    this.closedWith = how;
  }

  /** The other end closes it, or it never opened. */
  end(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onerror?.();
    this.onclose?.({ code, reason });
  }
}

function played(more: object = {}) {
  PlayedWebSocket.all = [];
  const clock = new ManualClock();
  const underlay = new WebSocketUnderlay({ url: "https://ha.example/mext", WebSocket: PlayedWebSocket as unknown as WebSocketConstructor, clock, ...more });
  const changes: boolean[] = [];
  const received: number[] = [];
  underlay.changed = () => changes.push(underlay.isUp);
  underlay.receive = (payload) => received.push(payload.length);
  return { clock, underlay, changes, received, last: () => PlayedWebSocket.all.at(-1)! };
}

describe("a WebSocket underlay", () => {
  it("is up when its WebSocket is open, and carries octets as they are", () => {
    const { underlay, changes, received, last } = played();
    expect(last().url).toBe("wss://ha.example/mext");
    expect(last().binaryType).toBe("arraybuffer");
    underlay.send(Uint8Array.of(1));
    last().open();
    underlay.send(Uint8Array.of(1, 2));
    last().onmessage!({ data: new ArrayBuffer(40) });
    expect(changes).toEqual([true]);
    expect(last().sent).toEqual([Uint8Array.of(1, 2)]);
    expect(received).toEqual([40]);
    expect(underlay.status()).toMatchObject({ isUp: true, state: "up", sent: 1, received: 1, dropped: { "not connected": 1 } });
  });

  it("tries again later and later, up to half a minute, and at once after one that lasted", () => {
    const { clock, last } = played();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      const count = PlayedWebSocket.all.length;
      last().end();
      const fromMs = clock.nowMs();
      while (PlayedWebSocket.all.length === count) clock.advance(50);
      waits.push(clock.nowMs() - fromMs);
    }
    waits.forEach((wait, index) => {
      const longest = Math.min(30_000, 250 * 2 ** (index + 1));
      expect(wait).toBeGreaterThanOrEqual(longest / 2 - 50);
      expect(wait).toBeLessThanOrEqual(longest + 50);
    });
    last().open();
    clock.advance(6000);
    last().end();
    const count = PlayedWebSocket.all.length;
    clock.advance(300);
    expect(PlayedWebSocket.all.length).toBe(count + 1);
  });

  it.each([
    ["text", "hello", 1003], ["a Blob", {}, 1003], ["2049 octets", new ArrayBuffer(2049), 1009],
  ])("a server that sends %s is left", (_, data, code) => {
    const { underlay, changes, received, last, clock } = played();
    const first = last();
    first.open();
    first.onmessage!({ data });
    first.onmessage!({ data: new ArrayBuffer(40) });
    expect(first.closedWith?.[0]).toBe(1000);
    expect(changes).toEqual([true, false]);
    expect(received).toEqual([]);
    expect(underlay.status()).toMatchObject({ state: "waiting", lastClose: { code } });
    clock.advance(1000);
    expect(last()).not.toBe(first);
  });

  it("drops what does not fit any more, and empty messages", () => {
    const { underlay, received, last } = played({ maxBufferedBytes: 3000 });
    last().open();
    last().bufferedAmount = 2000;
    underlay.send(new Uint8Array(1000));
    underlay.send(new Uint8Array(1001));
    last().onmessage!({ data: new ArrayBuffer(0) });
    expect(received).toEqual([]);
    expect(underlay.status()).toMatchObject({ sent: 1, dropped: { "too much is waiting": 1, empty: 1 } });
  });

  it("stays closed when whoever is told of a change closes it", () => {
    const ends = [
      (underlay: WebSocketUnderlay) => underlay.reconnect(), // by the program, or by the network
      (_: WebSocketUnderlay, socket: PlayedWebSocket) => socket.onmessage!({ data: "text" }),
      (_: WebSocketUnderlay, socket: PlayedWebSocket) => socket.end(),
    ];
    for (const end of ends) {
      const { clock, underlay, last } = played();
      last().open();
      underlay.changed = () => underlay.close();
      end(underlay, last());
      clock.advance(60_000);
      expect(PlayedWebSocket.all).toHaveLength(1);
      expect(underlay.status().state).toBe("closed");
      expect(clock.pending).toBe(0);
    }
  });

  it("hears nothing of a connection that it has left, and nothing after its end", () => {
    const { underlay, changes, received, last, clock } = played();
    const first = last();
    first.open();
    underlay.reconnect();
    first.onmessage!({ data: new ArrayBuffer(40) });
    first.end();
    expect(received).toEqual([]);
    expect(underlay.status().state).toBe("connecting");
    last().open();
    expect(changes).toEqual([true, false, true]);
    underlay.close();
    last().end();
    clock.advance(100_000);
    underlay.reconnect();
    expect(PlayedWebSocket.all.length).toBe(2);
    expect(underlay.status().state).toBe("closed");
    expect(clock.pending).toBe(0);
  });
});

describe("the watch of a connection", () => {
  function watched() {
    const clock = new ManualClock();
    const log: string[] = [];
    const watch = new ConnectionWatch(clock, {
      doubt: () => log.push(`doubt ${clock.nowMs() - 1000}`), giveUp: () => log.push(`give up ${clock.nowMs() - 1000}`),
    });
    return { clock, log, watch };
  }

  it("doubts silence after something was sent, and then gives up", () => {
    const { clock, log, watch } = watched();
    clock.advance(60_000);
    expect(log).toEqual([]);
    watch.sent();
    clock.advance(1000);
    watch.sent();
    clock.advance(60_000);
    expect(log).toEqual(["doubt 65000", "give up 69000"]);
    watch.sent();
    clock.advance(60_000);
    expect(log.slice(2), "twice as patient").toEqual(["doubt 131000", "give up 135000"]);
  });

  it("is content with any answer", () => {
    const { clock, log, watch } = watched();
    for (let second = 0; second < 100; second++) {
      watch.sent();
      clock.advance(1000);
      if (second % 4 === 0) watch.heard();
    }
    expect(log).toEqual([]);
    watch.stop();
    expect(clock.pending).toBe(0);
  });
});
