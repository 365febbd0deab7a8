/** Binding Errors and ICMPv6 errors, from and to a mobile node: RFC 6275 §9.2, §9.3.3, §11.2, §11.3.5, §11.3.6. */
import type { LayerInput } from "../../../bindings/codec.ts";
import {
  anyOf, cutMobilityHeader, echo, encode, type Envelope, ipv6, type Matcher, message, routingHeader, type Seen,
} from "../packet.ts";
import { CORRESPONDENT, enter, HOME, HOME_AGENT, type MobileNodeScene, mobileNodeCase, VISITED } from "../scenes.ts";
import type { Case } from "../subject.ts";
import {
  ANY_TEST_INIT, awayCase, expectNotRegistered, INITIAL_BINDACK_TIMEOUT_FIRST_REG_MS, INITIAL_BINDACK_TIMEOUT_MS, optimise,
  OPTIMISING, S,
} from "./mobile-node-steps.ts";
import { STRANGER } from "./mobile-node-tests.ts";

const IPV6_BYTES = 40;
const ROUTING_BYTES = 24;
const ICMPV6 = 58;
/** A Mobility Header type that nobody has. */
const UNKNOWN_TYPE: LayerInput = { name: "mobility-message-99", fields: { rest: new Uint8Array(10) } };

// ---- messages that are wrong ----------------------------------------------------------------

/** An answer that the mobile node waits for, and what is waited for. */
interface Answer {
  readonly name: string;
  /** Octets before its Mobility Header, and before the packet that begins with the header a Parameter Problem points into. */
  readonly offset: number;
  readonly outer: number;
  /** What the checksum covers. */
  readonly source: string;
  readonly destination: string | undefined;
  /** How answers to it go back. */
  readonly envelope: (scene: MobileNodeScene) => Envelope;
  /** Lets it be asked for; returns the question. */
  ask(scene: MobileNodeScene): Promise<Seen>;
  make(scene: MobileNodeScene, question: Seen, payloadProto?: number): Uint8Array;
  /** The question comes again, this long after it. */
  again(scene: MobileNodeScene): Matcher;
  readonly timeoutMs: number;
}

const BINDING_ACKNOWLEDGEMENT: Answer = {
  name: "Binding Acknowledgement", offset: IPV6_BYTES + ROUTING_BYTES, outer: 0, source: HOME_AGENT, destination: HOME,
  envelope: () => ({ to: HOME_AGENT, homeAddress: null }),
  ask: async (scene) => {
    scene.homeAgent.acknowledges = undefined;
    await enter(scene, VISITED);
    return scene.homeAgent.lastUpdate!;
  },
  make: ({ homeAgent }, question, payloadProto) =>
    homeAgent.acknowledgement(question, payloadProto === undefined ? {} : { fields: { payloadProto } }),
  again: ({ homeAgent }) => homeAgent.isUpdate(), timeoutMs: INITIAL_BINDACK_TIMEOUT_FIRST_REG_MS,
};

const HOME_TEST: Answer = {
  name: "Home Test", offset: 2 * IPV6_BYTES, outer: IPV6_BYTES, source: CORRESPONDENT, destination: HOME,
  envelope: ({ homeAgent }) => ({
    from: HOME, to: CORRESPONDENT, homeAddress: null, tunnel: { from: homeAgent.careof, to: HOME_AGENT },
  }),
  ask: async (scene) => {
    scene.correspondent.answersHomeTest = false;
    return begin(scene, scene.correspondent.isHomeTestInit.bind(scene.correspondent));
  },
  make: ({ homeAgent, correspondent }, question, payloadProto) =>
    homeAgent.tunnelled(correspondent.homeTest(question, payloadProto === undefined ? {} : { payloadProto })),
  again: ({ correspondent }) => correspondent.isHomeTestInit(), timeoutMs: INITIAL_BINDACK_TIMEOUT_MS,
};

const CAREOF_TEST: Answer = {
  name: "Care-of Test", offset: IPV6_BYTES, outer: 0, source: CORRESPONDENT, destination: undefined,
  envelope: ({ homeAgent }) => ({ from: homeAgent.careof, to: CORRESPONDENT, homeAddress: null, tunnel: null }),
  ask: async (scene) => {
    scene.correspondent.answersCareofTest = false;
    return begin(scene, scene.correspondent.isCareofTestInit.bind(scene.correspondent));
  },
  make: ({ correspondent }, question, payloadProto) =>
    correspondent.careofTest(question, payloadProto === undefined ? {} : { payloadProto }),
  again: ({ correspondent }) => correspondent.isCareofTestInit(), timeoutMs: INITIAL_BINDACK_TIMEOUT_MS,
};

async function begin(scene: MobileNodeScene, isInit: () => Matcher): Promise<Seen> {
  await enter(scene, VISITED);
  await scene.correspondent.ping(scene.correspondent.isTunnelledReply());
  return scene.tester.expect(isInit());
}

function wrong(answer: Answer, payloadProto: string, headerLen: string, checksum: string): Case[] {
  const parameterProblem = (scene: MobileNodeScene, pointer: number) =>
    message("parameter-problem", { code: 0, pointer }, answer.envelope(scene));
  const problem = (id: string, title: string, octet: number, make: (scene: MobileNodeScene, question: Seen) => Uint8Array) =>
    mobileNodeCase(id, `${answer.name} ${title}: Parameter Problem`, async (scene) => {
      const question = await answer.ask(scene);
      await scene.tester.ask(make(scene, question), parameterProblem(scene, answer.offset - answer.outer + octet));
      await scene.tester.expect(answer.again(scene), 1.25 * answer.timeoutMs);
    }, OPTIMISING);
  return [
    problem(payloadProto, "before another header", 0, (scene, question) => answer.make(scene, question, ICMPV6)),
    problem(headerLen, "that is too short", 1, (scene, question) => {
      const packet = answer.make(scene, question);
      const inner = cutMobilityHeader(packet.subarray(answer.outer), answer.offset - answer.outer, answer.source, answer.destination);
      return answer.outer === 0 ? inner : tunnelledAgain(packet, inner);
    }),
    mobileNodeCase(checksum, `${answer.name} with a wrong checksum is ignored`, async (scene) => {
      const { tester } = scene;
      const question = await answer.ask(scene);
      const packet = answer.make(scene, question);
      packet[answer.offset + 4] ^= 0x55;
      await tester.askInVain(packet, anyOf(message("parameter-problem"), message("binding-error")), answer.timeoutMs / 2);
      const again = await tester.expect(answer.again(scene), answer.timeoutMs);
      tester.checkGap(question, again, answer.timeoutMs - 1, "it does not come early");
      if (answer === BINDING_ACKNOWLEDGEMENT) await expectNotRegistered(scene);
      else await tester.expectNone(scene.correspondent.isUpdate(), S);
    }, OPTIMISING),
  ];
}

/** The outer header of a packet around a shorter one. */
function tunnelledAgain(packet: Uint8Array, inner: Uint8Array): Uint8Array {
  const whole = Uint8Array.from([...packet.subarray(0, IPV6_BYTES), ...inner]);
  new DataView(whole.buffer).setUint16(4, inner.length);
  return whole;
}

/** A message of a type that nobody has is told, by the way that it came. */
function unknownType(id: string, title: string, make: (scene: MobileNodeScene) => Uint8Array, envelope: Answer["envelope"]): Case {
  return awayCase(id, title, async (scene) => {
    await scene.tester.ask(make(scene), message("binding-error", { status: 2 }, { route: null, ...envelope(scene) }));
  });
}

// ---- errors that come -----------------------------------------------------------------------

/** What the mobile node has said to its correspondent node when the error comes. */
type Said = "home-test-init" | "careof-test-init" | "binding-update";

/** The mobile node says it, and there is no answer. */
async function say({ tester, correspondent }: MobileNodeScene, said: Said): Promise<Seen> {
  correspondent.answersHomeTest = said === "binding-update";
  correspondent.answersCareofTest = said === "binding-update";
  correspondent.acknowledges = undefined;
  await correspondent.ping(correspondent.isTunnelledReply());
  if (said === "binding-update") return tester.expect(correspondent.isUpdate());
  return tester.expect(said === "home-test-init" ? correspondent.isHomeTestInit() : correspondent.isCareofTestInit());
}

/** An ICMPv6 error of the correspondent node, by the way of the packet that it is about. */
function errorAbout(
  { homeAgent, correspondent }: MobileNodeScene, seen: Seen, name: string, fields: Record<string, number>,
): Uint8Array {
  const invoking = (seen.inner ?? seen).packet;
  const error = [{ name, fields }, { name: "payload", fields: { data: invoking } }];
  const destination = (seen.inner ?? seen).source;
  if (seen.inner) return homeAgent.tunnelled([ipv6(correspondent.address, destination), ...error]);
  return encode(ipv6(correspondent.address, destination), ...error);
}

/** A Binding Error from the correspondent node, to the home address or the care-of address. */
function bindingError(
  { homeAgent, correspondent }: MobileNodeScene, status: number, homeAddress: string, to: string,
): Uint8Array {
  const error = [ipv6(correspondent.address, to), { name: "binding-error", fields: { status, homeAddress } }];
  return to === HOME ? homeAgent.tunnelled(error) : encode(...error);
}

/** Nothing more is said to the correspondent node, and the tunnel stays. */
async function expectCeased({ tester, correspondent }: MobileNodeScene): Promise<void> {
  await tester.wait(100);
  tester.forget();
  await tester.expectNone(anyOf(ANY_TEST_INIT, correspondent.isUpdate()), 20 * S);
  await correspondent.ping(correspondent.isTunnelledReply());
  await tester.expectNone(ANY_TEST_INIT);
}

/** It does not know the Mobility Header. */
function unrecognised(id: string, title: string, said: Said): Case {
  return awayCase(id, title, async (scene) => {
    const seen = await say(scene, said);
    const nextHeader = said === "binding-update" ? IPV6_BYTES : 6;
    await scene.tester.send(errorAbout(scene, seen, "parameter-problem", { code: 1, pointer: nextHeader }));
    await expectCeased(scene);
  });
}

function unknownMessage(id: string, title: string, said: Said): Case {
  return awayCase(id, title, async (scene) => {
    await say(scene, said);
    const to = said === "home-test-init" ? HOME : scene.homeAgent.careof;
    await scene.tester.send(bindingError(scene, 2, "::", to));
    await expectCeased(scene);
  });
}

export const ERRORS: Case[] = [
  unknownType("MN-6-2-1-1-003", "a message of an unknown type from the home agent: Binding Error 2",
    ({ homeAgent }) => encode(ipv6(HOME_AGENT, homeAgent.careof), ...routingHeader(HOME), UNKNOWN_TYPE),
    () => ({ to: HOME_AGENT, homeAddress: null })),
  unknownType("MN-4-2-1-2-010", "a message of an unknown type through the tunnel: Binding Error 2 through the tunnel",
    ({ correspondent }) => correspondent.throughHomeAgent(UNKNOWN_TYPE), HOME_TEST.envelope),
  unknownType("MN-4-2-1-2-015", "a message of an unknown type to the care-of address: Binding Error 2",
    ({ homeAgent }) => encode(ipv6(CORRESPONDENT, homeAgent.careof), UNKNOWN_TYPE), CAREOF_TEST.envelope),

  awayCase("MN-3-3-1-2-004", "Binding Error 1 of a bound correspondent node: packets go through the tunnel again", async (scene) => {
    const { tester, correspondent, homeAgent } = scene;
    await optimise(scene);
    await tester.wait(3 * S);
    await correspondent.ping(correspondent.isDirectReply());
    correspondent.acknowledges = undefined;
    await tester.send(bindingError(scene, 1, HOME, homeAgent.careof));
    await tester.wait(100);
    await correspondent.ping(correspondent.isTunnelledReply());
  }),
  unknownMessage("MN-3-3-1-2-009", "Binding Error 2 about a Care-of Test Init: no more of them, the tunnel stays", "careof-test-init"),
  unknownMessage("MN-3-3-1-2-011", "Binding Error 2 about a Home Test Init: no more of them, the tunnel stays", "home-test-init"),
  awayCase("MN-3-3-1-2-001", "Binding Error 2 about a Binding Update: the tunnel stays", async (scene) => {
    const { tester, correspondent, homeAgent } = scene;
    await say(scene, "binding-update");
    await tester.send(bindingError(scene, 2, HOME, homeAgent.careof));
    for (let count = 0; count < 3; count++) {
      await correspondent.ping(correspondent.isTunnelledReply());
      await tester.wait(5 * S);
    }
  }),
  awayCase("MN-3-3-1-2-002", "Binding Error 2 when nothing is awaited is ignored: the direct way stays", async (scene) => {
    const { tester, correspondent, homeAgent } = scene;
    await optimise(scene);
    await tester.wait(3 * S);
    for (const home of [HOME, "::"]) await tester.send(bindingError(scene, 2, home, homeAgent.careof));
    await tester.wait(100);
    await correspondent.ping(correspondent.isDirectReply());
  }),
  awayCase("MN-3-3-1-2-007", "Binding Error 2 of an unknown node is ignored: its traffic is optimised as ever", async (scene) => {
    const { tester, correspondent, homeAgent } = scene;
    await tester.askInVain(bindingError(scene, 2, HOME, homeAgent.careof), ANY_TEST_INIT, 5 * S);
    await tester.askInVain(bindingError(scene, 2, HOME, HOME), ANY_TEST_INIT, 5 * S);
    await correspondent.ping(correspondent.isTunnelledReply());
    await tester.expect(correspondent.isHomeTestInit());
    await tester.expect(correspondent.isCareofTestInit());
  }),

  ...wrong(BINDING_ACKNOWLEDGEMENT, "MN-6-2-1-1-001", "MN-6-2-1-1-002", "MN-6-2-1-1-004"),
  ...wrong(HOME_TEST, "MN-4-2-1-2-005", "MN-4-2-1-2-006", "MN-4-2-1-2-007"),
  ...wrong(CAREOF_TEST, "MN-4-2-1-2-011", "MN-4-2-1-2-012", "MN-4-2-1-2-013"),

  unrecognised("MN-4-2-2-2-002", "Parameter Problem 1 about a Home Test Init: no more of them, the tunnel stays", "home-test-init"),
  unrecognised("MN-4-2-2-2-005", "Parameter Problem 1 about a Care-of Test Init: no more of them, the tunnel stays", "careof-test-init"),
  unrecognised("MN-4-2-2-2-007", "Parameter Problem 1 about a Binding Update: no more of them, the tunnel stays", "binding-update"),
  awayCase("MN-4-2-2-2-012", "Destination Unreachable about a Home Test Init: it may be reachable at the next attempt", async (scene) => {
    const { tester, correspondent } = scene;
    const seen = await say(scene, "home-test-init");
    await tester.send(errorAbout(scene, seen, "destination-unreachable", { code: 3 }));
    await tester.expect(correspondent.isCareofTestInit());
    await tester.expect(correspondent.isHomeTestInit(), 1.5 * S);
    await tester.expect(correspondent.isCareofTestInit(), 1.5 * S);
  }),
  awayCase("MN-4-2-2-2-010", "an ICMPv6 error through the tunnel begins no return routability", async (scene) => {
    const { tester, homeAgent } = scene;
    const invoking = encode(ipv6(HOME, STRANGER), ...echo());
    for (const name of ["destination-unreachable", "time-exceeded", "parameter-problem"]) {
      const error = [{ name }, { name: "payload", fields: { data: invoking } }];
      await tester.askInVain(homeAgent.tunnelled([ipv6(STRANGER, HOME), ...error]), ANY_TEST_INIT, 3 * S);
    }
  }),
  awayCase("MN-4-2-2-2-011", "Parameter Problem 2 of a bound correspondent node is ignored: the direct way stays", async (scene) => {
    const { tester, correspondent } = scene;
    await optimise(scene);
    const reply = await correspondent.ping(correspondent.isDirectReply());
    await tester.send(errorAbout(scene, reply, "parameter-problem", { code: 2, pointer: IPV6_BYTES + 6 }));
    await tester.wait(3 * S);
    await correspondent.ping(correspondent.isDirectReply());
  }),
];
