/** The frame itself: the played nodes get along with a subject in each role, and expectations can fail. */
import { describe, expect, it } from "vitest";
import { core } from "../sim/core.ts";
import { echo, encode, ipv6, message, readPacketsWith } from "./packet.ts";
import { neighbourSolicitation, solicitedNode } from "./players/neighbour.ts";
import {
  CAREOF, CORRESPONDENT, correspondentScene, enter, HOME, HOME_AGENT, HOME_AGENT_OUTSIDE, HOME_LINK, homeAgentScene,
  LINK, mobileNodeScene, OTHER_VISITED, VISITED,
} from "./scenes.ts";
import { Simulator } from "./simulator.ts";

readPacketsWith(core);

const echoTo = (destination: string) => encode(ipv6(CORRESPONDENT, destination), ...echo());

describe("the frame with a home agent", () => {
  it.each([undefined, {}])("registers a played mobile node and uses the tunnel (home link %o)", async (homeLink) => {
    const { tester, mobile } = await homeAgentScene(new Simulator(core), { homeLink });
    await mobile.expectNotBound();
    await mobile.register();
    await tester.ask(echoTo(HOME), mobile.isTunnelled("echo-request", {}, { from: CORRESPONDENT, to: HOME }));
    const reply = mobile.tunnelled([ipv6(HOME, CORRESPONDENT), ...echo("echo-reply")]);
    await tester.ask(reply, message("echo-reply", {}, { from: HOME, to: CORRESPONDENT, tunnel: null, link: LINK }));
    await mobile.deregister();
    await mobile.expectNotBound();
  });

  it.each([undefined, {}])("reaches the home agents' anycast address (home link %o)", async (homeLink) => {
    const { tester } = await homeAgentScene(new Simulator(core), { homeLink });
    const request = { name: "home-agent-address-discovery-request", fields: { identifier: 0x1234 } };
    const reply = message("home-agent-address-discovery-reply", { identifier: 0x1234, address: HOME_AGENT });
    await tester.ask(encode(ipv6(CAREOF, "2001:db8:100::fdff:ffff:ffff:fffe"), request), reply);
  });

  it("has a stack on both links, and neighbours on the home link", async () => {
    const { tester } = await homeAgentScene(new Simulator(core), { homeLink: {} });
    for (const address of [HOME_AGENT, HOME_AGENT_OUTSIDE]) {
      await tester.ask(echoTo(address), message("echo-reply", {}, { from: address, to: CORRESPONDENT }));
    }
    const solicitation = neighbourSolicitation("fe80::99", HOME_AGENT, "02:00:5e:00:53:99");
    await tester.send(solicitation, HOME_LINK);
    const fields = { target: HOME_AGENT, solicited: true };
    await tester.expect(message("neighbour-advertisement", fields, { to: "fe80::99", link: HOME_LINK }));
  });
});

describe("the frame with a mobile node", () => {
  it("is a network in which the mobile node registers, is reached and moves", async () => {
    const scene = await mobileNodeScene(new Simulator(core));
    const { homeAgent, correspondent } = scene;
    await enter(scene, VISITED);
    const before = homeAgent.careof;
    await correspondent.ping(correspondent.isTunnelledReply());
    await enter(scene, OTHER_VISITED);
    expect(homeAgent.careof).not.toBe(before);
    await correspondent.ping(correspondent.isTunnelledReply());
  });

  it("has a correspondent node to which the route is optimised, also after a move", async () => {
    const scene = await mobileNodeScene(new Simulator(core), { routes: { policy: "always" } });
    const { tester, correspondent } = scene;
    await enter(scene, VISITED);
    await correspondent.ping(correspondent.isTunnelledReply());
    await tester.expect(correspondent.isUpdate());
    await tester.wait(1000);
    await correspondent.ping(correspondent.isDirectReply());
    await tester.ask(correspondent.direct(...echo()), correspondent.isDirectReply());
    await enter(scene, OTHER_VISITED);
    await tester.expect(correspondent.isUpdate());
    await tester.wait(1000);
    await tester.ask(correspondent.direct(...echo()), correspondent.isDirectReply());
  });

  it("shows what is not acknowledged again", async () => {
    const scene = await mobileNodeScene(new Simulator(core));
    scene.homeAgent.acknowledges = undefined;
    await enter(scene, VISITED);
    await scene.homeAgent.expectUpdate();
    await scene.homeAgent.acknowledge();
    await scene.tester.expectNone(scene.homeAgent.isUpdate(), 60_000);
  });
});

describe("an expectation", () => {
  it("fails when nothing comes, and tells what did", async () => {
    const { tester } = await correspondentScene(new Simulator(core));
    const failed = tester.ask(encode(ipv6(CAREOF, CORRESPONDENT), ...echo()), message("binding-error"));
    await expect(failed).rejects.toThrow(/expected within 1000 ms: binding-error[^]*Echo Reply/);
  });

  it("of nothing fails when something comes", async () => {
    const { tester, mobile } = await correspondentScene(new Simulator(core));
    const failed = tester.askInVain(mobile.echoRequest(CAREOF, null), message("echo-reply"));
    await expect(failed).rejects.toThrow(/that there is none: echo-reply/);
  });

  it("takes each packet once, in any order", async () => {
    const { tester, mobile } = await correspondentScene(new Simulator(core));
    await tester.send(mobile.echoRequest(CAREOF, null));
    await tester.send(mobile.careofTestInit());
    await tester.expect(mobile.isCareofTest());
    await tester.expect(message("echo-reply"));
    await tester.expectNone(message("echo-reply"));
  });

  it("lets time pass as long as it says", async () => {
    const { tester } = await correspondentScene(new Simulator(core));
    await tester.expectNone(message("echo-reply"), 12_345);
    expect(tester.nowMs).toBe(12_345);
  });
});

it("solicited-node groups are those of RFC 4291 §2.7.1", () => {
  expect(solicitedNode("2001:db8:100::17")).toBe("ff02::1:ff00:0017");
  expect(solicitedNode("fe80::1234:5678:9abc:def0")).toBe("ff02::1:ffbc:def0");
  expect(solicitedNode("2001:db8::1:2")).toBe("ff02::1:ff01:0002");
});
