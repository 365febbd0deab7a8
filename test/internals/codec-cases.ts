/** One packet of each kind that `encode` writes, for comparison with other tools. */
import type { LayerInput } from "../../bindings/codec.ts";
import { fromHex } from "./load-codec.ts";

/** A packet, and what tshark calls its fields. */
export interface Case {
  readonly name: string;
  readonly layers: readonly LayerInput[];
  /** What tshark is to say; numbers as it prints them. */
  readonly fields: Readonly<Record<string, string>>;
}

const IPV6: LayerInput = { name: "ipv6", fields: { source: "2001:db8:2::20", destination: "2001:db8:1::1" } };
const NEIGHBOUR: LayerInput = {
  name: "ipv6",
  fields: { source: "fe80::1", destination: "ff02::1", hopLimit: 255 },
};
const HOME_ADDRESS: LayerInput = {
  name: "destination-options",
  options: [{ name: "home-address", fields: { address: "2001:db8:1::10" } }],
};
const ROUTING: LayerInput = { name: "routing-type2", fields: { homeAddress: "2001:db8:1::10" } };
const HELLO: LayerInput = { name: "payload", fields: { data: fromHex("68656c6c6f21") } };

function update(...options: LayerInput[]): LayerInput[] {
  const fields = { sequence: 17, acknowledge: true, homeRegistration: true, lifetime: 105 };
  return [IPV6, HOME_ADDRESS, { name: "binding-update", fields, options }];
}

export const CASES: readonly Case[] = [
  {
    name: "binding-update",
    layers: update({ name: "alternate-careof-address", fields: { careofAddress: "2001:db8:2::20" } }),
    fields: {
      "mip6.mhtype": "5",
      "mip6.bu.seqnr": "17",
      "mip6.bu.a_flag": "1",
      "mip6.bu.h_flag": "1",
      "mip6.bu.k_flag": "0",
      "mip6.bu.lifetime": "105",
      "mip6.acoa.acoa": "2001:db8:2::20",
      "ipv6.opt.mipv6.home_address": "2001:db8:1::10",
    },
  },
  {
    name: "nonce indices and binding authorization data",
    layers: update(
      { name: "nonce-indices", fields: { homeNonceIndex: 3, careofNonceIndex: 4 } },
      { name: "binding-authorization-data", fields: { authenticator: fromHex("000102030405060708090a0b") } },
    ),
    fields: { "mip6.ni.hni": "3", "mip6.ni.cni": "4", "mip6.bad.auth": "000102030405060708090a0b" },
  },
  {
    name: "mobile network prefix",
    layers: update({ name: "mobile-network-prefix", fields: { prefix: "2001:db8:f::", prefixLength: 48 } }),
    fields: { "mip6.nemo.mnp.mnp": "2001:db8:f::", "mip6.nemo.mnp.pfl": "48" },
  },
  {
    name: "RFC 4283 and RFC 4285 options",
    layers: update(
      { name: "mobile-node-identifier", fields: { identifier: "mn@example.org" } },
      { name: "replay-protection", fields: { timestamp: 0xe000000080000000n } },
      {
        name: "mobility-message-authentication",
        fields: {
          subtype: 1,
          securityParametersIndex: 260,
          authenticationData: fromHex("000102030405060708090a0b"),
        },
      },
    ),
    fields: { "mip6.mnid.subtype": "1", "mip6.auth.subtype": "1", "mip6.auth.mobility_spi": "260" },
  },
  {
    name: "binding acknowledgement",
    layers: [
      IPV6,
      ROUTING,
      {
        name: "binding-acknowledgement",
        fields: { status: 135, sequence: 17, lifetime: 105, keyManagementMobility: true },
        options: [{ name: "binding-refresh-advice", fields: { refreshInterval: 20 } }],
      },
    ],
    fields: {
      "mip6.mhtype": "6",
      "mip6.ba.status": "135",
      "mip6.ba.seqnr": "17",
      "mip6.ba.lifetime": "105",
      "mip6.ba.k_flag": "1",
      "mip6.bra.interval": "20",
      "ipv6.routing.mipv6.home_address": "2001:db8:1::10",
    },
  },
  {
    name: "binding refresh request",
    layers: [IPV6, { name: "binding-refresh-request" }],
    fields: { "mip6.mhtype": "0" },
  },
  {
    name: "home test init",
    layers: [IPV6, { name: "home-test-init", fields: { homeInitCookie: 0x0102030405060708n } }],
    fields: { "mip6.mhtype": "1", "mip6.hoti.cookie": "0x0102030405060708" },
  },
  {
    name: "care-of test init",
    layers: [IPV6, { name: "careof-test-init", fields: { careofInitCookie: 0x1112131415161718n } }],
    fields: { "mip6.mhtype": "2", "mip6.coti.cookie": "0x1112131415161718" },
  },
  {
    name: "home test",
    layers: [
      IPV6,
      { name: "home-test", fields: { homeNonceIndex: 5, homeInitCookie: 6n, homeKeygenToken: 7n } },
    ],
    fields: {
      "mip6.mhtype": "3",
      "mip6.hot.nindex": "5",
      "mip6.hot.cookie": "0x0000000000000006",
      "mip6.hot.token": "0x0000000000000007",
    },
  },
  {
    name: "care-of test",
    layers: [
      IPV6,
      { name: "careof-test", fields: { careofNonceIndex: 5, careofInitCookie: 6n, careofKeygenToken: 7n } },
    ],
    fields: { "mip6.mhtype": "4", "mip6.cot.nindex": "5", "mip6.cot.cookie": "0x0000000000000006" },
  },
  {
    name: "binding error",
    layers: [IPV6, { name: "binding-error", fields: { status: 1, homeAddress: "2001:db8:1::10" } }],
    fields: { "mip6.mhtype": "7", "mip6.be.status": "1", "mip6.be.haddr": "2001:db8:1::10" },
  },
  {
    name: "router advertisement",
    layers: [
      NEIGHBOUR,
      {
        name: "router-advertisement",
        fields: { hopLimit: 64, homeAgent: true, routerLifetime: 1800 },
        options: [
          {
            name: "prefix-information",
            fields: {
              prefix: "2001:db8:1::1",
              onLink: true,
              autonomous: true,
              routerAddress: true,
              validLifetime: 3600,
            },
          },
          { name: "advertisement-interval", fields: { interval: 1000 } },
          { name: "source-link-layer-address", fields: { linkLayerAddress: "02:00:5e:00:53:01" } },
        ],
      },
    ],
    fields: {
      "icmpv6.type": "134",
      "icmpv6.nd.ra.router_lifetime": "1800",
      "icmpv6.nd.ra.flag.h": "1",
      "icmpv6.opt.prefix": "2001:db8:1::1",
      "icmpv6.opt.prefix.length": "64",
      "icmpv6.opt.advertisement_interval": "1000",
      "icmpv6.opt.linkaddr": "02:00:5e:00:53:01",
      "icmpv6.checksum.status": "1",
    },
  },
  {
    name: "neighbour solicitation",
    layers: [
      NEIGHBOUR,
      {
        name: "neighbour-solicitation",
        fields: { target: "2001:db8:1::10" },
        options: [{ name: "source-link-layer-address", fields: { linkLayerAddress: "02:00:5e:00:53:01" } }],
      },
    ],
    fields: {
      "icmpv6.type": "135",
      "icmpv6.nd.ns.target_address": "2001:db8:1::10",
      "icmpv6.checksum.status": "1",
    },
  },
  {
    name: "neighbour advertisement",
    layers: [
      NEIGHBOUR,
      {
        name: "neighbour-advertisement",
        fields: { target: "2001:db8:1::10", override: true },
        options: [{ name: "target-link-layer-address", fields: { linkLayerAddress: "02:00:5e:00:53:01" } }],
      },
    ],
    fields: { "icmpv6.type": "136", "icmpv6.nd.na.flag.o": "1", "icmpv6.checksum.status": "1" },
  },
  {
    name: "home agent address discovery reply",
    layers: [
      IPV6,
      {
        name: "home-agent-address-discovery-reply",
        fields: { identifier: 42, address: ["2001:db8:1::1", "2001:db8:1::2"] },
      },
    ],
    fields: {
      "icmpv6.type": "145",
      "icmpv6.mip6.home_agent_address": "2001:db8:1::1",
      "icmpv6.checksum.status": "1",
    },
  },
  {
    name: "mobile prefix advertisement",
    layers: [
      IPV6,
      ROUTING,
      {
        name: "mobile-prefix-advertisement",
        fields: { identifier: 9, managedAddressConfiguration: true },
        options: [{ name: "prefix-information", fields: { prefix: "2001:db8:1::1" } }],
      },
    ],
    fields: { "icmpv6.type": "147", "icmpv6.mip6.identifier": "9", "icmpv6.checksum.status": "1" },
  },
  {
    name: "echo in a tunnel",
    layers: [
      IPV6,
      { name: "ipv6", fields: { source: "2001:db8:1::10", destination: "2001:db8:3::30" } },
      { name: "echo-request", fields: { identifier: 1, sequence: 2 } },
      HELLO,
    ],
    fields: { "icmpv6.type": "128", "icmpv6.checksum.status": "1" },
  },
  {
    name: "parameter problem",
    layers: [
      IPV6,
      { name: "parameter-problem", fields: { code: 2, pointer: 46 } },
      IPV6,
      HOME_ADDRESS,
      { name: "binding-refresh-request" },
    ],
    fields: { "icmpv6.type": "4", "icmpv6.code": "2", "icmpv6.pointer": "46", "icmpv6.checksum.status": "1" },
  },
  {
    name: "UDP with home addresses of both sides",
    layers: [
      IPV6,
      ROUTING,
      { ...HOME_ADDRESS, options: [{ name: "home-address", fields: { address: "2001:db8:3::30" } }] },
      { name: "udp", fields: { sourcePort: 1000, destinationPort: 2000 } },
      HELLO,
    ],
    fields: { "udp.srcport": "1000", "udp.length": "14" },
  },
];
