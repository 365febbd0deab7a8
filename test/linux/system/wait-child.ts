/** The threads of a daemon: one waits for a TUN device and for nothing else but the wake of the other. */

import { pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { NetlinkSocket } from "../../../platforms/linux/system/netlink-socket.ts";
import { POLLIN } from "../../../platforms/linux/system/constants.ts";
import { PollSet, Wake } from "../../../platforms/linux/system/poll.ts";
import { openTun } from "../../../platforms/linux/system/tun.ts";

if (isMainThread) {
  const wake = new Wake();
  const worker = new Worker(pathToFileURL(process.argv[1]), { workerData: wake.fd });
  worker.once("message", (text) => {
    console.log(text);
    // time for the other thread to get into its wait
    setTimeout(() => wake.signal(), 50);
  });
  worker.once("exit", (code) => process.exit(code));
} else {
  const wake = new Wake(workerData);
  const tun = openTun(new NetlinkSocket(), { name: "mext0", mtuBytes: 1400 });
  const poll = new PollSet();
  poll.add(tun.fd);
  const place = poll.add(wake.fd);
  parentPort!.postMessage("waiting");
  while (poll.ready(place) !== POLLIN) poll.wait(-1);
  tun.close();
}
