/** Echo requests that a node without a stack answers, and what it does not. */
import { describe, expect, it } from "vitest";
import { answerEcho } from "../../platforms/portable/echo.ts";
import { passRouter } from "../../platforms/portable/packets.ts";
import { codec, echoRequest } from "./bed.ts";

const SOURCE = "2001:db8:1::1";
const OWN = "2001:db8:100::1";
const all = () => true;

/** The layers of a packet, in which nothing is wrong. */
function read(packet: Uint8Array) {
  const layers = codec.dissect(packet);
  for (const { checksum, problem } of layers) {
    expect(problem).toBeUndefined();
    expect(checksum).not.toBe("bad");
  }
  return layers.map(({ name, fields }) => ({ name, ...Object.fromEntries(fields.map((field) => [field.name, field.value])) }));
}

describe("an echo request", () => {
  it.each([[SOURCE, OWN, "echo-reply"], ["192.0.2.1", "192.0.2.9", "icmpv4-echo-reply"]])("from %s is answered, with good checksums", (source, own, name) => {
    for (let sequence = 0; sequence < 300; sequence++) {
      const request = echoRequest(source, own, sequence);
      const [ip, echo] = read(answerEcho(request, all)!);
      expect(ip).toMatchObject({ source: own, destination: source });
      expect(echo).toMatchObject({ name, identifier: 7, sequence });
    }
  });

  const request = () => echoRequest(SOURCE, OWN);
  const ipv4 = () => echoRequest("192.0.2.1", "192.0.2.9");
  it.each<[string, () => Uint8Array, (packet: Uint8Array) => void]>([
    ["an answer", request, (packet) => { packet[40] = 129; }],
    ["another code", request, (packet) => { packet[41] = 1; }],
    ["behind an extension header", request, (packet) => { packet[6] = 60; }],
    ["from a group", request, (packet) => { packet[8] = 0xff; }],
    ["a length beyond its end", request, (packet) => { packet[5] = 200; }],
    ["a length below that of an echo", request, (packet) => { packet[5] = 4; }],
    ["an IPv4 fragment", ipv4, (packet) => { packet[6] = 0x20; }],
    ["IPv4 options", ipv4, (packet) => { packet[0] = 0x46; }],
    ["an IPv4 length beyond its end", ipv4, (packet) => { packet[2] = 9; }],
    ["another version", ipv4, (packet) => { packet[0] = 0x55; }],
  ])("with %s is not", (_, make, change) => {
    const packet = make();
    change(packet);
    expect(answerEcho(packet, all)).toBeUndefined();
  });

  it("to somebody else, or that is cut off anywhere, is not", () => {
    expect(answerEcho(request(), () => false)).toBeUndefined();
    for (const whole of [request(), ipv4()]) {
      for (let length = 0; length < whole.length; length++) expect(answerEcho(whole.slice(0, length), all)).toBeUndefined();
    }
  });
});

describe("a router", () => {
  it.each([[SOURCE, OWN], ["192.0.2.1", "192.0.2.9"]])("takes one from the hop limit of a packet from %s", (source, own) => {
    for (let sequence = 0; sequence < 300; sequence++) {
      const packet = echoRequest(source, own, sequence);
      let hops = 0;
      while (passRouter(packet)) {
        hops++;
        read(packet);
      }
      expect(hops).toBe(63);
    }
  });
});
