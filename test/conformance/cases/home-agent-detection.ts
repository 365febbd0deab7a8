/** Duplicate address detection for those who are away, on a real link: RFC 6275 §10.3.1, RFC 4862 §5.4. */
import { formatAddress, parseAddress } from "../../../bindings/address.ts";
import { type Matcher, message } from "../packet.ts";
import { neighbourAdvertisement, solicitedNode } from "../players/neighbour.ts";
import { CAREOF, HOME, HOME_LINK, LINK_LOCAL } from "../scenes.ts";
import type { Case } from "../subject.ts";
import { acknowledgeBit, onRealLink } from "./home-agent-links.ts";

const DUPLICATE_ADDRESS_DETECTION_FAILED = 134;
/** RetransTimer (RFC 4861 §10): so long may an objection take. */
const DETECTION_MS = 1000;
/** Somebody else on the home link. */
const LINK_LAYER_ADDRESS = "02:00:5e:00:53:99";

function isProbe(target: string): Matcher {
  const group = formatAddress(parseAddress(solicitedNode(target)));
  return message("neighbour-solicitation", { target }, { from: "::", to: group, link: HOME_LINK });
}

/** One registration. */
interface Detection {
  id: string;
  title: string;
  acknowledge?: boolean;
  /** The L bit: the link-local address is checked as well. */
  linkLocal?: boolean;
  /** An address that somebody else advertises meanwhile. */
  claimed?: string;
  /** Of the acknowledgement. */
  status: number;
}

function detection({ id, title, acknowledge = true, linkLocal = false, claimed, status }: Detection): Case {
  return onRealLink(id, `${title}, ${acknowledgeBit(acknowledge)}`, async ({ tester, mobile }) => {
    const fields = { acknowledge, linkLocalAddressCompatibility: linkLocal };
    await tester.send(mobile.bindingUpdate({ fields }));
    const probe = await tester.expect(isProbe(HOME));
    if (linkLocal) await tester.expect(isProbe(LINK_LOCAL));
    else await tester.expectNone(isProbe(LINK_LOCAL), 0);
    if (claimed !== undefined) {
      await tester.send(neighbourAdvertisement(claimed, claimed, LINK_LAYER_ADDRESS), HOME_LINK);
    }
    const answer = message("binding-acknowledgement", { status }, { to: CAREOF, route: HOME });
    const seen = await tester.expect(answer, 3000);
    if (status === 0) {
      tester.checkGap(probe, seen, DETECTION_MS, "the acknowledgement waits for objections");
      await mobile.expectBound();
    } else {
      await mobile.expectNotBound();
    }
  });
}

function failed(each: Omit<Detection, "status">): Case {
  return detection({ ...each, status: DUPLICATE_ADDRESS_DETECTION_FAILED });
}

export const DETECTION: Case[] = [
  detection({ id: "HA_2_3_1", title: "nobody else has the home address, L = 0", status: 0 }),
  detection({
    id: "HA_2_3_2", title: "nobody else has the home address or the link-local address, L = 1",
    linkLocal: true, status: 0,
  }),
  detection({
    id: "HA_2_3_3", title: "that the link-local address is somebody's does not matter, L = 0",
    claimed: LINK_LOCAL, status: 0,
  }),
  ...[true, false].flatMap((acknowledge, index) => [
    failed({
      id: ["HA_2_4_1", "HA_2_4_4"][index], title: "somebody has the home address, L = 0",
      acknowledge, claimed: HOME,
    }),
    failed({
      id: ["HA_2_4_2", "HA_2_4_5"][index], title: "somebody has the home address, L = 1",
      acknowledge, linkLocal: true, claimed: HOME,
    }),
    failed({
      id: ["HA_2_4_3", "HA_2_4_6"][index], title: "somebody has the link-local address, L = 1",
      acknowledge, linkLocal: true, claimed: LINK_LOCAL,
    }),
  ]),
];
