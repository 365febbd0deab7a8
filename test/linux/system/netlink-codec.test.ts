import { describe, expect, it } from "vitest";
import {
  addressBytes, addressText, prefixBytes, prefixText,
} from "../../../platforms/linux/system/address-text.ts";
import { SystemError, tolerate } from "../../../platforms/linux/system/errors.ts";
import {
  decodeAttributes, decodeMessages, NetlinkRequest,
} from "../../../platforms/linux/system/netlink-codec.ts";

const FIXED = Uint8Array.of(10, 0, 0, 0);

function request(): Buffer {
  const message = new NetlinkRequest(20, 4, FIXED);
  message.attribute(2, Uint8Array.of(1, 2, 3)).attribute32(8, 0x01020304).attribute8(9, undefined);
  return Buffer.from(message.encode(7));
}

describe("netlink messages", () => {
  it("are laid out as the kernel wants them", () => {
    // 36 bytes, type 20, request and acknowledge, sequence 7; the fixed part; two attributes
    expect(request().toString("hex")).toBe(
      "24000000" + "1400" + "0500" + "07000000" + "00000000" +
        "0a000000" + "07000200" + "01020300" + "08000800" + "04030201",
    );
  });

  it("are read back, several in one datagram", () => {
    const messages = [...decodeMessages(Buffer.concat([request(), request()]))];
    expect(messages).toHaveLength(2);
    expect(messages[1]).toMatchObject({ type: 20, flags: 5, sequence: 7 });
    const attributes = decodeAttributes(messages[1].payload, FIXED.length);
    expect(attributes.get(2)).toEqual(Buffer.of(1, 2, 3));
    expect(attributes.get(8)?.readUInt32LE()).toBe(0x01020304);
  });

  it("with lengths that cannot be end the reading and do no harm", () => {
    for (let cut = 0; cut < request().length; cut++) {
      expect([...decodeMessages(request().subarray(0, cut))]).toEqual([]);
    }
    for (const length of [0, 15, 37, 0xffffffff]) {
      const message = request();
      message.writeUInt32LE(length);
      expect([...decodeMessages(message)]).toEqual([]);
    }
    for (const length of [0, 3, 100]) {
      const message = request();
      message.writeUInt16LE(length, 20);
      const [{ payload }] = decodeMessages(message);
      expect(decodeAttributes(payload, FIXED.length).size).toBe(0);
    }
  });
});

describe("addresses of both families", () => {
  it.each(["2001:db8::1", "::", "192.0.2.1"])("%s keeps its text", (text) => {
    expect(addressText(addressBytes(text))).toBe(text);
  });

  it.each(["2001:db8::/32", "::/0", "192.0.2.0/24"])("%s keeps its text", (text) => {
    const { address, lengthBits } = prefixBytes(text);
    expect(prefixText(address, lengthBits)).toBe(text);
  });

  it("a bare address is a prefix of full length, and a length too long is refused", () => {
    expect([prefixBytes("2001:db8::1").lengthBits, prefixBytes("192.0.2.1").lengthBits]).toEqual([128, 32]);
    for (const text of ["192.0.2.0/33", "::/129", "::/x", "::/-1"]) {
      expect(() => prefixBytes(text)).toThrow(RangeError);
    }
  });
});

describe("system errors", () => {
  it("say what was tried, what happened and what to do", () => {
    const error = new SystemError("open /dev/net/tun", 2, "load the module", "the kernel's words");
    expect(error.message).toBe("open /dev/net/tun: ENOENT (the kernel's words); load the module");
    expect(error).toMatchObject({ code: "ENOENT", errno: 2, hint: "load the module" });
    expect(new SystemError("x", 11).code).toBe("EAGAIN");
    expect(new SystemError("x", 4095).message).toBe("x: errno 4095");
  });

  it("can be tolerated by their code, and only those", () => {
    const fail = (errno: number) => () => { throw new SystemError("x", errno); };
    expect(() => tolerate(["ENOENT"], fail(2))).not.toThrow();
    expect(() => tolerate(["ENOENT"], fail(1))).toThrow("EPERM");
  });
});
