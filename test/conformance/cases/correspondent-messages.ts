/**
 * What a correspondent node makes of Home Test Init, Care-of Test Init and unknown messages: RFC 6275 §9.2,
 * §9.4.
 */
import type { LayerInput } from "../../../bindings/codec.ts";
import {
  anyOf, cutMobilityHeader, encode, type Fields, homeAddressOption, ipv6, type Matcher, message,
} from "../packet.ts";
import type { PlayedMobileNode } from "../players/mobile-node.ts";
import { CAREOF, CORRESPONDENT, correspondentCase, HOME, MULTICAST, OTHER_CAREOF } from "../scenes.ts";
import type { Case } from "../subject.ts";

/** The two messages that begin return routability, which are treated alike. */
interface Init {
  readonly name: string;
  readonly source: string;
  readonly answer: string;
  make(mobile: PlayedMobileNode, fields?: Fields, options?: LayerInput[], before?: LayerInput[]): Uint8Array;
  isAnswer(mobile: PlayedMobileNode): Matcher;
}

const HOME_TEST_INIT: Init = {
  name: "Home Test Init", source: HOME, answer: "home-test",
  make: (mobile, ...parts) => mobile.homeTestInit(...parts), isAnswer: (mobile) => mobile.isHomeTest(),
};
const CAREOF_TEST_INIT: Init = {
  name: "Care-of Test Init", source: CAREOF, answer: "careof-test",
  make: (mobile, ...parts) => mobile.careofTestInit(...parts), isAnswer: (mobile) => mobile.isCareofTest(),
};

const NONCE_INDICES = { name: "nonce-indices", fields: { homeNonceIndex: 1, careofNonceIndex: 1 } };
const ALTERNATE = { name: "alternate-careof-address", fields: { careofAddress: OTHER_CAREOF } };

/** Parameter Problem, Code 0, which points at an octet of the packet (RFC 4443 §3.4). */
export function parameterProblem(pointer: number, to: string): Matcher {
  return message("parameter-problem", { code: 0, pointer }, { from: CORRESPONDENT, to, route: null });
}

/** The Mobility Header stands behind the IPv6 header. */
const PAYLOAD_PROTO = 40;
const HEADER_LEN = PAYLOAD_PROTO + 1;
const ICMPV6 = 58;

function option(init: Init, id: string, title: string, layer: LayerInput): Case {
  return correspondentCase(
    id, `${init.name} with a ${title} is answered: the option is skipped`,
    async ({ tester, mobile }) => {
      await tester.ask(init.make(mobile, {}, [layer]), init.isAnswer(mobile));
    },
  );
}

function homeAddress(init: Init, id: string): Case {
  return correspondentCase(
    id, `${init.name} with a Home Address option is ignored`,
    async ({ tester, mobile }) => {
      const packet = init.make(mobile, {}, [], homeAddressOption(HOME));
      await tester.askInVain(packet, anyOf(message(init.answer), message("binding-error")));
    },
  );
}

function headerLen(init: Init, id: string): Case {
  return correspondentCase(
    id, `${init.name} that is too short: Parameter Problem`,
    async ({ tester, mobile }) => {
      const packet = cutMobilityHeader(init.make(mobile), PAYLOAD_PROTO, init.source);
      await tester.ask(packet, parameterProblem(HEADER_LEN, init.source));
      await tester.expectNone(message(init.answer));
    },
  );
}

function reserved(init: Init, id: string): Case {
  return correspondentCase(
    id, `${init.name} with reserved bits set is answered`,
    async ({ tester, mobile }) => {
      await tester.ask(init.make(mobile, { reserved: 0xff }), init.isAnswer(mobile));
      await tester.ask(init.make(mobile, { reserved2: 0xffff }), init.isAnswer(mobile));
    },
  );
}

function payloadProto(init: Init, id: string): Case {
  return correspondentCase(
    id, `${init.name} before another header: Parameter Problem`,
    async ({ tester, mobile }) => {
      const packet = init.make(mobile, { payloadProto: ICMPV6 });
      await tester.ask(packet, parameterProblem(PAYLOAD_PROTO, init.source));
      await tester.expectNone(message(init.answer));
    },
  );
}

function checksum(init: Init, id: string): Case {
  return correspondentCase(
    id, `${init.name} with a wrong checksum is ignored`,
    async ({ tester, mobile }) => {
      const packet = init.make(mobile);
      packet[PAYLOAD_PROTO + 4] ^= 0x55;
      const answers = [init.answer, "parameter-problem", "binding-error"].map((name) => message(name));
      await tester.askInVain(packet, anyOf(...answers));
    },
  );
}

/** A message of a type that nobody has. */
const UNKNOWN = 99;
function unknown(source: string, home: string | null): Uint8Array {
  const data = { name: `mobility-message-${UNKNOWN}`, fields: { rest: new Uint8Array(10) } };
  return encode(ipv6(source, CORRESPONDENT), ...homeAddressOption(home), data);
}

export const MESSAGES: Case[] = [
  option(HOME_TEST_INIT, "CN-2-1-1", "Nonce Indices option", NONCE_INDICES),
  homeAddress(HOME_TEST_INIT, "CN-2-1-2"),
  headerLen(HOME_TEST_INIT, "CN-2-1-3"),
  reserved(HOME_TEST_INIT, "CN-2-1-4"),
  payloadProto(HOME_TEST_INIT, "CN-2-1-5"),
  checksum(HOME_TEST_INIT, "CN-2-1-6"),

  option(CAREOF_TEST_INIT, "CN-2-2-1-1", "Nonce Indices option", NONCE_INDICES),
  option(CAREOF_TEST_INIT, "CN-2-2-1-2", "Alternate Care-of Address option", ALTERNATE),
  homeAddress(CAREOF_TEST_INIT, "CN-2-2-2"),
  headerLen(CAREOF_TEST_INIT, "CN-2-2-3"),
  reserved(CAREOF_TEST_INIT, "CN-2-2-4"),
  payloadProto(CAREOF_TEST_INIT, "CN-2-2-5"),
  checksum(CAREOF_TEST_INIT, "CN-2-2-6"),

  correspondentCase(
    "CN-2-4-1", "a message of an unknown type: Binding Error 2, not to a group",
    async ({ tester, mobile }) => {
      await tester.ask(unknown(HOME, null), mobile.isBindingError(2, HOME, "::"));
      await tester.askInVain(unknown(MULTICAST, null), message("binding-error"));
      await tester.ask(unknown(CAREOF, HOME), mobile.isBindingError(2, CAREOF, HOME));
    },
  ),
  correspondentCase(
    "CN-2-4-2", "return routability for two mobile nodes at the same time",
    async ({ tester, mobile }) => {
      const other = mobile.another();
      for (const each of [mobile, other]) await tester.send(each.homeTestInit());
      for (const each of [mobile, other]) await tester.expect(each.isHomeTest());
      for (const each of [mobile, other]) await tester.send(each.careofTestInit());
      for (const each of [mobile, other]) await tester.expect(each.isCareofTest());
    },
  ),
];
