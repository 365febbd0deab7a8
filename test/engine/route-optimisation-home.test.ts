/** What becomes of optimised routes when the mobile node comes home (RFC 6275 §11.5.5, §11.6.1, §11.7.2). */
import { describe, expect, it } from "vitest";
import { setLink } from "../../bindings/commands.ts";
import { World } from "./hand-made-correspondent.ts";
import { ACCESS, CORRESPONDENT, HOME_ADDRESS } from "./harness.ts";
import { comeHome, state } from "./home-side-link.ts";
import { addresses, arrive } from "./network.ts";

/** The node comes to its home link; packets to its home address reach it there. */
function home(world: World): void {
  setLink(world.mobile.engine, ACCESS, false, world.mobile.now);
  world.peer.got.length = 0;
  world.sent = [];
  world.reachable.add(HOME_ADDRESS);
  comeHome(world.mobile);
  world.run();
  world.pass(3000);
  expect(state(world.mobile)).toBe("AtHome");
}

describe("at home", () => {
  it("the binding is ended from the home address with the home token alone (6275-11.7.2-13, 6275-11.7.2-14, 6275-11.7.2-17)", () => {
    const world = new World();
    world.optimise();
    home(world);
    expect(world.peer.got).toHaveLength(1);
    const [removal] = world.peer.got;
    expect(removal).toMatchObject({ type: "BU", source: HOME_ADDRESS, destination: CORRESPONDENT, lifetimeS: 0, nonceIndices: [5, 0] });
    expect(removal.home).toBeUndefined();
    expect(world.peer.isAuthentic(removal)).toBe(true);
    expect(world.peer.bindings.size).toBe(0);
    expect(world.status()).toMatchObject({ state: "Tunnelled", obstacle: "AtHome", optimised: false, remainingMs: 0, careofAddress: "::" });
  });

  it("a Home Test Init alone comes before it when the token is old, and goes by the home link (RFC 6275 §11.6.1)", () => {
    const world = new World();
    world.optimise();
    world.pass(230_000, 10_000);
    home(world);
    expect(world.peer.got.map(({ type, source }) => [type, source])).toEqual([["HoTI", HOME_ADDRESS], ["BU", HOME_ADDRESS]]);
    expect(world.sent.every(({ tunnelled }) => !tunnelled)).toBe(true);
    expect(world.peer.bindings.size).toBe(0);
  });

  it("a peer that does not answer is asked no more than MAX_RO_FAILURE times", () => {
    const world = new World();
    world.optimise();
    world.peer.silent.add("BU");
    home(world);
    world.pass(20_000);
    expect(world.peer.got).toHaveLength(3);
    expect(world.status()).toMatchObject({ state: "Tunnelled", obstacle: "AtHome" });
  });

  it("away again, the peer gets a binding when there is traffic", () => {
    const world = new World();
    world.optimise();
    home(world);
    setLink(world.mobile.engine, ACCESS, false, world.mobile.now);
    world.reachable.delete(HOME_ADDRESS);
    arrive(world.mobile, "2001:db8:b::");
    world.run();
    world.talk();
    expect(world.status()).toMatchObject({ state: "Optimised", careofAddress: "2001:db8:b::17" });
    expect(addresses(world.sent.at(-1)!.packet)[0]).toBe("2001:db8:b::17");
  });
});
