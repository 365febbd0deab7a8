/** Gives its privileges up and prints what it then misses, and how the system calls say no. */

import { load } from "#ffi";
import { PacketMemory } from "../../../platforms/linux/system/memory.ts";
import { AccessReceiver } from "../../../platforms/linux/system/access-receive.ts";
import { AccessSender } from "../../../platforms/linux/system/access-send.ts";
import { addAddress } from "../../../platforms/linux/system/addresses.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { missingPrivileges } from "../../../platforms/linux/system/privileges.ts";
import { openTun } from "../../../platforms/linux/system/tun.ts";

const NOBODY = 65534;
// by the C library: not every runtime has all of process.setuid and its like
const { setgroups, setgid, setuid } = load({
  setgroups: { result: "int", parameters: ["word", "word"] },
  setgid: { result: "int", parameters: ["int"] },
  setuid: { result: "int", parameters: ["int"] },
});
setgroups(0, 0);
setgid(NOBODY);
setuid(NOBODY);

const memory = new PacketMemory(new WebAssembly.Memory({ initial: 1 }));
const netlink = new NetlinkSocket();
const attempts: (() => unknown)[] = [
  () => openTun(netlink, { name: "mext0", mtuBytes: 1400 }),
  () => new AccessReceiver(memory),
  () => new AccessSender(memory),
  () => addAddress(netlink, { interfaceIndex: 1, address: "2001:db8::1", prefixLength: 128 }),
];
const refusals = attempts.map((attempt) => {
  try {
    attempt();
    return { message: "allowed" };
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
});
console.log(JSON.stringify({ missing: missingPrivileges().map(({ what }) => what), refusals }));
