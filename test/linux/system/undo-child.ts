/** A daemon that makes one change of each kind, says so, and waits to be killed. Argument: the directory. */

import { Changes } from "../../../platforms/linux/system/changes.ts";
import { Guard } from "../../../platforms/linux/system/guard.ts";
import { linkByName } from "../../../platforms/linux/system/links.ts";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { openTun } from "../../../platforms/linux/system/tun.ts";

const netlink = new NetlinkSocket();
const changes = new Changes("victim", netlink, process.argv[2]);
const interfaceIndex = linkByName(netlink, "eth0").index;
const tun = openTun(netlink, { name: "mext0", mtuBytes: 1400 });
new Guard("mext").guard("2001:db8:1::1");
changes.setInterfaceValue("eth0", "forwarding", 1);
changes.setReceiveOffload("eth0", true);
changes.setLink("eth0", { mtuBytes: 1300 });
changes.addAddress({ interfaceIndex, address: "2001:db8:1::1", prefixLength: 64 });
changes.addAddress({ interfaceIndex: tun.interfaceIndex, address: "2001:db8:2::1", prefixLength: 64 });
changes.addRoute({ destination: "2001:db8:3::/48", interfaceIndex, gateway: "2001:db8:1::2", metric: 5 });
changes.addRule({ priority: 99, from: "2001:db8:2::/64", action: "lookup", table: 1000 });
console.log("changed");
setInterval(() => {}, 1000);
