import { describe, expect, it } from "vitest";
import { finishChecksum } from "../../../platforms/linux/system/partial-checksum.ts";
import { ipv6, MOBILITY, type Part, upperLayer } from "./packets.ts";
import { LEFT, RIGHT } from "./testbed.ts";

const AT = 8;
const UDP = 17;
const TCP = 6;

/** The checksum that the packet has when it was left to us, and finished. */
function finished(protocol: number, bytes: Uint8Array, checksumOffset: number): [number, number] {
  const right: Part = upperLayer(LEFT, RIGHT, protocol, bytes, checksumOffset);
  const packet = ipv6(LEFT, RIGHT, right);
  const memory = new DataView(new ArrayBuffer(AT + packet.length + 8));
  new Uint8Array(memory.buffer).fill(0xee).set(packet, AT);
  const expected = memory.getUint16(AT + 40 + checksumOffset);
  // what a kernel leaves there: the sum over the pseudo-header
  const empty = Buffer.from(bytes).fill(0);
  const pseudo = Buffer.from(upperLayer(LEFT, RIGHT, protocol, empty, checksumOffset).bytes).readUInt16BE(checksumOffset);
  memory.setUint16(AT + 40 + checksumOffset, ~pseudo & 0xffff);
  finishChecksum(memory, AT, packet.length);
  return [memory.getUint16(AT + 40 + checksumOffset), expected];
}

describe("a checksum that was left to a network card", () => {
  const octets = Uint8Array.from({ length: 40 }, (_, index) => index * 37);

  it.each([[UDP, 6, 40], [UDP, 6, 39], [UDP, 6, 8], [TCP, 16, 40], [TCP, 16, 21]])(
    "is finished: protocol %i, checksum at %i, %i octets", (protocol, checksumOffset, length) => {
      const header = octets.slice(0, length).fill(0, checksumOffset, checksumOffset + 2);
      const [found, expected] = finished(protocol, header, checksumOffset);
      expect(found).toBe(expected);
    });

  it.each([[MOBILITY, 40], [UDP, 7], [TCP, 17]])("is nobody's: protocol %i with %i octets", (protocol, length) => {
    const packet = ipv6(LEFT, RIGHT, { protocol, bytes: octets.slice(0, length) });
    const memory = new DataView(Uint8Array.from(packet).buffer);
    finishChecksum(memory, 0, packet.length);
    expect(new Uint8Array(memory.buffer)).toEqual(Uint8Array.from(packet));
  });
});
