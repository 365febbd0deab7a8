/** Messages of RFC 5555 written by hand from its sections; MAC and checksums were computed by other programs. */
import { describe, expect, it } from "vitest";
import { formatAnyAddress, parseAnyAddress } from "../../bindings/address.ts";
import { type Layer, valuesByName } from "../../bindings/codec.ts";
import { readBindings } from "../../bindings/status.ts";
import { ACCESS, HOME_ADDRESS, hex } from "./harness.ts";
import { NAT, NAT_PORT, dualStackAgent, giveIpv4 } from "./messages-ipv4.ts";
import { codec } from "./network.ts";

const octets = (text: string) => Uint8Array.from(Buffer.from(text.replace(/#.*$/gm, "").replace(/\s/g, ""), "hex"));

/** A Binding Update from 10.0.0.17 behind a NAT, as it leaves the mobile node (RFC 5555 §4.2: IPv4, UDP, IPv6, Mobility Header). */
const UPDATE = `
  45 00 0094 0000 4000 40 11 6e47   # IPv4 (RFC 791 §3.1): 148 octets, DF, TTL 64, UDP
  0a000011                          # source: the IPv4 care-of address (§4.1)
  c0000201                          # destination: the home agent's IPv4 address
  c350 105f 0080 7872               # UDP to port 4191 (§4.1), 128 octets
  60000000 0050 87 40               # IPv6 (RFC 8200 §3): 80 octets, Mobility Header
  20010db8010000000000000000000017  # source: the home address (§4.2)
  20010db8010000000000000000000001  # destination: the home agent's IPv6 address
  3b 09 05 00 e13d                  # no next header, 10 units of 8 octets, type 5 (RFC 6275 §6.1.7), checksum
  0064                              # sequence number 100
  c0 00                             # A and H; F of §3.1.3 would be 01
  0096                              # 600 s in units of 4 s
  20 06 0000 0a000011               # §3.1.2: type 32, length 6, reserved, IPv4 care-of address
  1d 06                             # §3.1.1: type 29, length 6
  80 00                             #   prefix length 32 in the upper six bits, P clear, reserved
  c00002c8                          #   IPv4 home address 192.0.2.200
  08 12 01 6361723137406578616d706c652e6f7267  # RFC 4283 §3: car17@example.org
  01 00 0a 08 ed00378100000000      # RFC 4285 §6: at 8n + 2, one second into 2026
  00 09 11 01 0000012c              # RFC 4285 §5: at 4n + 1, SPI 300
  b13d7a2aa432695f545396d6`;

/** What the home agent answers, as it leaves it, for the NAT's address and port. */
const ACKNOWLEDGEMENT = `
  45 00 0094 0000 4000 40 11 4e1b
  c0000201 c6336409                 # to where the update came from (§4.2)
  105f 9c40 0080 7f56               # from port 4191 to the NAT's port 40000
  60000000 0050 87 40
  20010db8010000000000000000000001
  20010db8010000000000000000000017  # to the home address, without a routing header (§4.2)
  3b 09 06 00 8195                  # type 6 (RFC 6275 §6.1.8)
  00 00 0064 0096                   # accepted, sequence number 100, 600 s
  1e 06 00                          # §3.2.1: type 30, length 6, status 0 (success)
  80                                #   prefix length 32 in the upper six bits, reserved
  c00002c8                          #   IPv4 home address 192.0.2.200
  1f 06                             # §3.2.2: type 31, length 6
  8000                              #   F: UDP encapsulation is required; reserved
  00000019                          #   refresh time 25 s
  08 12 01 6361723137406578616d706c652e6f7267
  01 00 0a 08 ed00378100000000
  00 09 11 01 0000012c
  9a288b5955bd065a3bbe8eed`;

const OUTER_BYTES = 28;
const option = (layers: readonly Layer[], name: string) => {
  const found = layers.at(-1)!.options.filter((each) => each.name === name);
  expect(found).toHaveLength(1);
  return valuesByName(found[0].fields);
};

describe("a registration behind a NAT, octet by octet", () => {
  it("is a Binding Update with options 32 and 29 to the codec (5555-3.1.1-1, 5555-4.2-3)", () => {
    const layers = codec.dissect(octets(UPDATE));
    expect(layers.map(({ name, problem, checksum }) => [name, problem, checksum])).toEqual([
      ["ipv4", undefined, "good"], ["udp", undefined, "good"], ["ipv6", undefined, undefined], ["binding-update", undefined, "good"],
    ]);
    expect(valuesByName(layers[3].fields)).toMatchObject({
      sequence: 100, acknowledge: true, homeRegistration: true, forceUdpEncapsulation: false, lifetime: 150,
    });
    expect(option(layers, "ipv4-careof-address")).toMatchObject({ type: 32, length: 6, careofAddress: "10.0.0.17" });
    expect(option(layers, "ipv4-home-address")).toMatchObject({ type: 29, length: 6, prefixLength: 32, requestPrefix: false, address: "192.0.2.200" });
  });

  it("is an acknowledgement with options 30 and 31 to the codec (5555-3.2.2-1)", () => {
    const layers = codec.dissect(octets(ACKNOWLEDGEMENT));
    expect(layers.map(({ name, problem, checksum }) => [name, problem, checksum])).toEqual([
      ["ipv4", undefined, "good"], ["udp", undefined, "good"], ["ipv6", undefined, undefined], ["binding-acknowledgement", undefined, "good"],
    ]);
    expect(option(layers, "ipv4-address-acknowledgement")).toMatchObject({ type: 30, length: 6, status: 0, prefixLength: 32, address: "192.0.2.200" });
    expect(option(layers, "nat-detection")).toMatchObject({ type: 31, length: 6, udpEncapsulationRequired: true, refreshTime: 25 });
  });

  it("is believed and answered by the home agent with just these octets (5555-4.2-2, 5555-4.5-1)", () => {
    const agent = dualStackAgent();
    giveIpv4(agent, HOME_ADDRESS, "192.0.2.200");
    agent.engine.receiveDatagrams(agent.now, ACCESS, octets(UPDATE).subarray(OUTER_BYTES), { address: parseAnyAddress(NAT), port: NAT_PORT });
    const [{ payload, address, port }] = agent.datagrams;
    expect(hex(payload)).toBe(hex(octets(ACKNOWLEDGEMENT).subarray(OUTER_BYTES)));
    expect([formatAnyAddress(address), port]).toEqual([NAT, NAT_PORT]);
    expect(readBindings(agent.engine)).toMatchObject([{
      homeAddress: HOME_ADDRESS, careofAddress: NAT, port: NAT_PORT, encapsulation: "UdpIpv4", ipv4HomeAddress: "192.0.2.200", nat: true,
    }]);
  });

  it("is written by the codec with just these octets", () => {
    for (const text of [UPDATE, ACKNOWLEDGEMENT]) {
      const written = codec.dissect(octets(text)).map(({ name, fields, options }) => {
        const { checksum, length, totalLength, payloadLength, ...given } = valuesByName(fields);
        expect([checksum, length, totalLength, payloadLength].some((value) => value !== undefined)).toBe(true);
        return { name, fields: given, options: options.map((each) => ({ name: each.name, fields: valuesByName(each.fields) })) };
      });
      expect(hex(codec.encode(written))).toBe(hex(octets(text)));
    }
  });
});
