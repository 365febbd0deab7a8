/** A peer that has lost its binding without a word, and those who only say so (RFC 6275 §11.3.6, §11.7.2). */
import { describe, expect, it } from "vitest";
import { Reason } from "../../core-as/abi/reasons.ts";
import { World } from "./hand-made-correspondent.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS } from "./harness.ts";
import { codec, echo } from "./network.ts";

const bindingError = codec.encode([
  { name: "ipv6", fields: { source: CORRESPONDENT, destination: CAREOF, hopLimit: 60 } },
  { name: "binding-error", fields: { status: 1, homeAddress: HOME_ADDRESS } },
]);

/** A peer with whom packets go and come by the direct way, now. */
function talking(): World {
  const world = new World();
  world.optimise();
  world.mobile.receive(ACCESS, world.peer.send());
  return world;
}

describe("a Binding Error while packets come by the direct way", () => {
  it("is believed when none comes for half a second: no session waits for long (6275-11.3.6-4)", () => {
    const world = talking();
    world.peer.bindings.clear();
    world.mobile.receive(ACCESS, bindingError);
    expect(world.mobile.refused(Reason.BindingErrorDoubted)).toBe(1);
    world.pass(400, 100);
    expect(world.status()).toMatchObject({ state: "Optimised", optimised: true });
    world.pass(200, 100);
    expect(world.status()).toMatchObject({ obstacle: "Lost", optimised: false });
    world.pass(6000);
    expect(world.status()).toMatchObject({ state: "Optimised", obstacle: "None" });
  });

  it("changes nothing while they go on coming, however often it is forged (6275-11.3.6-3)", () => {
    const world = talking();
    for (let each = 0; each < 50; each++) {
      world.mobile.receive(ACCESS, bindingError);
      world.mobile.receive(ACCESS, world.peer.send());
      world.pass(100, 100);
    }
    expect(world.status()).toMatchObject({ state: "Optimised", optimised: true });
    expect(world.mobile.refused(Reason.BindingErrorDoubted)).toBe(50);
  });
});

describe("packets of an optimised peer through the tunnel", () => {
  it("show that it has no binding, once the direct ones have ended", () => {
    const world = talking();
    world.peer.bindings.clear();
    world.fromPeer(echo(CORRESPONDENT, HOME_ADDRESS)); // one that was on its way
    expect(world.status()).toMatchObject({ state: "Optimised" });
    world.pass(2500);
    world.fromPeer(echo(CORRESPONDENT, HOME_ADDRESS));
    expect(world.status()).toMatchObject({ obstacle: "Lost", optimised: false });
    world.pass(6000);
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });

  it("mean nothing for a peer that never sends by the direct way", () => {
    const world = new World();
    world.optimise();
    world.pass(3000);
    for (let each = 0; each < 20; each++) {
      world.fromPeer(echo(CORRESPONDENT, HOME_ADDRESS));
      world.pass(3000);
    }
    expect(world.status()).toMatchObject({ state: "Optimised", optimised: true });
    expect(world.mobile.events.filter(({ name, fields }) => name === "PeerState" && fields.obstacle === "Lost")).toEqual([]);
  });
});

describe("errors that say that the peer does not know the Home Address option", () => {
  /** What the host of a peer answers to a direct packet, once mext has ended there. */
  const refusalOf = (packet: Uint8Array) => codec.encode([
    { name: "ipv6", fields: { source: CORRESPONDENT, destination: CAREOF, hopLimit: 60 } },
    { name: "parameter-problem", fields: { code: 2, pointer: 46 } }, { name: "payload", fields: { data: packet } },
  ]);

  function refusedPacket(world: World): Uint8Array {
    world.sent = [];
    world.talk();
    return world.sent[0].packet;
  }

  it("mean nothing when they come once, or at once, or while packets come (6275-11.3.5-5)", () => {
    const world = talking();
    const packet = refusedPacket(world);
    world.pass(3000);
    for (let each = 0; each < 20; each++) world.mobile.receive(ACCESS, refusalOf(packet));
    for (let second = 0; second < 10; second++) {
      world.mobile.receive(ACCESS, world.peer.send());
      world.mobile.receive(ACCESS, refusalOf(packet));
      world.pass(1000);
    }
    expect(world.status()).toMatchObject({ state: "Optimised", optimised: true });
  });

  it("are believed when they keep coming and nothing else does: a session waits for seconds, and no longer", () => {
    const world = talking();
    world.peer.silent = new Set(["HoTI", "CoTI"]);
    const packet = refusedPacket(world);
    world.pass(2500);
    for (let second = 0; second < 3; second++) {
      expect(world.status()).toMatchObject({ optimised: true });
      world.mobile.receive(ACCESS, refusalOf(packet));
      world.pass(1000);
    }
    expect(world.status()).toMatchObject({ optimised: false, obstacle: "Lost" });
    expect(world.mobile.refused(Reason.HomeAddressOptionRefused)).toBe(3);
  });
});
