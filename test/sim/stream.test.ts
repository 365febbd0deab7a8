import { describe, expect, it } from "vitest";
import { Host } from "../../platforms/sim/host.ts";
import { Network } from "../../platforms/sim/network.ts";
import { StreamReceiver, StreamSender } from "../../platforms/sim/stream.ts";
import { core } from "./core.ts";

const PORT = 7000;
const TOTAL_BYTES = 1_000_000;

/** Two hosts on one link, and a stream from the one to the other. */
function streaming(loss = 0) {
  const network = new Network({ seed: 3, core });
  const link = network.link("link", { loss });
  const a = new Host(network, "a", link, "2001:db8:1::a", "2001:db8:1::1");
  const b = new Host(network, "b", link, "2001:db8:1::b", "2001:db8:1::1");
  const receiver = new StreamReceiver(b, PORT);
  const sender = new StreamSender(a, { from: a.address, to: b.address, port: PORT, totalBytes: TOTAL_BYTES, windowSegments: 3 });
  return { network, receiver, sender };
}

describe("a stream", () => {
  it("tells each step of what arrives in order, and no octet twice", () => {
    const { network, receiver, sender } = streaming(0.1);
    const steps: number[] = [];
    receiver.onProgress = (bytes) => steps.push(bytes);
    expect(network.runUntil(() => sender.done, 600_000)).toBe(true);
    expect(steps.reduce((sum, bytes) => sum + bytes, 0)).toBe(TOTAL_BYTES);
    expect([receiver.receivedBytes, receiver.intact, receiver.hash]).toEqual([TOTAL_BYTES, true, sender.hash]);
    expect(sender.retransmissions).toBeGreaterThan(0);
  });

  it("that was stopped sends nothing any more, whatever is still acknowledged or lost", () => {
    for (const loss of [0, 0.3]) {
      const { network, sender } = streaming(loss);
      network.run(201.5); // segments and acknowledgements are on their way
      sender.stop();
      const { segmentsSent } = sender;
      expect(segmentsSent).toBeGreaterThan(3);
      network.run(10_000);
      expect(sender.segmentsSent).toBe(segmentsSent);
    }
  });
});
