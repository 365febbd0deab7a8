/**
 * A home agent answers path probes (wire/path-probe), our extension: natively, by UDP or through the tunnel, as they
 * came. Only for its own mobile nodes, as long as the question, and not too often: nobody gains by asking for others.
 */
import { ServedFlag } from "../abi/contract";
import { BindingErrorStatus, NextHeader } from "../abi/codes";
import { Reason } from "../abi/reasons";
import { sameAddress } from "../wire/bytes";
import * as ip6 from "../wire/ip6";
import * as mobility from "../wire/mobility";
import * as pathProbe from "../wire/path-probe";
import { ProbeKind } from "../wire/path-probe";
import * as routing2 from "../wire/routing2";
import { sendMessage, sendThrough } from "../encap/answer-way";
import * as arrival from "../encap/arrival";
import * as orders from "../tables/orders";
import { PATH_BYTES, Path } from "../tables/path";
import { NONE } from "../tables/slab";
import { TokenBucket } from "../tables/token-bucket";
import * as authentication from "./authentication";
import * as homeAddressOwner from "./home-address-owner";
import * as homeLink from "./home-link";
import * as received from "./mobility-message";
import * as served from "./served";

const answers = new TokenBucket(100, 200);
const way = memory.data(48, 16); // PATH_BYTES

/** Takes the probe that mobility-message has in hand; returns what refused it, uncounted. */
export function receive(): Reason {
  const packet = received.packet();
  if (!served.has(ServedFlag.Probes)) { // like a home agent that does not know them: that tells as much
    received.sendBindingError(
      homeLink.address(), ip6.source(packet), BindingErrorStatus.UnrecognizedMobilityHeaderType,
      received.homeAddressOption(),
    );
    return Reason.ProbeRefused;
  }
  if (pathProbe.kind(received.message()) != ProbeKind.Request) return Reason.ProbeRefused;
  const home = received.homeAddressOption() != 0 ? received.homeAddressOption() : ip6.source(packet);
  if (homeAddressOwner.find(home) == NONE || !answers.take()) return Reason.ProbeRefused;
  answer(packet, received.message());
  return Reason.None;
}

/** The answer has a type 2 routing header where the request has a Home Address option: both have 24 octets. */
function answer(packet: usize, request: usize): void {
  const isRouted = received.homeAddressOption() != 0;
  const routingBytes = <u32>(isRouted ? routing2.LENGTH_BYTES : 0);
  const out = orders.allocate(<u32>ip6.LENGTH_BYTES + routingBytes + mobility.lengthBytes(request));
  if (out == 0) return;
  const seen = arrival.path();
  const self = homeLink.address();
  const message = out + ip6.LENGTH_BYTES + routingBytes;
  const end = pathProbe.buildAnswer(message, request, seen.remote(), seen.port, authentication.timestampNow(0));
  const to = isRouted ? received.homeAddressOption() : ip6.source(packet);
  const messageBytes = mobility.finish(message, end, self, to);
  if (isRouted) routing2.build(out + ip6.LENGTH_BYTES, NextHeader.Mobility, to);
  ip6.build(
    out, 0, 0, routingBytes + messageBytes, isRouted ? NextHeader.Routing : NextHeader.Mobility, received.HOP_LIMIT,
    self, ip6.source(packet),
  );
  send(out, <u32>ip6.LENGTH_BYTES + routingBytes + messageBytes, pathProbe.answerPort(request));
}

/** Sends it back as the request came; by UDP to another port of the same address, if the request names one. */
function send(packet: usize, length: u32, answerPort: u32): void {
  memory.copy(way, changetype<usize>(arrival.path()), PATH_BYTES);
  const path = changetype<Path>(way);
  if (path.isUdp() && answerPort != 0) path.port = answerPort;
  if (sameAddress(ip6.destination(packet), path.remote())) sendMessage(path, packet, length);
  else sendThrough(path, packet, length);
}
