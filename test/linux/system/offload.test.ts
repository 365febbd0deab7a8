import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccessReceiver } from "../../../platforms/linux/system/access-receive.ts";
import type { AccessSender } from "../../../platforms/linux/system/access-send.ts";
import {
  receiveOffload, setReceiveOffload, setSegmentationOffload,
} from "../../../platforms/linux/system/offload.ts";
import { cannotRun, inside, ip, removeNamespaces } from "./namespace.ts";
import { ipv6, tunnelled, upperLayer } from "./packets.ts";
import { LEFT, RIGHT, type TestNode, twoNodes } from "./testbed.ts";

const TCP = 6;
const SEGMENTS = 8;
const DATA_BYTES = 1000;

/** Segment `index` of one TCP flow between two home addresses, in a tunnel. */
function segment(index: number): Uint8Array {
  const [source, destination] = ["2001:db8:1::1", "2001:db8:1::2"];
  const bytes = Buffer.alloc(20 + DATA_BYTES);
  bytes.writeUInt32BE(1 + index * DATA_BYTES, 4);
  bytes.writeUInt16BE(0x5010, 12); // five words of header, ACK
  const segment = upperLayer(source, destination, TCP, bytes, 16);
  return ipv6(LEFT, RIGHT, tunnelled(ipv6(source, destination, segment)));
}

describe.skipIf(cannotRun)(`receive offload${cannotRun ? ` (cannot run: ${cannotRun})` : ""}`, () => {
  let left: TestNode;
  let right: TestNode;
  let sender: AccessSender;
  let receiver: AccessReceiver;

  beforeAll(async () => {
    [left, right] = await twoNodes("offload");
    [sender, receiver] = [left.sender(), right.receiver()];
    // a virtual cable joins segments only if its sending end cannot take large ones and they wait a little
    inside(left.namespace, () => setSegmentationOffload("eth0", false));
    const settings = "echo 5000000 >gro_flush_timeout; echo 100 >napi_defer_hard_irqs";
    const queue = `cd /sys/class/net/eth0; ${settings}`;
    ip("netns", "exec", right.namespace, "sh", "-c", queue);
  });
  afterAll(() => {
    sender?.close();
    receiver?.close();
    removeNamespaces();
  });

  /** Sends the segments in one batch; returns the lengths in the headers of what arrives. */
  function arrivals(): { payloadBytes: number; truncated: boolean }[] {
    for (let index = 0; index < SEGMENTS; index++) {
      const packet = segment(index);
      const pointer = 64 + index * 2048;
      new Uint8Array(left.wasm.buffer).set(packet, pointer);
      sender.setPacket(index, pointer, packet.length);
    }
    expect(sender.send(SEGMENTS)).toBe(SEGMENTS);
    return right.receive(receiver).filter(({ bytes }) => bytes[6] === 41)
      .map(({ bytes, truncated }) => ({ payloadBytes: bytes.readUInt16BE(4), truncated }));
  }

  it("when on, joins what is inside the tunnel to a packet that no slot holds", () => {
    inside(right.namespace, () => setReceiveOffload("eth0", true));
    expect(inside(right.namespace, () => receiveOffload("eth0"))).toBe(true);
    expect(arrivals()).toEqual([{ payloadBytes: 40 + 20 + SEGMENTS * DATA_BYTES, truncated: true }]);
  });

  it("when off, leaves every packet as it was", () => {
    inside(right.namespace, () => setReceiveOffload("eth0", false));
    expect(inside(right.namespace, () => receiveOffload("eth0"))).toBe(false);
    const alone = { payloadBytes: 40 + 20 + DATA_BYTES, truncated: false };
    expect(arrivals()).toEqual(Array(SEGMENTS).fill(alone));
  });
});
