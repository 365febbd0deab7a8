import { describe, expect, it } from "vitest";
import { readBindings, readRefusals } from "../../bindings/status.ts";
import { HOME_ADDRESS, TUNNEL, hex } from "./harness.ts";
import { DualNetwork, PRIVATE_IPV4, PUBLIC_IPV4 } from "./dual-stack.ts";
import { codec } from "./network.ts";
import { parseAnyAddress } from "../../bindings/address.ts";

/** A mobile node in an IPv4-only network. */
function onIpv4(options: ConstructorParameters<typeof DualNetwork>[0] & { nat?: boolean; mappingMs?: number; address?: string } = {}) {
  const network = new DualNetwork(options);
  if (options.nat) network.useNat(options.mappingMs);
  network.linkUp();
  network.ipv4(options.address ?? (options.nat ? PRIVATE_IPV4 : PUBLIC_IPV4));
  network.pump();
  return network;
}

describe("a mobile node in an IPv4 network", () => {
  it("registers by UDP and tunnels in IPv4 where there is no NAT", () => {
    const network = onIpv4();
    expect(readRefusals(network.mobile.engine)).toEqual([]);
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: PUBLIC_IPV4, encapsulation: "Ipv4", nat: "None" });
    expect(readBindings(network.agent.engine)).toMatchObject([{ homeAddress: HOME_ADDRESS, careofAddress: PUBLIC_IPV4, encapsulation: "Ipv4" }]);
    expect(network.carries()).toBe(true);
    network.advance(5000);
    expect(network.update).toMatchObject({ encapsulation: "Ipv4" });
  });

  it("registers by UDP and tunnels by UDP behind a NAT", () => {
    const network = onIpv4({ nat: true });
    expect(network.update).toMatchObject({ state: "Registered", careofAddress: PRIVATE_IPV4, encapsulation: "UdpIpv4", nat: "Nat", obstacle: "Nat", keepaliveS: 25 });
    expect(network.carries()).toBe(true);
  });
});
