/** Looks at this host, and at the network behind each uplink, as a daemon of a configuration file would meet them. */
import { formatAddress, parseAddress } from "../../../bindings/address.ts";
import type { Config, CorrespondentConfig, HomeAgentConfig, MobileNodeConfig } from "../../../bindings/config/index.ts";
import { Pinger } from "../demo/echo.ts";
import { homeAgentName } from "../dual-stack-settings.ts";
import { allAddresses } from "../name-query.ts";
import { loopSettings, type MobileNodeLoopSettings } from "../settings.ts";
import { listAddresses } from "../system/addresses.ts";
import { NetlinkSocket } from "../system/netlink-socket.ts";
import { VERSION } from "../version.ts";
import { loadCore } from "../wasm.ts";
import { EngineProber } from "./engine-prober.ts";
import { judgeHomeAgent, readHomeAgent, UDP_PORT } from "./home-agent.ts";
import { judgeHost, readHost } from "./host.ts";
import { FIRST_SILENT_SOCKET, measure, type Measurement } from "./measure.ts";
import { judgeNetwork } from "./network.ts";
import { tryPort } from "./udp-port.ts";
import { bad, conclude, type DoctorReport, type Finding, good, note, type UplinkReport, type Way } from "./report.ts";
import { findRivals } from "./rivals.ts";
import { isUp, readUplinks, type UplinkFacts } from "./uplink.ts";

export interface DoctorOptions {
  readonly file: string;
  readonly config: Config;
  /** Only these uplinks of a mobile node; without it, all of its file. */
  readonly interfaces?: readonly string[];
  /** The longest silence for the NAT, s. */
  readonly silenceS: number;
  readonly silenceSteps: number;
  /** Process of the daemon of this file, if it runs. */
  readonly daemon?: number;
  /** For people who wait. */
  readonly progress: (text: string) => void;
}

/** How long the home agent has to answer an echo request. */
const ECHO_MS = 1500;

export async function diagnose(options: DoctorOptions): Promise<DoctorReport> {
  const { file, config, daemon, progress } = options;
  progress("looking at this host");
  const head = { format: 1, version: VERSION, file, role: config.role } as const;
  const host = [...judgeHost(readHost()), judgeDaemon(daemon), ...findRivals(config.role)];
  switch (config.role) {
    case "home-agent": {
      const homeAgent = config as HomeAgentConfig;
      const own = judgeHomeAgent(homeAgent, readHomeAgent(homeAgent, daemon));
      return conclude({ ...head, host: [...host, ...own] });
    }
    case "correspondent": {
      const { addresses } = config as CorrespondentConfig;
      return conclude({ ...head, host: [...host, ...judgeOwnAddresses(addresses)] });
    }
    case "mobile-node": {
      const settings = loopSettings(config) as MobileNodeLoopSettings;
      const known = await addressesOf(config as MobileNodeConfig);
      const uplinks = await diagnoseUplinks(options, config as MobileNodeConfig, settings, known);
      return conclude({ ...head, host: [...host, judgePort(), ...judgeNames(settings, known)], uplinks });
    }
  }
}

function judgeDaemon(daemon: number | undefined): Finding {
  return daemon === undefined
    ? note("daemon", "The daemon of this file does not run, or has no control socket.")
    : note("daemon", `The daemon of this file runs (process ${daemon}); the doctor does not disturb it.`);
}

/** A mobile node uses any port; somebody else at this one is worth knowing of. */
function judgePort(): Finding {
  const { free, code, owner } = tryPort("0.0.0.0", UDP_PORT);
  if (free) return good("port 4191", `UDP port ${UDP_PORT} is free.`);
  const who = owner === undefined ? (code ?? "taken") : `${owner.name}, process ${owner.processId}`;
  return note("port 4191", `UDP port ${UDP_PORT} is taken (${who}); a mobile node uses any other one.`);
}

type KnownAddresses = Awaited<ReturnType<typeof allAddresses>>;

function judgeNames({ homeAgentName: asked }: MobileNodeLoopSettings, { ipv6, ipv4 }: KnownAddresses): Finding[] {
  if (asked === undefined) return [];
  const all = [...ipv6, ...ipv4];
  return [all.length > 0
    ? good("home agent name", `${asked.name} has ${all.join(", ")}.`)
    : bad("home agent name", `The name servers know no address of ${asked.name}.`,
      "Correct the name, or set name_servers.")];
}

function judgeOwnAddresses(addresses: readonly string[]): Finding[] {
  const netlink = new NetlinkSocket();
  try {
    const present = listAddresses(netlink).map(({ address }) => address);
    return addresses.map((address) => present.includes(address)
      ? good("address", `${address} is on this host.`)
      : bad("address", `${address} is on no interface of this host.`,
        `Add it (ip addr add ${address}/… dev …), or correct addresses.`));
  } finally {
    netlink.close();
  }
}

async function addressesOf(config: MobileNodeConfig): Promise<KnownAddresses> {
  const name = homeAgentName(config);
  if (name !== undefined) return allAddresses(name);
  const { homeAgent, homeAgentIpv4 } = config;
  return { ipv6: homeAgent === undefined ? [] : [homeAgent], ipv4: homeAgentIpv4 === undefined ? [] : [homeAgentIpv4] };
}

async function diagnoseUplinks(
  options: DoctorOptions, config: MobileNodeConfig, settings: MobileNodeLoopSettings, known: KnownAddresses,
): Promise<UplinkReport[]> {
  const names = options.interfaces ?? config.uplinks;
  const { homeAddress, homePrefixLength } = config;
  const allowed: Way[] = ["Ipv6"];
  if (config.udpOverIpv6) allowed.push("UdpIpv6");
  if (config.ipv4) allowed.push("Ipv4", "UdpIpv4");
  const reports: UplinkReport[] = [];
  for (const uplink of readUplinks(names, { homeAddress, homePrefixLength })) {
    const asked = isUp(uplink) && !uplink.atHome;
    const progress = (text: string) => options.progress(`${uplink.name}: ${text}`);
    const measured = asked
      ? await measureUplink({ ...options, progress }, settings, known, uplink, allowed)
      : undefined;
    const native = measured?.ways.find(({ way }) => way === "Ipv6");
    reports.push(judgeNetwork(uplink, measured, {
      homeAgentName: [...known.ipv6, ...known.ipv4][0] ?? "the home agent",
      replayWindowMs: config.association?.replayProtection === "timestamp" ? REPLAY_WINDOW_MS : undefined,
      keepaliveFloorMs: config.keepalive.floorMs,
      keepaliveCeilingMs: config.keepalive.ceilingMs,
      ...(native?.passage === "blocked" && { echoed: await isEchoed(known.ipv6[0], uplink.link!.index) }),
    }));
  }
  return reports;
}

/** RFC 4285 §5.1: the default of home agents. */
const REPLAY_WINDOW_MS = 7000;

async function measureUplink(
  options: DoctorOptions, { core, reach }: MobileNodeLoopSettings, known: KnownAddresses, uplink: UplinkFacts,
  allowed: readonly Way[],
): Promise<Measurement> {
  const { silenceS, silenceSteps, progress } = options;
  const [homeAgent] = known.ipv6;
  progress("listening to routers");
  const prober = await EngineProber.open({
    module: (await loadCore()).module,
    mobileNode: homeAgent === undefined ? core : { ...core, homeAgent: parseAddress(homeAgent) },
    reach,
    ipv4: known.ipv4,
    uplink,
    sockets: FIRST_SILENT_SOCKET + silenceSteps,
  });
  try {
    return await measure(prober, { linkMtu: uplink.link!.mtuBytes, silenceS, silenceSteps, allowed, progress });
  } finally {
    prober.close();
  }
}

/** Whether the home agent answers an echo request; undefined: none may be sent. */
async function isEchoed(address: string | undefined, interfaceIndex: number): Promise<boolean | undefined> {
  if (address === undefined) return undefined;
  let pinger: Pinger;
  try {
    pinger = new Pinger(formatAddress(parseAddress(address)), interfaceIndex);
  } catch {
    return undefined; // net.ipv4.ping_group_range does not let this user
  }
  pinger.start(ECHO_MS / 4);
  try {
    for (let waitedMs = 0; waitedMs < ECHO_MS; waitedMs += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (pinger.echoes.some(({ receivedMs }) => receivedMs !== undefined)) return true;
    }
    return false;
  } finally {
    pinger.close();
  }
}
