/** Route optimisation as the mobile node drives it (RFC 6275 §5.2, §11.6, §11.7.2 – §11.7.4, §11.8). */
import { describe, expect, it } from "vitest";
import { RoutePolicy } from "../../core-as/abi/contract.ts";
import { Command } from "../../bindings/engine.ts";
import { setLink, shutdown } from "../../bindings/commands.ts";
import { parseAddress } from "../../bindings/address.ts";
import { readPeers } from "../../bindings/status.ts";
import { bindingUpdate, readTest, testInit } from "./correspondent-peer.ts";
import { Correspondent, type Message, World, homeAddressOption } from "./hand-made-correspondent.ts";
import { ACCESS, CAREOF, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, homeAgent } from "./harness.ts";
import { addresses, arrive, codec, echo } from "./network.ts";

const OTHER_CAREOF = "2001:db8:b::17";
const types = (messages: Message[]) => messages.map(({ type }) => type);

describe("a correspondent registration", () => {
  it("sends both tests in parallel, then a Binding Update (6275-8.5-9, 6275-8.5-10, 6275-11.6.1-1, 6275-11.6.1-3, 6275-11.6.1-4, 6275-11.6.2-9)", () => {
    const world = new World();
    world.talk();
    const [homeTest, careofTest, update] = world.peer.got;
    expect(types(world.peer.got)).toEqual(["HoTI", "CoTI", "BU"]);
    expect([homeTest.source, homeTest.destination]).toEqual([HOME_ADDRESS, CORRESPONDENT]);
    expect([careofTest.source, careofTest.destination]).toEqual([CAREOF, CORRESPONDENT]);
    expect(world.sent.filter(({ packet }) => packet[6] === 135).map(({ tunnelled }) => tunnelled)).toEqual([true, false]);
    // 6275-6.1.7-10, 6275-11.7.2-8, 6275-11.7.2-15, 6275-11.7.2-16, 6275-11.7.2-17: from the care-of address, with a Home Address option.
    expect([update.source, update.destination, update.home]).toEqual([CAREOF, CORRESPONDENT, HOME_ADDRESS]);
    // A, but not H, L, K, and the reserved bits zero (6275-6.1.7-3, 6275-6.1.7-5); Nonce Indices, then Binding Authorization Data.
    expect([update.flags, update.options, update.nonceIndices]).toEqual([0x8000, [4, 5], [5, 5]]);
    expect(world.peer.isAuthentic(update)).toBe(true);
    expect(world.status()).toMatchObject({ state: "Optimised", obstacle: "None", optimised: true, careofAddress: CAREOF, lastStatus: 0 });
  });

  it("sends the Home Test Init through a tunnel from the primary care-of address (6275-11.6.3-2)", () => {
    const world = new World();
    world.mobile.receive(0, echo(HOME_ADDRESS, CORRESPONDENT));
    const tunnelled = world.mobile.take().map(({ packet }) => packet).filter((packet) => packet[6] === 41 && packet[46] === 135);
    expect(tunnelled.map(addresses)).toEqual([[CAREOF, HOME_AGENT]]);
  });

  it("has zeros in the reserved fields of the Inits (6275-6.1.3-1, 6275-6.1.4-1)", () => {
    const world = new World();
    world.talk();
    for (const { packet } of world.peer.got.slice(0, 2)) expect([packet[43], packet[46], packet[47]]).toEqual([0, 0, 0]);
  });

  it("waits for the other test (6275-11.6.2-3, 6275-11.6.2-4, 6275-11.6.2-7, 6275-11.6.2-8)", () => {
    for (const silent of ["HoTI", "CoTI"] as const) {
      const world = new World();
      world.peer.silent.add(silent);
      world.talk();
      expect(world.status()).toMatchObject({ state: "Testing", obstacle: "InProgress", optimised: false });
      world.peer.silent.clear();
      world.pass(1100);
      // The test that was answered is not repeated.
      expect(types(world.peer.got)).toEqual(["HoTI", "CoTI", silent, "BU"]);
      expect(world.status()).toMatchObject({ state: "Optimised" });
    }
  });

  it("skips options of test messages that it does not know (6275-6.1.5-1, 6275-6.1.6-1)", () => {
    const world = new World();
    world.peer.silent = new Set(["HoTI", "CoTI"]);
    world.talk();
    const options = [{ name: "mobility-option-200", fields: { data: new Uint8Array(6) } }];
    for (const init of [...world.peer.got]) world.fromPeer(world.peer.test(init, { options }));
    world.run();
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });

  it("waits with the Binding Update for the home agent's acknowledgement (RFC 6275 §11.7.2)", () => {
    const world = new World();
    world.optimise();
    world.homeAgentAnswers = false;
    world.move();
    world.peer.got.length = 0;
    world.homeAgentAnswers = true;
    world.pass(5000);
    expect(world.peer.bindings.get(HOME_ADDRESS)?.careof).toBe(OTHER_CAREOF);
    expect(world.status()).toMatchObject({ state: "Optimised", careofAddress: OTHER_CAREOF });
  });

  it("asks for no more than 420 s, the configured lifetime and the home registration (6275-5.2.6-1, 6275-11.7.2-11, 6275-11.7.4-2)", () => {
    for (const [lifetimeMs, passMs, expected] of [[420_000, 0, 420], [100_000, 0, 100], [420_000, 400_000, 200]] as const) {
      const world = new World({ lifetimeMs });
      if (passMs) {
        world.homeAgentAnswers = false; // no refresh of 600 s at 450 s
        world.mobile.advance(passMs);
        world.agent.advance(passMs);
        world.homeAgentAnswers = true;
      }
      world.talk();
      expect(world.peer.got.at(-1)).toMatchObject({ type: "BU", lifetimeS: expected });
    }
    expect(() => new World({ lifetimeMs: 421_000 })).toThrow();
  });

  it("counts the lifetime from when the update was sent, and believes a shorter one (6275-11.7.3-7)", () => {
    const world = new World();
    world.peer.silent.add("BU");
    world.talk();
    const update = world.peer.got.at(-1)!;
    world.mobile.advance(800);
    world.fromPeer(world.peer.acknowledgement(update, { lifetimeS: 60 }));
    expect(world.status()!.remainingMs).toBe(60_000 - 800);
  });

  it("starts its sequence numbers at random and makes each greater (6275-11.7.2-18, 6275-11.7.2-19, 6275-11.7.2-20, 6275-11.8-8, 6275-11.1-4)", () => {
    const others = ["2001:db8:200::6", "2001:db8:200::7"].map((address) => new Correspondent(address));
    const world = new World({}, [new Correspondent(), ...others]);
    world.peers.forEach((peer) => peer.silent.add("BU"));
    world.peers.forEach((peer) => world.talk(56, peer.address));
    world.pass(3500);
    const sequences = world.peers.map((peer) => peer.got.filter(({ type }) => type === "BU").map(({ sequence }) => sequence!));
    for (const [first, second, third] of sequences) expect([second, third]).toEqual([(first + 1) & 0xffff, (first + 2) & 0xffff]);
    expect(new Set(sequences.map(([first]) => first)).size).toBe(3);
  });
});

describe("retransmission (RFC 6275 §11.8)", () => {
  it("doubles the time for each message of its own, with new cookies, and gives up after MAX_RO_FAILURE (6275-11.8-3, 6275-11.8-4, 6275-11.8-6, 6275-11.8-9, 6275-5.2.9-2, 6275-5.2.9-3)", () => {
    const world = new World({ retryMs: 60_000 });
    world.peer.silent = new Set(["HoTI"]);
    const start = world.mobile.now;
    const times: number[] = [];
    const receive = world.peer.receive.bind(world.peer);
    world.peer.receive = (packet) => {
      const answers = receive(packet);
      if (world.peer.got.at(-1)?.type === "HoTI" && packet[6] === 135 && packet[42] === 1) times.push(world.mobile.now - start);
      return answers;
    };
    world.talk();
    world.pass(6900, 100);
    expect(times).toEqual([0, 1000, 3000]);
    expect(new Set(world.peer.got.filter(({ type }) => type === "HoTI").map(({ cookie }) => cookie)).size).toBe(3);
    expect(types(world.peer.got).filter((type) => type === "CoTI")).toHaveLength(1);
    expect(world.status()).toMatchObject({ state: "Testing" });
    world.pass(200, 100);
    expect(world.status()).toMatchObject({ state: "Refused", obstacle: "NoAnswer", optimised: false });
    // Packets go by the tunnel, and nothing is asked until the hold-off ends (6275-11.3.5-2).
    const before = world.peer.got.length;
    for (let each = 0; each < 10; each++) world.talk();
    expect(world.peer.got).toHaveLength(before);
    expect(world.peer.payload).toHaveLength(11);
    world.pass(60_000, 1000);
    world.peer.silent.clear();
    world.talk();
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });

  it("gives new cookies to the Care-of Test Init as well, and records them (6275-11.6.1-5)", () => {
    const world = new World();
    world.peer.silent = new Set(["CoTI"]);
    world.talk();
    world.pass(3500);
    const inits = world.peer.got.filter(({ type }) => type === "CoTI");
    expect(new Set(inits.map(({ cookie }) => cookie)).size).toBe(3);
    world.fromPeer(world.peer.test(inits[0]));
    expect(world.status()).toMatchObject({ state: "Testing" });
    world.fromPeer(world.peer.test(inits[2]));
    world.run();
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });

  it("sends no more than three messages of a type in a second (6275-11.8-7)", () => {
    const world = new World();
    const times = new Map<string, number[]>();
    const receive = world.peer.receive.bind(world.peer);
    world.peer.receive = (packet) => {
      const count = world.peer.got.length;
      const answers = receive(packet);
      if (world.peer.got.length > count) times.set(world.peer.got.at(-1)!.type, [...times.get(world.peer.got.at(-1)!.type) ?? [], world.mobile.now]);
      return answers;
    };
    world.optimise();
    for (let each = 0; each < 12; each++) {
      world.move(each % 2 ? "2001:db8:a::" : "2001:db8:b::");
      world.pass(300, 50);
    }
    world.pass(5000);
    expect(times.get("CoTI")!.length).toBeGreaterThan(5);
    for (const list of times.values()) {
      for (let at = 3; at < list.length; at++) expect(list[at] - list[at - 3]).toBeGreaterThanOrEqual(1000);
    }
    expect(world.status()).toMatchObject({ state: "Optimised", careofAddress: CAREOF });
  });
});

describe("Binding Acknowledgements (RFC 6275 §11.7.3)", () => {
  it.each([[136, ["HoTI"]], [137, ["CoTI"]], [138, ["HoTI", "CoTI"]]] as const)("status %d: the tokens are fetched anew", (status, again) => {
    const world = new World();
    world.peer.statuses = [status];
    world.talk();
    expect(types(world.peer.got)).toEqual(["HoTI", "CoTI", "BU", ...again, "BU"]);
    expect(world.status()).toMatchObject({ state: "Optimised", lastStatus: 0 });
  });

  it("status 135: the next sequence number is above the peer's (6275-11.7.3-9)", () => {
    const world = new World();
    world.peer.bindings.set(HOME_ADDRESS, { careof: "2001:db8:c::1", sequence: 0, lifetimeS: 100 });
    world.peer.silent.add("BU");
    world.talk();
    const update = world.peer.got.at(-1)!;
    world.peer.bindings.get(HOME_ADDRESS)!.sequence = (update.sequence! + 300) & 0xffff;
    world.peer.silent.clear();
    world.fromPeer(world.peer.acknowledgement(update, { status: 135, sequence: (update.sequence! + 300) & 0xffff }));
    world.run();
    expect(world.peer.got.at(-1)!.sequence).toBe((update.sequence! + 301) & 0xffff);
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });

  it("too many corrections in a row are a refusal", () => {
    const world = new World();
    world.peer.statuses = Array(9).fill(138);
    world.talk();
    world.pass(5000);
    expect(world.status()).toMatchObject({ state: "Refused", obstacle: "RefusedByPeer" });
    expect(world.peer.got.filter(({ type }) => type === "BU")).toHaveLength(4);
  });

  it.each([128, 129, 130, 131, 134, 139, 174])("status %d: no more updates for a while (6275-11.7.3-5, 6275-11.7.3-12)", (status) => {
    const world = new World();
    world.peer.statuses = [status];
    world.talk();
    expect(world.status()).toMatchObject({ state: "Refused", obstacle: "RefusedByPeer", lastStatus: status, optimised: false });
    const count = world.peer.got.length;
    world.talk();
    world.pass(30_000, 5000);
    expect(world.peer.got).toHaveLength(count);
    world.pass(31_000, 1000);
    world.talk();
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });

  it("stops retransmitting when it is accepted (6275-11.7.3-6)", () => {
    const world = new World();
    world.optimise();
    world.pass(20_000, 1000);
    expect(world.peer.got).toHaveLength(3);
  });

  it("skips options that it does not know (6275-6.1.8-4)", () => {
    const world = new World();
    world.peer.silent.add("BU");
    world.talk();
    world.fromPeer(world.peer.acknowledgement(world.peer.got.at(-1)!, { options: [{ name: "mobility-option-200", fields: { data: new Uint8Array(6) } }] }));
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });

  it("ignores a Binding Refresh Advice of a correspondent (6275-11.7.3-13)", () => {
    const world = new World();
    world.peer.silent.add("BU");
    world.talk();
    const before = world.peer.got.at(-1)!;
    world.fromPeer(world.peer.acknowledgement(before, { options: [{ name: "binding-refresh-advice", fields: { refreshInterval: 5 } }] }));
    world.run();
    world.pass(100_000, 1000);
    for (let each = 0; each < 5; each++) world.talk();
    expect(world.peer.got.filter(({ type }) => type === "BU")).toHaveLength(1);
    expect(world.status()!.nextAttemptMs).toBeGreaterThan(150_000);
  });
});

describe("renewal", () => {
  it("renews a binding in use well before its end, and packets keep the direct way (6275-11.7.3-8, 6275-5.2.7-4)", () => {
    const world = new World();
    world.optimise();
    for (let second = 0; second < 420; second += 5) {
      world.talk();
      world.pass(5000);
      expect(world.status()!.optimised).toBe(true);
    }
    // The tokens of the first run are older than 210 s: both are fetched anew.
    expect(types(world.peer.got)).toEqual(["HoTI", "CoTI", "BU", "HoTI", "CoTI", "BU"]);
    expect(world.sent.filter(({ tunnelled, packet }) => tunnelled && packet[6] !== 135)).toEqual([]);
    expect(world.status()!.remainingMs).toBeGreaterThan(150_000);
  });

  it("uses tokens again within their life (6275-5.2.7-4)", () => {
    const world = new World({ lifetimeMs: 100_000 });
    world.optimise();
    for (let second = 0; second < 95; second += 5) {
      world.talk();
      world.pass(5000);
    }
    expect(types(world.peer.got)).toEqual(["HoTI", "CoTI", "BU", "BU"]);
  });

  it("lets a binding end that nobody uses; its entry ends as well (6275-11.1-3)", () => {
    const world = new World();
    world.optimise();
    world.pass(418_000, 2000);
    expect(world.status()).toMatchObject({ state: "Optimised" });
    world.pass(4000, 1000);
    expect(world.status()).toMatchObject({ state: "Tunnelled", obstacle: "LittleTraffic", remainingMs: 0, careofAddress: "::", optimised: false });
    expect(world.peer.got).toHaveLength(3);
  });

  it("renews when traffic begins again shortly before the end", () => {
    const world = new World();
    world.optimise();
    world.pass(390_000, 2000);
    world.talk();
    world.pass(25_000);
    expect(world.status()!.remainingMs).toBeGreaterThan(150_000); // as long as the home registration lasts
    expect(world.status()!.optimised).toBe(true);
  });

  it("reverts to the tunnel when renewal finds no answer (6275-5.2.9-2)", () => {
    const world = new World();
    world.optimise();
    world.peer.silent = new Set(["HoTI", "CoTI", "BU"]);
    for (let second = 0; second < 330; second += 5) {
      world.talk();
      world.pass(5000);
    }
    expect(world.status()).toMatchObject({ state: "Refused", obstacle: "NoAnswer", optimised: false });
    world.sent = [];
    world.talk();
    expect(world.sent.map(({ tunnelled }) => tunnelled)).toEqual([true]);
  });

  it("a Binding Refresh Request of a peer leads to tests and a new lifetime, whatever options it has (6275-6.1.2-2, 6275-11.7.4-1, 6275-11.7.4-2, 6275-11.7.4-3)", () => {
    for (const direct of [false, true]) {
      const world = new World();
      world.optimise();
      world.pass(250_000, 10_000);
      const before = world.status()!.sequence;
      world.fromPeer(codec.encode([
        { name: "ipv6", fields: { source: CORRESPONDENT, destination: direct ? CAREOF : HOME_ADDRESS } },
        ...(direct ? [{ name: "routing-type2", fields: { homeAddress: HOME_ADDRESS } }] : []),
        { name: "binding-refresh-request", options: [{ name: "mobility-option-200", fields: { data: new Uint8Array(4) } }] },
      ]));
      world.run();
      expect(types(world.peer.got).slice(3)).toEqual(["HoTI", "CoTI", "BU"]);
      expect(world.status()).toMatchObject({ state: "Optimised", sequence: (before + 1) & 0xffff });
      expect(world.status()!.remainingMs).toBeGreaterThan(340_000); // as long as the home registration
    }
  });
});

describe("movement", () => {
  it("tells each peer with a binding the new care-of address; the home token is used again (6275-11.7.2-1, 6275-5.2.7-4)", () => {
    const world = new World({}, [new Correspondent(), new Correspondent("2001:db8:200::6")]);
    world.peers.forEach((peer) => world.talk(56, peer.address));
    world.peers.forEach((peer) => { peer.got.length = 0; });
    world.move();
    for (const peer of world.peers) {
      expect(types(peer.got)).toEqual(["CoTI", "BU"]);
      expect(peer.got[0].source).toBe(OTHER_CAREOF);
      expect(peer.bindings.get(HOME_ADDRESS)!.careof).toBe(OTHER_CAREOF);
      expect(world.status(peer.address)).toMatchObject({ state: "Optimised", careofAddress: OTHER_CAREOF });
    }
  });

  it("sends packets by the tunnel until the new binding is acknowledged, and loses none", () => {
    const world = new World();
    world.optimise();
    world.peer.silent = new Set(["CoTI"]);
    world.move();
    world.sent = [];
    const before = world.peer.payload.length;
    for (let each = 0; each < 5; each++) world.talk();
    expect(world.sent.filter(({ packet }) => packet[6] === 58).map(({ tunnelled }) => tunnelled)).toEqual(Array(5).fill(true));
    world.peer.silent.clear();
    world.pass(1500);
    for (let each = 0; each < 5; each++) world.talk();
    expect(world.peer.payload).toHaveLength(before + 10);
    expect(world.sent.filter(({ packet }) => packet[6] === 60 && packet[40] === 58)).toHaveLength(5);
  });

  it("does not tell a peer that it only exchanged packets with", () => {
    const world = new World({ afterPackets: 3 });
    world.talk();
    world.move();
    expect(world.peer.got).toEqual([]);
  });

  it("a node without a home registration goes by the tunnel and says why", () => {
    const world = new World();
    world.optimise();
    setLink(world.mobile.engine, ACCESS, false, world.mobile.now);
    world.run();
    expect(world.status()).toMatchObject({ state: "Tunnelled", obstacle: "NotRegistered", optimised: false });
    expect(world.status()!.remainingMs).toBeGreaterThan(400_000); // the peer still has it
    arrive(world.mobile);
    world.run();
    expect(world.status()).toMatchObject({ state: "Optimised" });
  });
});

describe("when it begins (RFC 6275 §11.7.2)", () => {
  it("with enough packets of one peer within ten seconds, in both directions", () => {
    const world = new World({ afterPackets: 4 });
    world.talk();
    world.pass(11_000, 1000);
    world.talk();
    world.fromPeer(world.peer.send());
    world.talk();
    world.run();
    expect(world.peer.got).toEqual([]);
    world.fromPeer(world.peer.send());
    world.run();
    expect(world.status()).toMatchObject({ state: "Optimised", tunnelledIn: 2, tunnelledOut: 3 });
  });

  it("for the home address and the peer of the inner packet, for its home address where it names one (6275-11.7.2-4, 6275-11.7.2-5, 6275-5.2.9-1)", () => {
    const peerCareof = "2001:db8:c::5";
    const world = new World({}, [new Correspondent(), new Correspondent(peerCareof)]);
    const payload = codec.encode([
      { name: "ipv6", fields: { source: peerCareof, destination: HOME_ADDRESS } }, homeAddressOption(CORRESPONDENT), { name: "echo-request" },
    ]);
    world.fromPeer(payload); // no binding of it here: refused, and no traffic (RFC 6275 §9.3.1)
    world.run();
    expect(readPeers(world.mobile.engine)).toEqual([]);
    // The peer, mobile itself, binds its care-of address here, and sends by the direct way.
    const answer = (kind: "home" | "careof", source: string) => {
      world.fromPeer(testInit(kind, source, { destination: HOME_ADDRESS }));
      world.run();
      return readTest(world.peers.find(({ address }) => address === source)!.payload.at(-1)!);
    };
    const tokens = { homeToken: answer("home", CORRESPONDENT), careofToken: answer("careof", peerCareof) };
    world.fromPeer(bindingUpdate({ source: peerCareof, destination: HOME_ADDRESS, home: CORRESPONDENT, ...tokens }));
    world.fromPeer(payload);
    world.run();
    expect(readPeers(world.mobile.engine)).toMatchObject([{ address: CORRESPONDENT, tunnelledIn: 1 }]);
    expect(world.peer.got.map(({ destination }) => destination)).toContain(CORRESPONDENT);
    expect(world.peers[1].got).toEqual([]); // not its care-of address
  });

  it("not with mobility messages", () => {
    const world = new World();
    world.fromPeer(world.peer.test({ type: "HoTI", packet: new Uint8Array(), source: HOME_ADDRESS, destination: CORRESPONDENT, cookie: 1n, options: [] }));
    world.run();
    expect(readPeers(world.mobile.engine)).toEqual([]);
  });

  it("as the longest rule says: never, automatic, always (6275-8.5-15, 6275-11.7.2-6)", () => {
    const rules = [
      { prefix: parseAddress("2001:db8:200::"), length: 48, policy: "never" as const },
      { prefix: parseAddress("2001:db8:200::6"), length: 128, policy: "always" as const },
      { prefix: parseAddress("2001:db8:200::4"), length: 126, policy: "automatic" as const },
      { prefix: parseAddress("::"), length: 0, policy: "always" as const },
    ];
    const peers = ["2001:db8:200::9", "2001:db8:200::6", "2001:db8:200::5", "2001:db8:300::1"].map((address) => new Correspondent(address));
    const world = new World({ afterPackets: 2, policy: "never", rules }, peers);
    peers.forEach((peer) => world.talk(56, peer.address));
    expect(peers.map((peer) => world.status(peer.address)!.state)).toEqual(["Tunnelled", "Optimised", "Tunnelled", "Optimised"]);
    expect(world.status("2001:db8:200::9")).toMatchObject({ obstacle: "Policy" });
    world.talk(56, "2001:db8:200::5");
    expect(world.status("2001:db8:200::5")).toMatchObject({ state: "Optimised" });
  });

  it("a changed policy ends bindings with a lifetime of zero and the home token alone (6275-6.1.7-12, 6275-11.7.2-13, 6275-11.7.2-14)", () => {
    const world = new World();
    world.optimise();
    world.configure({ policy: "never" });
    world.sent = [];
    world.run();
    const removal = world.peer.got.at(-1)!;
    expect(removal).toMatchObject({ type: "BU", lifetimeS: 0, nonceIndices: [5, 0], source: CAREOF, home: HOME_ADDRESS });
    expect(world.peer.isAuthentic(removal)).toBe(true);
    expect(world.peer.bindings.size).toBe(0);
    expect(world.status()).toMatchObject({ state: "Tunnelled", obstacle: "Policy", remainingMs: 0 });
    world.talk();
    expect(world.sent.at(-1)!.tunnelled).toBe(true);
  });

  it("a removal fetches the home token first when it has grown old", () => {
    const world = new World();
    world.optimise();
    world.pass(250_000, 10_000);
    world.peer.got.length = 0;
    world.configure({ policy: "never" });
    world.run();
    expect(types(world.peer.got)).toEqual(["HoTI", "BU"]);
    expect(world.peer.bindings.size).toBe(0);
  });

  it("shutdown ends the bindings whose home token is at hand", () => {
    const world = new World();
    world.optimise();
    shutdown(world.mobile.engine, world.mobile.now);
    world.run();
    expect(world.peer.got.at(-1)).toMatchObject({ type: "BU", lifetimeS: 0 });
    expect(world.peer.bindings.size).toBe(0);
  });

  it("nothing happens before it is configured, and nothing with a policy of never", () => {
    const world = new World({ policy: "never" });
    world.talk();
    expect(readPeers(world.mobile.engine)).toEqual([]);
  });

  it("refuses a configuration that makes no sense", () => {
    for (const wrong of [{ lifetimeMs: 3999 }, { lifetimeMs: NaN }, { retryMs: 0 }, { afterPackets: 0 }, { rules: [{ prefix: parseAddress("::"), length: 129, policy: "never" as const }] }]) {
      expect(() => new World(wrong)).toThrow();
    }
    const agent = homeAgent();
    expect(agent.engine.exports.command(Command.RouteOptimisation, 64, agent.now)).not.toBe(0);
    expect(RoutePolicy.Always).toBe(2);
  });
});

describe("a full table", () => {
  it("replaces the least recently active peer without a binding; strangers cannot push out one with a binding", () => {
    const world = new World({ afterPackets: 3 });
    for (let each = 0; each < 3; each++) world.talk();
    expect(world.status()).toMatchObject({ state: "Optimised" });
    for (let stranger = 1; stranger <= 200; stranger++) {
      world.fromPeer(echo(`2001:db8:300::${stranger.toString(16)}`, HOME_ADDRESS));
      world.run();
    }
    expect(readPeers(world.mobile.engine)).toHaveLength(64);
    expect(world.status()).toMatchObject({ state: "Optimised" });
    const strangers = readPeers(world.mobile.engine).map(({ address }) => address).filter((address) => address !== CORRESPONDENT);
    expect(strangers).toContain("2001:db8:300::c8");
    expect(strangers).not.toContain("2001:db8:300::1");
  });

  it("does not ask many strangers at once", () => {
    const world = new World();
    for (let stranger = 1; stranger <= 60; stranger++) world.fromPeer(echo(`2001:db8:300::${stranger.toString(16)}`, HOME_ADDRESS));
    expect(readPeers(world.mobile.engine).filter(({ state }) => state === "Testing")).toHaveLength(16);
  });
});
